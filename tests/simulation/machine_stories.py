"""What befalls the machine a session's process runs on, told by real ones: one function a fault.

What it takes of memory, descriptors and disk, and what becomes of its clocks. The stories of a full
disk need one, a small one: ``process_faults`` sees to that.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.simulation.befallen import (
    WITHIN_S,
    Told,
    at_stake,
    calm,
    crashed,
    ended,
    gone_on,
    over,
    settled,
    struck,
)
from tests.support.live import BRISK, Lab, outputs
from trading.config import LimitsConfig
from trading.model.events import SessionEnded
from trading.model.numbers import NS_PER_S
from trading.session.heartbeat import Progress
from trading.session.supervise import supervise

SMALL_DISK_MB: Final = 500
"""A larger disk is not filled: others need it."""


async def memory(lab: Lab) -> Told:
    """Let it take more memory than it may."""
    plan = await lab.plan(at_stake("Greedy", 6.0, limits=LimitsConfig(memory_mb_max=150.0)))
    result = ended(await struck(plan))
    return over(plan, result.detail, result)


async def memory_stuck(lab: Lab) -> Told:
    """Let it take far more, at once, and then not listen."""
    config = at_stake(
        "Stuck",
        strategy_parameters={"ballast_mb": 400},
        limits=LimitsConfig(memory_mb_max=250.0),
    )
    plan = await lab.plan(config)
    return settled(lab, plan, crashed(await struck(plan)).reason)


async def descriptors(lab: Lab) -> Told:
    """Let it open file after file, and close none."""
    plan = await lab.plan(at_stake("Leaky", 6.0, limits=LimitsConfig(descriptors_max=64)))
    result = ended(await struck(plan))
    return over(plan, result.detail, result)


async def descriptors_gone(lab: Lab) -> Told:
    """Let it open all the system gives it, between two looks."""
    plan = await lab.plan(at_stake("Leaky", 6.0, strategy_parameters={"at_once": 1_000_000}))
    return await gone_on(plan, crashed(await struck(plan)).reason)


async def disk_filling(lab: Lab) -> Told:
    """Let something else fill the disk, down to less than must be free."""
    plan = await lab.plan(calm())
    result = ended(await struck(plan, lambda _: _fill(lab.var_dir, leave_mb=30)))
    return over(plan, result.detail, result)


async def disk_full(lab: Lab) -> Told:
    """Let something else take every byte, between two looks at the disk."""
    plan = await lab.plan(calm(limits=LimitsConfig(disk_free_mb_least=0)))
    result = ended(await struck(plan, lambda _: _fill(lab.var_dir, leave_mb=0)))
    return over(plan, result.detail, result)


async def disk_full_for_good(lab: Lab) -> Told:
    """Take every byte, and the reserve as well: nothing can be written any more."""
    plan = await lab.plan(calm())

    def strike(_beat: Progress) -> None:
        plan.paths.reserve.unlink()
        _fill(lab.var_dir, leave_mb=0)

    crash = crashed(await struck(plan, strike))
    assert not crash.is_retryable
    (lab.var_dir / "filler").unlink()
    return settled(lab, plan, crash.reason)


def _fill(folder: Path, leave_mb: int) -> None:
    """Fill the disk but for so much."""
    if shutil.disk_usage(folder).total > SMALL_DISK_MB * 1_000_000:
        raise AssertionError(f"{folder} is on a disk that others need")
    with (folder / "filler").open("wb", buffering=0) as filler:
        while shutil.disk_usage(folder).free > leave_mb * 1_000_000:
            try:
                filler.write(b"\xff" * 65_536)
            except OSError:
                return


async def clock_back(lab: Lab) -> Told:
    """Set the wall clock back by an hour."""
    return await _stepped(lab, -3_600.0)


async def clock_ahead(lab: Lab) -> Told:
    """Set the wall clock an hour ahead."""
    return await _stepped(lab, 3_600.0)


async def _stepped(lab: Lab, step_s: float) -> Told:
    plan = await lab.plan(at_stake("Stepped", 1.0, strategy_parameters={"step_s": step_s}))
    seen: list[float] = []
    async with asyncio.timeout(WITHIN_S):
        result = await supervise(
            plan.paths,
            attempt=1,
            on_progress=lambda beat: seen.append(beat.unix_ts),
            patience=BRISK,
        )
    jump_s = max(abs(b - a) for a, b in pairwise(seen))
    assert jump_s > 3_000, "the clock was not set"
    told = over(plan, f"heartbeats {jump_s / 3_600:.0f} h apart by the wall clock", result)
    (end,) = (output for output in outputs(plan.paths) if isinstance(output, SessionEnded))
    is_late = not 0 <= end.at_ns - plan.deadline_ns < 21 * NS_PER_S
    return replace(told, lost=told.lost + (("the deadline was missed",) if is_late else ()))


async def asleep(lab: Lab) -> Told:
    """Let the machine sleep for ten minutes."""
    plan = await lab.plan(at_stake("Asleep"))
    crash = crashed(await struck(plan))
    assert crash.is_retryable
    return await gone_on(plan, crash.reason)
