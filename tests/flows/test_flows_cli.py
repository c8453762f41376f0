"""The command line: what it teaches, what it refuses, and what it runs with no server at all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows import cli, manual
from flows.cli import guessed, parse, parser
from flows.paper_session import paper_session
from tests.support.live import assert_sound
from tests.support.waiting import until
from trading.config import SessionConfig
from trading.errors import ConfigError
from trading.journal.verify import verify
from trading.model.events import OrderFilled, Outcome, PositionChanged
from trading.session.heartbeat import read_progress
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths, latest_session

MODULE = ("-m", "flows.paper_session")
LIVELY = (
    "--strategy=pulse",
    "--set=strategy_parameters.period_s=4",
    "--set=strategy_parameters.hold_s=3",
    "--set=risk.entry_interval_s=0",
)


def config(*words: str) -> SessionConfig:
    """Return what a command line asks for."""
    return parse(parser().parse_args(words))


# --- parsing ----------------------------------------------------------------------------------


def test_nothing_said_is_the_default_config() -> None:
    """Every default of the command line is the config's own."""
    assert SessionConfig() == config()


def test_everyday_words_and_settings_reach_the_config() -> None:
    """Flat words, nested settings and a strategy's own parameters, each with its type."""
    found = config(
        "--source=embedded", "--symbol=eth/usdt", "--minutes=2", "--seed=9", "--speed=20",
        "--account=mine", "--strategy=pulse", "--set=risk.risk_pct=0.25", "--set=leverage=3",
        "--set=exchange.faults=0s deaf", "--set=end_policy=carry",
        "--set=strategy_parameters.period_s=5", "--set=symbol_overrides.ETHUSDT.hold_s=2",
        "--set=risk.blackouts_utc=13:25-13:45, 20:00-20:30",
    )  # fmt: skip

    assert (found.source, found.symbol, found.minutes) == ("embedded", "ETHUSDT", 2.0)
    assert (found.seed, found.speed, found.account) == (9, 20.0, "mine")
    assert (found.risk.risk_pct, found.leverage, found.end_policy) == (0.25, 3, "carry")
    assert found.exchange.faults == "0s deaf"
    assert found.strategy_parameters == {"period_s": 5}
    assert found.symbol_overrides == {"ETHUSDT": {"hold_s": 2}}
    assert found.risk.blackouts_utc == ("13:25-13:45", "20:00-20:30")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--minutes=-5",), "minutes: expected a finite number above 0"),
        (("--minutes=nan",), "minutes: expected a finite number above 0"),
        (("--minutes=ten",), "minutes: expected a number, was 'ten'"),
        (("--seed=1.5",), "seed: expected a whole number, was '1.5'"),
        (("--source=binance",), "source: expected bitunix|embedded, was 'binance'"),
        (("--symbol=BTC/USDT:USDT",), "symbol: expected letters and digits"),
        (("--speed=2",), "speed: expected 1 with a real venue, was 2.0"),
        (("--account=../../etc",), "account: expected 1 to 64 letters"),
        (("--set=risk.risk_pct=5",), "risk_pct: expected a finite number above 0 and at most 2"),
        (("--set=risk.risk_pct=nan",), "risk_pct: expected a finite number"),
        (("--set=risk.risk_pct=",), "risk.risk_pct: expected a number, was ''"),
        (("--set=exchange.faults=maybe",), "faults: expected WHEN FAULT"),
        (("--set=risk.risc_pct=1",), "--set: expected one of strategy_parameters.NAME,"),
        (("--set=risk=1",), "--set: expected one of"),
        (("--set=strategy_parameters=1",), "--set: expected one of"),
        (("--set=symbol=ETHUSDT",), "--set: expected one of"),
        (("--set=symbol_overrides.ETHUSDT=1",), "--set: expected one of"),
        (("--set=symbol_overrides.eth/usdt.stop_bps=1",), "expected ETHUSDT, was 'eth/usdt'"),
        (("--set=risk.blackouts_utc=noon",), "blackouts_utc: expected two times of day"),
        (("--set=leverage",), "--set: expected NAME=VALUE, was 'leverage'"),
    ],
)
def test_wrong_words_are_refused(words: tuple[str, ...], told: str) -> None:
    """Field, value and what was expected; an unknown setting is answered with the known ones."""
    with pytest.raises(ConfigError) as refusal:
        config(*words)

    assert told in str(refusal.value)


def test_parameters_are_what_they_read_like() -> None:
    """Whole numbers, numbers and truth values are these; anything else is text."""
    assert [5, 0.5, True, "up", "1e"] == [guessed(x) for x in ("5", "0.5", "true", "up", "1e")]


def test_a_refusal_costs_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong value is answered with one block and its exit code, before Prefect is asked."""
    code = cli.main(paper_session, ["--strategy=nope"])

    assert EXIT_CODES[Outcome.REFUSED] == code
    assert capsys.readouterr().out == (
        "refused: strategy\n"
        "  found   expected one of hold, random, sma_cross, pulse, donchian, pullback_ribbon, "
        "sweep_reclaim, vwap_reversion, or package.module:Class, was 'nope'\n"
        "  remedy  choose one (--list-strategies shows them), or write the path of your own class\n"
        "nothing was started\n"
    )


def test_the_strategies_are_listed_with_their_parameters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Name, path, what it does, and what it can be told, ready to be copied."""
    assert cli.main(paper_session, ["--list-strategies"]) == 0
    told = capsys.readouterr().out
    assert "pulse  (trading.strategy.builtin.pulse:Pulse)" in told
    assert "    strategy_parameters.period_s = 20.0" in told


def test_the_help_teaches_everything_there_is() -> None:
    """Every flag, every setting with its default and its words, every exit code."""
    told = parser().format_help()

    for each in manual.everyday():
        assert f"--{each.path}" in told
    for each in manual.settings():
        assert f"  {each.path}" in told
        assert each.about in told
    for outcome, code in EXIT_CODES.items():
        assert re.search(rf"^ +{code}  {outcome}$", told, re.MULTILINE)


LATER = {"alembic", "duckdb", "fastapi", "jinja2", "numpy", "pandas", "pyarrow", "sqlalchemy"}
"""What only a report, the history or a server needs."""


def test_what_a_session_begins_without_is_not_imported_for_it(root: Path) -> None:
    """Nobody waits for tables, pages or databases before the session's process exists."""
    program = "import sys, flows.paper_session; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )

    assert set() == LATER & set(done.stdout.split())


# --- the command itself -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the commands one Prefect home; making its database takes the first one some seconds."""
    return tmp_path_factory.mktemp("home")


@contextmanager
def command(home: Path, folder: Path, root: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start the command as a person does, in a group of its own."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
        "PREFECT_HOME": str(home),
        # Nobody listens there: the outside world cannot be reached, whatever this machine can.
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9"),
    }
    running = subprocess.Popen(
        [sys.executable, *MODULE, f"--var-dir={folder / 'var'}", *words],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
        running.communicate(timeout=30)


@pytest.fixture(scope="module")
def unreachable(
    tmp_path_factory: pytest.TempPathFactory, root: Path
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start a session on the real venue with no way to it; preflight takes its time to be sure."""
    folder = tmp_path_factory.mktemp("unreachable")
    with command(folder / "home", folder, root, "--source=bitunix", "--minutes=1") as running:
        yield running, folder / "var"


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("unreachable")
def test_the_command_trades_and_leaves_a_proof(home: Path, tmp_path: Path, root: Path) -> None:
    """Embedded, no server, a fresh home: exit 0, fills, an identical replay, the report named."""
    words = ("--source=embedded", "--minutes=1", "--speed=20", "--account=demo", *LIVELY)
    with command(home, tmp_path, root, *words) as running:
        told, logged = running.communicate(timeout=90)

    assert running.returncode == 0, logged
    assert told.startswith("completed (deadline)\n")
    paths = latest_session(tmp_path / "var", "demo")
    assert paths is not None
    assert f"  report  {paths.report}\n" in told
    fills = [each for each in assert_sound(paths) if isinstance(each, OrderFilled)]
    assert len(fills) >= 4
    assert f"  {len(fills)} fills," in told
    assert "Traceback" not in logged
    assert "temporary server" not in logged
    assert not (tmp_path / "var" / "alerts.log").exists()


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_command_leaves_a_flat_account(
    home: Path, tmp_path: Path, root: Path, number: signal.Signals, code: int
) -> None:
    """Ctrl-C reaches the whole group, SIGTERM too: positions closed, books closed, no success."""
    words = ("--source=embedded", "--minutes=60", "--speed=4", "--account=mine", *LIVELY)
    with command(home, tmp_path, root, *words) as running:
        paths = until(lambda: latest_session(tmp_path / "var", "mine"), 60.0, "the session")
        until(lambda: _is_in_position(paths), 60.0, "a position")
        os.killpg(running.pid, number)
        told, logged = running.communicate(timeout=40)

    assert running.returncode == code, logged
    assert told.startswith("completed (stopped)")
    assert "Traceback" not in logged
    changes = [each for each in assert_sound(paths) if isinstance(each, PositionChanged)]
    assert changes[-1].quantity == 0
    assert verify(paths.journal).is_identical
    assert paths.report.exists()


def _is_in_position(paths: SessionPaths) -> bool:
    beat = read_progress(paths.heartbeat)
    return beat is not None and beat.position != "flat"


@pytest.mark.timeout(120)
def test_without_a_network_the_real_venue_is_refused_in_words(
    unreachable: tuple[subprocess.Popen[str], Path],
) -> None:
    """What was tried, and what to do instead: one block, exit 40, no traceback.

    Without a server nobody is told, so a line of the alert file says it.
    """
    running, var = unreachable
    told, logged = running.communicate(timeout=90)

    assert EXIT_CODES[Outcome.REFUSED] == running.returncode
    assert told.startswith("refused: venue\n")
    assert "--source embedded needs no network" in told
    assert told.endswith("nothing was started\n")
    assert "Traceback" not in logged
    (line,) = (var / "alerts.log").read_text(encoding="utf-8").splitlines()
    assert "[error] failed: refused (venue): " in line
