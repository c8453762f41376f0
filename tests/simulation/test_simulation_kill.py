"""Real SIGKILLs, at every named step of the journal and at random: nothing is lost.

The campaign in its long form: ``python -m tests.simulation.kill --kills 1000 --seed N``.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from random import Random

import pytest

from tests.simulation.campaign import Kill, Tale, live_through
from tests.simulation.kill import market_for, run_campaign
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
    pytest.mark.timeout(400),
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
                minutes = 1.0 * len(kills) ** 2  # a second life begins while there is time left
                plan = await lab.plan(busy(minutes, account=f"lab{number}", feed=PATIENT))
                return await live_through(plan, kills)

        tales = await asyncio.gather(*(live(n, kills) for n, kills in enumerate(lives.values())))

        assert {step: [] for step in lives} == {
            step: tale.complaints for step, tale in zip(lives, tales, strict=True)
        }
        died_at = [[mark.kill for mark in tale.marks] for tale in tales]
        assert list(lives.values()) == died_at

    in_lab(tmp_path, story, market_for(Random(1), None))


def test_a_short_campaign_loses_nothing(tmp_path: Path) -> None:
    """Forty kills and more, some in every state worth dying in, and no session is the worse."""
    report = asyncio.run(run_campaign(40, 7, tmp_path))

    assert [] == report.failures, str(report)
    assert report.kills >= 40
