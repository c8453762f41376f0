"""Whole sessions, through real sockets and real processes, judged by what is in their journals."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.live import BRISK, Lab, assert_sound, busy, in_lab, run, when
from trading.config import SessionConfig
from trading.errors import PreflightRefused
from trading.exchange.options import ExchangeOptions
from trading.journal.store import JournalReader
from trading.model.events import (
    AttemptStarted,
    ControlApplied,
    OrderFilled,
    Outcome,
    PositionChanged,
    SessionEnded,
    SessionStarted,
)
from trading.session.heartbeat import Progress
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import kill_file, latest_session
from trading.session.settle import settle_account
from trading.session.supervise import SessionCrashed, SessionResult, supervise


def test_a_session_trades_and_is_proven(tmp_path: Path) -> None:
    """A minute on the synthetic market: fills, an account that adds up, an identical replay."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy())
        result = await run(plan)

        assert (result.outcome, result.reason, result.exit_code) == ("completed", "deadline", 0)
        assert result.fills >= 4
        assert result.round_trips >= 2
        found = assert_sound(plan.paths)
        assert isinstance(found[0], SessionStarted)
        assert latest_session(lab.var_dir, "lab") == plan.paths
        assert (lab.var_dir / "lab" / "latest" / "journal.db").samefile(plan.paths.journal)

    in_lab(tmp_path, story)


def test_a_killed_session_is_resumed_not_restarted(tmp_path: Path) -> None:
    """SIGKILL with a position open: same id, same deadline, same ledger, every fill once."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy(2.0))
        beats: list[Progress] = []
        first = asyncio.create_task(
            supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
        )
        beat = await when(beats, lambda b: b.fills >= 1)
        os.kill(beat.pid, signal.SIGKILL)
        with pytest.raises(SessionCrashed, match="signal 9") as crash:
            await first
        assert crash.value.is_retryable
        with JournalReader(plan.paths.journal) as reader:
            before = list(reader.outputs())
            assert reader.ended() is None

        result = await run(plan, attempt=2)

        assert result.session_id == plan.opening.setup.session_id
        found = assert_sound(plan.paths)
        assert found[: len(before)] == before
        attempts = [output for output in found if isinstance(output, AttemptStarted)]
        assert [attempt.attempt for attempt in attempts] == [2]
        assert attempts[0].blind_ms > 0
        (end,) = (output for output in found if isinstance(output, SessionEnded))
        assert 0 <= end.at_ns - plan.deadline_ns < 21 * 10**9

    in_lab(tmp_path, story)


@pytest.mark.skipif(os.name != "posix", reason="a process can only be stopped so on POSIX")
def test_a_frozen_session_is_ended_and_resumed(tmp_path: Path) -> None:
    """SIGSTOP: no beat, so it is ended from outside, and the next attempt finishes the session."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy(3.0))
        beats: list[Progress] = []
        first = asyncio.create_task(
            supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
        )
        os.kill((await when(beats, lambda b: b.fills >= 1)).pid, signal.SIGSTOP)
        with pytest.raises(SessionCrashed, match="frozen: no progress for") as crash:
            await first
        assert crash.value.is_retryable

        await run(plan, attempt=2)

        assert_sound(plan.paths)

    in_lab(tmp_path, story)


def test_a_cancelled_run_ends_flat(tmp_path: Path) -> None:
    """Cancelling the supervisor stops the session cleanly: positions closed, journal closed."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy(10.0, strategy_parameters={"period_s": 9.0, "hold_s": 60.0}))
        beats: list[Progress] = []
        first = asyncio.create_task(
            supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
        )
        await when(beats, lambda b: b.position != "flat")
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first

        found = assert_sound(plan.paths)
        said = [output for output in found if isinstance(output, ControlApplied)]
        assert [(word.word, word.who) for word in said] == [("stop", "supervisor")]
        positions = [output for output in found if isinstance(output, PositionChanged)]
        assert positions[-1].quantity == 0

    in_lab(tmp_path, story)


def test_the_kill_switch_ends_a_running_session(tmp_path: Path) -> None:
    """A kill file flattens and ends the session within seconds; preflight refuses the next."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy(10.0))
        beats: list[Progress] = []
        first = asyncio.create_task(
            supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
        )
        await when(beats, lambda b: b.fills >= 1)
        kill_file(lab.var_dir).write_text("the test says so", encoding="utf-8")
        result = await asyncio.wait_for(first, 10)

        assert (result.outcome, result.exit_code) == (Outcome.KILLED, EXIT_CODES[Outcome.KILLED])
        assert_sound(plan.paths)
        assert kill_file(lab.var_dir).exists()
        with pytest.raises(PreflightRefused, match=r"kill switch.*the test says so"):
            await lab.plan(busy())

    in_lab(tmp_path, story)


def test_a_cut_life_line_ends_the_child(tmp_path: Path) -> None:
    """When the supervisor is gone the child ends by itself, flat and with its journal closed."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy(10.0))
        with plan.paths.log.open("wb") as log:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "trading.session", str(plan.paths.plan)),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        assert child.stdin is not None
        while not plan.paths.heartbeat.exists():  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.02)
        child.stdin.close()
        code = await asyncio.wait_for(child.wait(), 5)

        found = assert_sound(plan.paths)
        assert isinstance(found[-1], SessionEnded)
        assert found[-1].reason == "stopped"
        assert code == EXIT_CODES[found[-1].outcome]

    in_lab(tmp_path, story)


def test_one_account_has_one_trader(tmp_path: Path) -> None:
    """Of two sessions planned at once exactly one trades; the other says who holds the account."""

    async def story(lab: Lab) -> None:
        plans = [await lab.plan(busy(), suffix) for suffix in ("one", "two")]
        results = await asyncio.gather(*map(run, plans), return_exceptions=True)

        crashed = [result for result in results if isinstance(result, SessionCrashed)]
        ended = [result for result in results if isinstance(result, SessionResult)]
        assert (len(ended), len(crashed)) == (1, 1)
        assert not crashed[0].is_retryable
        assert "account 'lab' is held by" in crashed[0].reason
        assert ended[0].session_id in crashed[0].reason

    in_lab(tmp_path, story)


def test_an_account_goes_on_where_its_last_session_ended(tmp_path: Path) -> None:
    """Wallet, numbers, throttle and the journal chain carry over from session to session."""

    async def story(lab: Lab) -> None:
        first = await lab.plan(busy(0.5), "one")
        await run(first)
        second = await lab.plan(busy(0.5), "two")
        await run(second)

        with JournalReader(first.paths.journal) as reader:
            closing, last = reader.closing(), reader.last()
        head = second.opening.setup.head
        assert closing is not None
        assert (head.wallet, head.counters) == (closing.head.wallet, closing.head.counters)
        assert head.last_entry_ns == closing.head.last_entry_ns
        assert second.opening.predecessor is not None
        assert second.opening.predecessor.digest == last.digest.hex()
        assert_sound(second.paths)

    in_lab(tmp_path, story)


def test_a_carried_position_keeps_its_protection(tmp_path: Path) -> None:
    """With ``carry`` the position, its stop and its target are the next session's."""

    async def story(lab: Lab) -> None:
        held = {"period_s": 5.0, "hold_s": 3000.0, "stop_bps": 200.0}
        config = busy(0.5, end_policy="carry", strategy_parameters=held)
        first = await lab.plan(config, "one")
        await run(first)
        found = assert_sound(first.paths)
        assert isinstance(found[-1], SessionEnded)
        second = await lab.plan(busy(0.5, strategy="hold", strategy_parameters={}), "two")
        head = second.opening.setup.head
        assert [order.request.role for order in head.orders] == ["stop", "target"]
        assert [order.remaining for order in head.orders] == [abs(head.positions[0].quantity)] * 2
        await run(second)

        fills = [o for o in assert_sound(second.paths) if isinstance(o, OrderFilled)]
        assert sum(fill.quantity for fill in fills) == abs(head.positions[0].quantity)

    in_lab(tmp_path, story)


def test_an_abandoned_session_is_settled(tmp_path: Path) -> None:
    """A session nobody resumed is closed as abandoned; its position goes to the next session."""

    async def story(lab: Lab) -> None:
        held: dict[str, float | int | bool | str] = {"period_s": 5.0, "hold_s": 600.0}
        plan = await lab.plan(busy(5.0, strategy_parameters=held), "one")
        beats: list[Progress] = []
        first = asyncio.create_task(
            supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
        )
        os.kill((await when(beats, lambda b: b.position != "flat")).pid, signal.SIGKILL)
        with pytest.raises(SessionCrashed):
            await first

        assert settle_account(lab.var_dir, "lab") == plan.paths.session_id
        assert settle_account(lab.var_dir, "lab") is None
        found = assert_sound(plan.paths)
        assert isinstance(found[-1], SessionEnded)
        assert found[-1].outcome is Outcome.ABANDONED
        following = await lab.plan(busy(0.5, strategy="hold", strategy_parameters={}), "two")
        assert len(following.opening.setup.head.positions) == 1
        await run(following)
        assert_sound(following.paths)

    in_lab(tmp_path, story)


def test_a_deaf_exchange_is_refused_within_seconds(tmp_path: Path) -> None:
    """Accepted, subscribed and silent is refused, with the channels named."""

    async def story(lab: Lab) -> None:
        with pytest.raises(PreflightRefused, match="no message on book, price, candle, trade"):
            await asyncio.wait_for(lab.plan(busy()), 6)

    in_lab(tmp_path, story, ExchangeOptions(speed=20.0, faults="0s deaf"))


def test_an_unknown_symbol_is_refused(tmp_path: Path) -> None:
    """A symbol the venue does not list is refused before anything is subscribed."""

    async def story(lab: Lab) -> None:
        with pytest.raises(PreflightRefused, match="preflight symbol: NOPEUSDT"):
            await lab.plan(SessionConfig(source="embedded", symbol="nope/usdt", account="lab"))

    in_lab(tmp_path, story)
