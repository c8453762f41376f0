"""The parts of which stories of a session's misfortune are told, by real processes.

A session that holds a position, the moment something strikes it, what its supervisor makes of that,
and how it is held to account afterwards: its journal is judged as that of any other session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import psutil

from tests.simulation.judge import complaints
from tests.support.live import BRISK, Lab, busy, outputs, when
from trading.config import SessionConfig
from trading.io.clock import monotonic_ns
from trading.model.events import AttemptStarted, SessionEnded
from trading.model.numbers import NS_PER_S
from trading.session.heartbeat import Progress
from trading.session.plan import SessionPlan
from trading.session.settle import settle_account
from trading.session.supervise import SessionCrashed, SessionResult, supervise

STRATEGIES: Final = "tests.support.strategies_stuck"
WITHIN_S: Final = 180.0
"""Real seconds that anything may take on a machine that has other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a story: what was seen of the fault, how it ended, and what was lost."""

    seen: str
    end: str
    lost: tuple[str, ...] = ()


Story = Callable[[Lab], Awaitable[Told]]


def holding(beat: Progress) -> bool:
    """Tell whether there is something to lose."""
    return beat.position != "flat"


def calm(minutes: float = 3.0, **changes: object) -> SessionConfig:
    """Return the config of a session that is in a position most of the time."""
    long = {"period_s": 9.0, "hold_s": 40.0, "stop_bps": 100.0}
    return busy(minutes, **({"strategy_parameters": long} | changes))


def at_stake(name: str, minutes: float = 3.0, **changes: object) -> SessionConfig:
    """Return the config of a strategy that misbehaves while it holds."""
    return calm(
        minutes, **({"strategy": f"{STRATEGIES}:{name}", "strategy_parameters": {}} | changes)
    )


async def struck(
    plan: SessionPlan,
    strike: Callable[[Progress], object] | None = None,
    at: Callable[[Progress], bool] = holding,
) -> SessionResult | SessionCrashed:
    """Run an attempt, strike once it holds a position, and return what its supervisor makes of it.

    Without a ``strike`` the session is its own misfortune.
    """
    beats: list[Progress] = []
    running = asyncio.create_task(
        supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
    )
    async with asyncio.timeout(WITHIN_S):
        if strike is not None:
            beat = await when(beats, at)
            await asyncio.to_thread(strike, beat)
        try:
            return await running
        except SessionCrashed as crash:
            return crash


def crashed(found: SessionResult | SessionCrashed) -> SessionCrashed:
    """Return the crash that was expected."""
    assert isinstance(found, SessionCrashed), f"expected a crash, was {found}"
    return found


def ended(found: SessionResult | SessionCrashed) -> SessionResult:
    """Return the end that was expected."""
    assert isinstance(found, SessionResult), f"expected an end, was {found}"
    return found


async def gone_on(plan: SessionPlan, seen: str) -> Told:
    """Resume a session, run it to its end, and hold it to account for what was safe before."""
    async with asyncio.timeout(WITHIN_S):
        result = await supervise(plan.paths, attempt=2, on_progress=lambda _: None, patience=BRISK)
    found = outputs(plan.paths)
    resumed = [output for output in found if isinstance(output, AttemptStarted)]
    lost = complaints(plan.paths.journal)
    lost += [] if [2] == [each.attempt for each in resumed] else ["it was not resumed"]
    return Told(seen=seen, end=f"resumed, {result.outcome}", lost=tuple(lost))


def over(plan: SessionPlan, seen: str, result: SessionResult) -> Told:
    """Hold a session that ended by its own rules to account."""
    lost = tuple(complaints(plan.paths.journal))
    return Told(seen=seen, end=f"{result.outcome} ({result.reason})", lost=lost)


def settled(lab: Lab, plan: SessionPlan, seen: str) -> Told:
    """Close the books of a session that nobody may resume; its position is the next one's."""
    settle_account(lab.var_dir, "lab")
    (end,) = (output for output in outputs(plan.paths) if isinstance(output, SessionEnded))
    lost = complaints(plan.paths.journal)
    lost += ["disk space was left reserved"] if plan.paths.reserve.exists() else []
    return Told(seen=seen, end=f"{end.outcome}, position carried", lost=tuple(lost))


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended, buried or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def seconds_since(start_ns: int) -> float:
    """Return real seconds."""
    return (monotonic_ns() - start_ns) / NS_PER_S
