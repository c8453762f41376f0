"""Whole sessions of one account on two machines: two folders, one database, real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.live import Lab, assert_sound, busy, exchange, outputs, run
from tests.support.waiting import until
from trading.errors import AccountLocked, PreflightRefused
from trading.exchange.options import ExchangeOptions
from trading.journal.store import JournalReader
from trading.model.events import ControlApplied, ControlWord, OrderFilled, Outcome
from trading.session.heartbeat import read_progress
from trading.session.outcomes import EXIT_CODES
from trading.session.plan import SessionPlan
from trading.session.register import register_of
from trading.session.register.files import state_in
from trading.session.register.leases import Database, SharedRegister
from trading.session.settle import settle_account
from trading.session.supervise import SessionCrashed, SessionResult

LEASE_S = 2.0
WITHIN_S = 60.0
SPEED = 5.0
"""Session seconds a second: a process that starts slowly must not eat a session up."""

pytestmark = pytest.mark.timeout(240)


def on_two_machines(tmp_path: Path, story: Callable[[Lab, Lab], Awaitable[None]]) -> None:
    """Tell a story of two folders in one market."""

    async def told() -> None:
        options = ExchangeOptions(speed=SPEED)
        async with exchange(tmp_path / "exchange", options) as world:
            await story(Lab(world, tmp_path / "here"), Lab(world, tmp_path / "there"))

    asyncio.run(told())


@pytest.mark.usefixtures("shared")
def test_an_account_goes_from_machine_to_machine(tmp_path: Path) -> None:
    """Each session goes on from the last record of the one before, wherever that ran."""

    async def story(here: Lab, there: Lab) -> None:
        plans: list[SessionPlan] = []
        for lab, suffix in ((here, "one"), (there, "two"), (here, "three")):
            plans.append(await lab.plan(busy(0.5), suffix))
            assert "deadline" == (await run(plans[-1])).reason
            assert_sound(plans[-1].paths)

        for before, after in pairwise(plans):
            left = state_in(before.paths.journal)
            assert left is not None
            assert left.predecessor == after.opening.predecessor
            assert left.head == after.opening.setup.head
        assert state_in(plans[2].paths.journal) == register_of(there.var_dir).state("lab")
        assert 3 == plans[2].opening.setup.head.sessions + 1

    on_two_machines(tmp_path, story)


@pytest.mark.usefixtures("shared")
def test_of_two_machines_at_once_exactly_one_trades(tmp_path: Path) -> None:
    """Both have planned; one owns the account, the other begins no journal, and says why."""

    async def story(here: Lab, there: Lab) -> None:
        plans = [await lab.plan(busy(0.75), lab.var_dir.name) for lab in (here, there)]
        ends = await asyncio.gather(*map(run, plans), return_exceptions=True)

        (won,) = [n for n, end in enumerate(ends) if isinstance(end, SessionResult)]
        lost = ends[1 - won]
        assert isinstance(lost, SessionCrashed)
        assert plans[won].paths.session_id in lost.reason
        assert not plans[1 - won].paths.journal.exists()
        assert any(isinstance(each, OrderFilled) for each in assert_sound(plans[won].paths))

    on_two_machines(tmp_path, story)


@pytest.mark.skipif(os.name != "posix", reason="a process can only be stopped so on POSIX")
def test_a_session_that_was_paused_past_its_lease_has_lost_its_account(
    shared: Database, tmp_path: Path
) -> None:
    """Another machine went on meanwhile; once awake it writes nothing more, ends, and says why."""

    async def story(here: Lab, there: Lab) -> None:
        plan = await here.plan(busy(15.0), "one")
        child = await begun(plan)
        try:
            register = SharedRegister(shared, there.var_dir)
            await asyncio.to_thread(seen, lambda: traded(plan) and is_checkpointed(register))
            child.send_signal(signal.SIGSTOP)
            with pytest.raises(PreflightRefused, match=r"'lab' is held by .*-one on "):
                await there.plan(busy(0.5), "early")
            await asyncio.to_thread(seen, lambda: settled(there))

            second = await there.plan(busy(0.5), "two")
            assert "deadline" == (await run(second)).reason
        finally:
            child.send_signal(signal.SIGCONT)
        code = await asyncio.wait_for(child.wait(), WITHIN_S)

        assert EXIT_CODES[Outcome.ABANDONED] == code
        with JournalReader(plan.paths.journal) as reader:
            ended = reader.ended()
            after = second.opening.predecessor
            assert after is not None
            links = {record.digest.hex(): record.sequence for record in reader.records()}
            assert links[after.digest] < reader.last().sequence
        assert ended is not None
        assert (Outcome.ABANDONED, "lost_ownership") == (ended.outcome, ended.reason)
        assert second.paths.session_id in ended.detail
        words = [each for each in outputs(plan.paths) if isinstance(each, ControlApplied)]
        assert [ControlWord.DISOWN] == [each.word for each in words]
        assert_sound(plan.paths)
        assert_sound(second.paths)
        assert state_in(second.paths.journal) == register.state("lab")

    on_two_machines(tmp_path, story)


async def begun(plan: SessionPlan) -> asyncio.subprocess.Process:
    """Start a session's process without a supervisor, which would end one that stands still."""
    command = (sys.executable, "-m", "trading.session", str(plan.paths.plan))
    with plan.paths.log.open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log
        )


def seen(look: Callable[[], bool]) -> None:
    """Wait for something to be seen."""
    until(look, WITHIN_S, "what the story needs")


def traded(plan: SessionPlan) -> bool:
    """Return whether a session has traded."""
    beat = read_progress(plan.paths.heartbeat)
    return beat is not None and beat.fills > 0


def is_checkpointed(register: SharedRegister) -> bool:
    """Return whether the database knows how far the open session is."""
    standing = register._standing("lab")  # noqa: SLF001 - what no owner is told
    return standing is not None and standing.checkpoint is not None


def settled(lab: Lab) -> bool:
    """Settle the account, once its lease is over."""
    try:
        return settle_account(lab.var_dir, "lab") is not None
    except AccountLocked:
        return False
