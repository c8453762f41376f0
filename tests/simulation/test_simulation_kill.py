"""A real SIGKILL at every named step of the journal: nothing is lost.

Kills at random are a campaign of their own: ``python -m tests.simulation.kill --kills 1000``.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from random import Random

import pytest

from tests.simulation.campaign import Kill, Tale, live_through
from tests.simulation.kill import market_for
from tests.simulation.victim import (
    BEGINNING_STEPS,
    ENDING_STEPS,
    JOURNAL_STEPS,
    RESUME_STEPS,
)
from tests.support.live import Lab, busy, in_lab
from trading.config import FeedConfig

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX"),
    pytest.mark.timeout(180),
]

AT_A_TIME = 3
PATIENT = FeedConfig(stop_s=1_200)
"""A minute of real time: on a machine with other work it may take seconds to start a process."""


def test_no_step_of_the_journal_is_fatal(tmp_path: Path) -> None:
    """A session killed at each named step of beginning, writing, resuming and ending goes on."""
    first = (*BEGINNING_STEPS, *JOURNAL_STEPS, *ENDING_STEPS)
    lives = {step: [Kill(step)] for step in first}
    lives |= {step: [Kill("state position"), Kill(step)] for step in RESUME_STEPS}

    async def story(lab: Lab) -> None:
        turns = asyncio.Semaphore(AT_A_TIME)

        async def live(number: int, kills: list[Kill]) -> Tale:
            async with turns:
                plan = await lab.plan(busy(1.0, account=f"lab{number}", feed=PATIENT))
                return await live_through(plan, kills)

        tales = await asyncio.gather(*(live(n, kills) for n, kills in enumerate(lives.values())))

        assert {step: [] for step in lives} == {
            step: tale.complaints for step, tale in zip(lives, tales, strict=True)
        }
        died_at = [[mark.kill for mark in tale.marks] for tale in tales]
        assert list(lives.values()) == died_at

    in_lab(tmp_path, story, market_for(Random(1), None))
