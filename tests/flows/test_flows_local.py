"""The flow in this process, without a server of anybody's: every way a session can go.

Each is judged by the state the flow returns and by the journal it leaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from prefect import State
from prefect.artifacts import Artifact

from flows.form import settings_of
from flows.naming import VAR_ENVIRONMENT
from flows.paper_session import paper_session
from reports.history.store import ask
from reports.refusal import Refusal
from tasks.report import report_url
from tests.support.live import assert_sound, busy
from trading.config import ExchangeConfig, RiskConfig, SessionConfig
from trading.io.files import read_json
from trading.io.lock import AccountLock
from trading.model.events import AttemptStarted, LedgerPosted, OrderFilled, Output, PositionChanged
from trading.session.heartbeat import Progress, read_progress
from trading.session.paths import SessionPaths, kill_file, latest_session
from trading.session.ship import SHIP_ENVIRONMENT
from trading.session.supervise import SessionResult

pytestmark = [pytest.mark.usefixtures("harness"), pytest.mark.timeout(180)]

SPEED = 20.0


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the test's sessions in a folder of its own."""
    folder = tmp_path / "var"
    monkeypatch.setenv(VAR_ENVIRONMENT, str(folder))
    return folder


async def flow_run(config: SessionConfig) -> State[SessionResult]:
    """Run the flow as Prefect would be asked to; return its state."""
    return await paper_session(  # type: ignore[return-value] # a flow ends in the state it returns
        source=config.source,
        symbol=config.symbol,
        minutes=config.minutes,
        strategy=config.strategy,
        account=config.account,
        seed=config.seed,
        speed=config.speed,
        settings=settings_of(config),
        return_state=True,
    )


def result_of(state: State[SessionResult]) -> SessionResult:
    """Return the result a state carries, of whatever kind the state is."""

    async def read() -> object:
        return await state.aresult(raise_on_failure=False)

    found = asyncio.run(read())
    assert isinstance(found, SessionResult)
    return found


def newest(var: Path, config: SessionConfig) -> SessionPaths:
    """Return the account's newest session."""
    found = latest_session(var, config.account)
    assert found is not None
    return found


async def beats(
    var: Path, config: SessionConfig, what: Callable[[Progress], bool]
) -> tuple[SessionPaths, Progress]:
    """Wait until the session's heartbeat shows what is awaited."""
    while True:
        paths = latest_session(var, config.account)
        beat = read_progress(paths.heartbeat) if paths else None
        if paths is not None and beat is not None and what(beat):
            return paths, beat
        await asyncio.sleep(0.02)


def with_story(
    var: Path, config: SessionConfig, story: Callable[[SessionPaths, Progress], Awaitable[None]]
) -> State[SessionResult]:
    """Run the flow, and tell a story as soon as its session holds a position."""

    async def told() -> State[SessionResult]:
        running = asyncio.create_task(flow_run(config))
        paths, beat = await beats(var, config, lambda each: each.position != "flat")
        await story(paths, beat)
        return await running

    return asyncio.run(told())


def shown(key: str) -> str:
    """Return what Prefect shows under a key."""
    found = asyncio.run(Artifact.aget(key))
    assert found is not None
    return str(found.data)


def fills(outputs: list[Output]) -> int:
    """Count the fills."""
    return len([each for each in outputs if isinstance(each, OrderFilled)])


# --- sessions that run ------------------------------------------------------------------------


def test_a_minute_trades_and_is_proven(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fills, a ledger that adds up, an identical replay, report files; shipped; Completed."""
    monkeypatch.setenv(SHIP_ENVIRONMENT, f"file://{var.parent}/far")
    config = busy(speed=SPEED)
    state = asyncio.run(flow_run(config))

    assert state.is_completed()
    assert state.message == "completed (deadline)"
    result = result_of(state)
    assert (result.outcome, result.exit_code, result.attempts) == ("completed", 0, 1)
    paths = newest(var, config)
    outputs = assert_sound(paths)
    assert fills(outputs) == result.fills >= 4
    assert any(isinstance(each, LedgerPosted) for each in outputs)
    assert paths.session_id == result.session_id
    for file in (paths.report, paths.trades, paths.summary, paths.plan, paths.exchange_log):
        assert file.stat().st_size > 0
    far = var.parent / "far" / config.account / paths.session_id
    assert {"journal.db", "report.html", "summary.json", "trades.csv"} == {
        each.name for each in far.iterdir()
    }
    query = "SELECT session_id, outcome, replay LIKE 'identical%' FROM session"
    assert [(paths.session_id, "completed", True)] == ask(var, query).rows
    assert report_url(paths) in shown("paper-report-lab")
    assert shown("paper-session-lab").startswith("## PAPER: pulse on BTCUSDT")
    assert len(json.loads(shown("paper-trips-lab"))) == result.round_trips
    assert b"identical" in paths.summary.read_bytes()


def test_a_session_without_trades_says_so(var: Path) -> None:
    """`hold` trades nothing: Completed all the same, and its own exit code."""
    # Slow enough for a machine with other work to hear the market in time.
    config = busy(speed=4, minutes=0.5, strategy="hold", strategy_parameters={})
    state = asyncio.run(flow_run(config))

    assert state.is_completed()
    assert state.message == "no_trades (deadline)"
    assert result_of(state).exit_code == 10
    assert fills(assert_sound(newest(var, config))) == 0


def test_a_killed_process_is_resumed(var: Path) -> None:
    """The child dies in a position: the task's retry resumes the same session to its deadline."""
    config = busy(speed=10.0)

    async def kill(_: SessionPaths, beat: Progress) -> None:
        os.kill(beat.pid, signal.SIGKILL)

    state = with_story(var, config, kill)

    assert state.is_completed(), state.message
    assert result_of(state).attempts == 2
    outputs = assert_sound(newest(var, config))
    assert [each.attempt for each in outputs if isinstance(each, AttemptStarted)] == [2]
    assert len(list((var / config.account).glob("2*/journal.db"))) == 1


def test_a_cancelled_flow_leaves_a_flat_account(var: Path) -> None:
    """Cancelled in a position: closed within the market's reach, books closed, report written."""
    config = busy(minutes=60, speed=10.0)

    async def told() -> SessionPaths:
        running = asyncio.create_task(flow_run(config))
        paths, _ = await beats(var, config, lambda each: each.position != "flat")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return paths

    paths = asyncio.run(told())

    outputs = assert_sound(paths)
    last = [each for each in outputs if isinstance(each, PositionChanged)][-1]
    assert last.quantity == 0
    assert paths.report.exists()


def test_the_kill_switch_ends_the_session(var: Path) -> None:
    """Set while it trades: Failed, flat, its own exit code; the next session is refused by it."""
    config = busy(minutes=60, speed=10.0)

    async def set_switch(paths: SessionPaths, _: Progress) -> None:
        kill_file(paths.var_dir).write_text("enough for today\n", encoding="utf-8")

    state = with_story(var, config, set_switch)

    assert state.is_failed()
    assert (state.message or "").startswith("killed (killed): ")
    assert "enough for today" in (state.message or "")
    assert result_of(state).exit_code == 21
    assert_sound(newest(var, config))
    again = asyncio.run(flow_run(config))
    assert again.is_failed()
    assert (again.message or "").startswith("refused (kill switch)")


def test_a_session_that_hangs_is_ended_by_the_backstop(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect's time-out strikes: positions closed all the same, the journal says how it ended."""
    config = busy(minutes=60, speed=10.0)
    monkeypatch.setattr("tasks.live_session.GRACE_S", 6.0 - config.duration_s / config.speed)
    state = asyncio.run(flow_run(config))

    assert state.is_completed()
    assert "exceeded timeout" in (state.message or "")
    result = result_of(state)
    assert (result.outcome, result.reason) == ("completed", "stopped")
    outputs = assert_sound(newest(var, config))
    last = [each for each in outputs if isinstance(each, PositionChanged)][-1]
    assert last.quantity == 0


def test_sessions_of_an_account_follow_each_other(var: Path) -> None:
    """The second session starts with the wallet the first one ended with, and names it."""
    config = busy(speed=SPEED, minutes=0.5)
    first = result_of(asyncio.run(flow_run(config)))
    before = newest(var, config)
    result_of(asyncio.run(flow_run(config)))

    after = newest(var, config)
    assert before != after
    summary = after.summary.read_text(encoding="utf-8")
    assert f'"wallet_start": "{first.wallet}"' in summary


# --- sessions that are refused ----------------------------------------------------------------


def refused(var: Path, config: SessionConfig) -> tuple[str, Refusal]:
    """Run the flow; return the message of its Failed state and the refusal on the disk."""
    state = asyncio.run(flow_run(config))
    assert state.is_failed()
    assert result_of(state).exit_code == 40
    (file,) = (var / config.account).glob("*/summary.json")
    assert list((var / config.account).glob("*/journal.db")) == []
    return state.message or "", read_json(file, Refusal)


@pytest.mark.timeout(30)
def test_a_deaf_exchange_is_refused_within_seconds(var: Path) -> None:
    """Connected is not receiving: the silent channels are named, and where they were asked."""
    config = busy(speed=SPEED, exchange=ExchangeConfig(faults="0s deaf"))
    message, refusal = refused(var, config)

    assert message.startswith("refused (feed): no message on book, price, candle, trade within 5 s")
    assert "127.0.0.1" in refusal.remedy


def test_an_unknown_symbol_is_refused(var: Path) -> None:
    """Preflight asks the venue; the remedy names its list."""
    message, refusal = refused(var, busy(speed=SPEED, symbol="NOPEUSDT"))

    assert message.startswith("refused (symbol): NOPEUSDT")
    assert "trading-pairs list" in refusal.remedy
    assert [("NOPEUSDT", "refused", "symbol")] == ask(
        var, "SELECT symbol, outcome, reason FROM session"
    ).rows


def test_an_unknown_strategy_is_refused(var: Path) -> None:
    """The refusal lists the strategies that there are."""
    message, refusal = refused(var, busy(speed=SPEED, strategy="nope", strategy_parameters={}))

    assert message.startswith("refused (strategy): expected one of hold, random")
    assert refusal.strategy == "nope"


def test_a_held_account_is_refused(var: Path) -> None:
    """Exactly one session trades an account; the refusal names the one that does."""
    config = busy(speed=SPEED)
    lock = SessionPaths(var_dir=var, account=config.account, session_id="").lock
    lock.parent.mkdir(parents=True)
    with AccountLock(lock, "somebody-else"):
        state = asyncio.run(flow_run(config))

    assert (state.type, state.name) == ("CANCELLED", "Skipped")
    assert (state.message or "").startswith("skipped (overlap)")
    assert "somebody-else" in (state.message or "")
    assert result_of(state).exit_code == 40
    assert [lock] == list(lock.parent.iterdir())


def test_a_tape_that_is_none_is_refused(var: Path, tmp_path: Path) -> None:
    """The embedded exchange does not start: its own words are passed on, nothing keeps running."""
    tape = ExchangeConfig(market="recorded", tape=str(tmp_path / "missing.raw.jsonl.gz"))
    message, refusal = refused(var, busy(speed=SPEED, exchange=tape))

    assert message.startswith("refused (embedded exchange)")
    assert "missing.raw.jsonl.gz" in refusal.found


def test_a_value_that_only_the_config_refuses_is_failed_in_words(var: Path) -> None:
    """NaN minutes pass the form; the state names field, value and bounds, no folder is made."""

    async def told() -> State[SessionResult]:
        return await paper_session(  # type: ignore[return-value] # as in flow_run
            source="embedded", minutes=float("nan"), return_state=True
        )

    state = asyncio.run(told())

    assert state.is_failed()
    assert (state.message or "").startswith(
        "refused (minutes): expected a finite number above 0 and at most 10080, was nan"
    )
    assert not var.exists()


@pytest.mark.parametrize(
    "changes", [{"risk_pct": 5.0}, {"risk_pct": float("nan")}, {"entry_interval_s": -1.0}]
)
def test_no_config_exists_with_a_value_out_of_bounds(changes: dict[str, float]) -> None:
    """What the flow would be called with cannot be made: no path around the checks."""
    with pytest.raises(ValueError, match=next(iter(changes))):
        RiskConfig(**changes)  # type: ignore[arg-type]
