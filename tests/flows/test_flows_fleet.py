"""A fleet: its table, read whole or refused by its row, and its summary."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from prefect import State
from prefect.client.schemas.objects import StateType
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.fleet import Line, fleet, main, markdown, sentence, state_of
from flows.table import Row, read_table
from tasks.fleet import Ended
from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.errors import ConfigError
from trading.journal.record import Predecessor
from trading.session.register import AccountState

TOML = """\
[defaults]
source = "embedded"
minutes = 0.5
strategy = "pulse"
risk.entry_interval_s = 0

[[session]]
account = "btc"
symbol = "BTCUSDT"

[[session]]
account = "eth"
symbol = "ETHUSDT"
minutes = 1
strategy_parameters.period_s = 4.0
"""
CSV = """\
account, symbol,minutes,risk.entry_interval_s,strategy,strategy_parameters.period_s,source
btc,BTCUSDT,0.5,0,pulse,,embedded
eth,ETHUSDT,1,0,pulse,4.0,embedded
"""


def table(folder: Path, name: str, content: str) -> Path:
    """Write a table."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "content"), [("a.toml", TOML), ("a.csv", CSV)])
def test_a_table_says_what_each_session_is_started_with(
    name: str, content: str, tmp_path: Path
) -> None:
    """Everyday values as they are, the rest where it differs; both formats say the same."""
    btc, eth = read_table(table(tmp_path, name, content))

    assert ("btc", "eth") == (btc.account, eth.account)
    assert ("BTCUSDT", 0.5, "pulse", "embedded") == tuple(
        btc.parameters[each] for each in ("symbol", "minutes", "strategy", "source")
    )
    assert 0 == btc.config.risk.entry_interval_s
    settings = btc.parameters["settings"]
    assert isinstance(settings, dict)
    assert {"risk"} == set(settings)
    assert 4.0 == eth.config.strategy_parameters["period_s"]


def test_the_runbooks_table_is_one(root: Path, tmp_path: Path) -> None:
    """What deployments/README.md shows can be copied as it is."""
    text = (root / "deployments" / "README.md").read_text("utf-8")
    shown = text.partition("```toml\n")[2].partition("```")[0]

    rows = read_table(table(tmp_path, "fleet.toml", shown))

    assert ["btc-ribbon", "eth-donchian"] == [row.account for row in rows]


ROW = '[[session]]\naccount = "a"\n'


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.toml", ROW * 2, r"session 2 of a\.toml: account: expected an account of its own"),
        ("a.toml", "[[session]]\nminutes = 1\n", r"session 1 of a\.toml: account: expected a name"),
        ("a.toml", f"{ROW}minute = 1\n", r"session 1 of a\.toml: --set: .* was 'minute'"),
        ("a.toml", f"{ROW}minutes = -1\n", r"session 1 of a\.toml: minutes: expected"),
        ("a.toml", f'{ROW}strategy = "nosuch"\n', r"session 1 of a\.toml: strategy"),
        ("a.toml", f"{ROW}risk.risk_pct = 900\n", r"session 1 of a\.toml: .*risk_pct"),
        ("a.toml", "[sessions]\n", r"table a\.toml: expected one table \[defaults\].*`sessions`"),
        ("a.toml", "defaults = 3\n", r"table a\.toml: expected one table"),
        ("a.toml", "[session]\naccount = 1\n", r"table a\.toml: expected one table"),
        ("a.toml", "session = [3]\n", r"table a\.toml: expected one table"),
        ("a.toml", "[[", "table: expected a readable TOML or CSV file"),
        ("a.toml", "", "table: expected at least one session"),
        ("a.csv", "account\n", "table: expected at least one session"),
        ("a.csv", "account,minutes\na\n", r"line 2 of a\.csv: expected 2 cells"),
        ("a.csv", "account\na,b\n", r"line 2 of a\.csv: expected 1 cells"),
        ("a.csv", "account,minute\na,1\n", r"session 1 of a\.csv: --set"),
        ("a.json", "{}", r"expected a name that ends in \.toml or \.csv"),
    ],
)
def test_a_table_with_a_wrong_row_is_no_table(
    name: str, content: str, said: str, tmp_path: Path
) -> None:
    """Nothing is started then, and the row is named."""
    with pytest.raises(ConfigError, match=said):
        read_table(table(tmp_path, name, content))


def test_a_table_that_is_not_there_is_said(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(ConfigError, match="No such file"):
        read_table(tmp_path / "fleet.toml")


@pytest.mark.usefixtures("harness")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("account,minutes\na,-1\n", "session 1 of a.csv: minutes: expected"),
        ("account\na\n", "deployment: expected one of this server's, was 'paper-session/adhoc'"),
    ],
)
def test_a_fleet_that_cannot_begin_starts_nothing(content: str, said: str, tmp_path: Path) -> None:
    """Failed, in words that name the row, or the deployment that is missing."""
    path = table(tmp_path, "a.csv", content)

    async def run() -> State[None]:
        return await fleet(str(path), return_state=True)  # type: ignore[return-value]

    state = asyncio.run(run())

    assert state.is_failed()
    assert f"nothing was started: {said}" in (state.message or "")


def test_a_table_can_be_checked_without_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each session is shown as it would be started; without ``--check`` a server is missed."""
    path = table(tmp_path, "a.csv", CSV)

    assert 0 == main([str(path), "--check"])
    assert "btc: {'source': 'embedded', 'symbol': 'BTCUSDT'" in capsys.readouterr().out
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert 2 == main([str(path)])
    assert "a fleet needs a server and its workers" in capsys.readouterr().out
    assert 2 == main([str(tmp_path / "none.toml")])
    assert "No such file" in capsys.readouterr().out


def line(
    account: str,
    kind: StateType,
    before: str | None,
    after: str | None,
    said: str,
    *,
    is_taken: bool = True,
) -> Line:
    """Return an account of a summary, with its wallet before and after."""
    config = SessionConfig(source="embedded", account=account)
    ended = Ended(
        account=account,
        flow_run_id="",
        kind=kind,
        state=kind.value.title(),
        said=said,
        is_taken=is_taken,
    )
    states = [None if wallet is None else state(account, wallet) for wallet in (before, after)]
    return Line(row=Row(config=config), ended=ended, before=states[0], after=states[1])


def state(account: str, wallet: str) -> AccountState:
    """Return how an account stands."""
    return AccountState(
        head=AccountHead(wallet=Decimal(wallet)),
        predecessor=Predecessor(session_id=f"last-of-{account}", digest="ab"),
        source="embedded",
        last_ns=1,
    )


def test_a_summary_counts_adds_up_and_names_what_is_bad() -> None:
    """A new account is measured by what it was given; one that did not trade changes nothing."""
    lines = [
        line("old", StateType.COMPLETED, "100.00", "101.50", "completed (deadline)"),
        line("new", StateType.COMPLETED, None, "9999.00", "completed (deadline)"),
        line("idle", StateType.CANCELLED, "5.00", "5.00", "skipped (late): | slot"),
        line("lost", StateType.CRASHED, None, None, "its process is gone"),
    ]

    assert (
        "2 Completed, 1 Cancelled, 1 Crashed; +0.50 USDT over 2 accounts; "
        "lost: its process is gone; idle: skipped (late): | slot"
    ) == sentence(lines)
    told = markdown("trio", lines)
    assert "| old | BTCUSDT | sma_cross | Completed | +1.50 | 101.50 | [open]" in told
    assert "/old/last-of-old/report.html) | completed (deadline) |" in told
    assert (
        "| idle | BTCUSDT | sma_cross | Cancelled |  | 5.00 |  | skipped (late): \\| slot |" in told
    )
    assert (
        "| lost | BTCUSDT | sma_cross | Crashed |  | not known |  | its process is gone |" in told
    )


DONE = line("a", StateType.COMPLETED, None, None, "completed (deadline)")


@pytest.mark.parametrize(
    ("other", "state", "said"),
    [
        (DONE, "Completed", "2 Completed"),
        (
            line("b", StateType.FAILED, None, None, "refused (symbol): found none"),
            "Failed",
            "1 Completed, 1 Failed; b: refused (symbol): found none",
        ),
        (
            line("b", StateType.CRASHED, None, None, "its host is gone"),
            "Failed",
            "1 Completed, 1 Crashed; b: its host is gone",
        ),
        (
            line("b", StateType.CANCELLED, None, None, "skipped (overlap): a has it"),
            "Completed",
            "1 Completed, 1 Cancelled; b: skipped (overlap): a has it",
        ),
        (
            line("b", StateType.CANCELLED, None, None, "skipped (late): not taken", is_taken=False),
            "Failed",
            "1 Completed, 1 Cancelled; b: skipped (late): not taken",
        ),
        (
            line("b", StateType.CANCELLING, None, None, "its fleet was cancelled"),
            "Failed",
            "1 Completed, 1 Cancelling; b: its fleet was cancelled",
        ),
    ],
)
def test_a_fleet_has_the_state_of_whoever_needs_a_look(other: Line, state: str, said: str) -> None:
    """Completed only where nobody has to look; the message says why any did not complete."""
    found = state_of([DONE, other])

    assert (state, said) == (found.name, found.message)
    cancelled = state_of([DONE, other], is_cancelled=True)
    assert ("Cancelled", f"cancelled: {said}") == (cancelled.name, cancelled.message)


@pytest.mark.usefixtures("harness")
def test_a_fleet_without_patience_is_refused(tmp_path: Path) -> None:
    """A window that is none is named, and nothing is started."""
    path = table(tmp_path, "a.csv", "account\na\n")

    async def run() -> State[None]:
        return await fleet(str(path), taken_within_s=0, return_state=True)  # type: ignore[return-value]

    assert "nothing was started: taken_within_s" in (asyncio.run(run()).message or "")
