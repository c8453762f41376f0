"""A session whose supervisor was killed, where somebody watches over supervisors."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.live import BRISK, Lab, assert_sound, busy, in_lab, outputs, when
from trading.journal.store import JournalReader
from trading.model.events import (
    AttemptStarted,
    ControlApplied,
    ControlWord,
    OrderFilled,
    Outcome,
    PositionChanged,
)
from trading.session.heartbeat import Progress, read_progress
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths
from trading.session.supervise import supervise


def is_in_position(paths: SessionPaths) -> bool:
    """Return whether the newest beat shows a position."""
    beat = read_progress(paths.heartbeat)
    return beat is not None and beat.position != "flat"


def test_a_watched_session_is_left_flat_and_open(tmp_path: Path) -> None:
    """Its positions are closed within seconds, its books are not; a second attempt trades on."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy(20.0), is_rescuable=True)
        with plan.paths.log.open("wb") as log:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "trading.session", str(plan.paths.plan)),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        assert child.stdin is not None
        while not is_in_position(plan.paths):  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.02)
        child.stdin.close()
        code = await asyncio.wait_for(child.wait(), 10)

        assert code == EXIT_CODES[Outcome.CRASHED]
        with JournalReader(plan.paths.journal) as reader:
            assert reader.closing() is None
        left = outputs(plan.paths)
        (word,) = [each for each in left if isinstance(each, ControlApplied)]
        assert (word.word, word.who) == (ControlWord.LEAVE, "life line")
        assert [each for each in left if isinstance(each, PositionChanged)][-1].quantity == 0

        filled = sum(isinstance(each, OrderFilled) for each in left)
        beats: list[Progress] = []
        rescue = asyncio.create_task(
            supervise(plan.paths, attempt=2, on_progress=beats.append, patience=BRISK)
        )
        await when(beats, lambda beat: beat.fills > filled)
        rescue.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rescue

        found = assert_sound(plan.paths)
        assert [2] == [each.attempt for each in found if isinstance(each, AttemptStarted)]

    in_lab(tmp_path, story)
