"""Progress for people: bounded in time and rate, and harmless whatever Prefect does."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import msgspec
import pytest

from tasks import progress
from tasks.progress import ProgressBoard, artifact_key, share_of, told
from tests.support.beats import BEAT


class Wall:
    """Prefect's artifacts as a wall to write on; may be gone, or not answer."""

    def __init__(self) -> None:
        """Stand, empty."""
        self.written: list[tuple[float, str]] = []
        self.made: list[str] = []
        self.error: Exception | None = None
        self.is_silent = False

    async def create(self, percent: float, *, key: str, description: str) -> UUID:
        """Take the first writing."""
        await self._take()
        self.made.append(key)
        self.written.append((percent, description))
        return uuid4()

    async def update(self, artifact: UUID, *, progress: float, description: str) -> UUID:
        """Take a later one, in place of the first."""
        await self._take()
        self.written.append((progress, description))
        return artifact

    async def _take(self) -> None:
        if self.is_silent:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """Put a wall where Prefect's artifacts are."""
    found = Wall()
    monkeypatch.setattr(progress, "acreate_progress_artifact", found.create)
    monkeypatch.setattr(progress, "aupdate_progress_artifact", found.update)
    return found


def test_a_beat_reads_as_one_line() -> None:
    """Equity, position, fills, entries, age of the data, time left: what a person asks first."""
    assert share_of(BEAT) == 0.25
    assert told(BEAT) == (
        "20261121T040000Z-BTCUSDT-pulse-3f9a: equity 10,012.35 USDT, "
        "long 0.05 BTCUSDT at 86500.10, liquidated at 69632.6, 3 fills, 1 round trips, "
        "entries open, data 0.1 s old, 45 s left"
    )
    unknown = msgspec.structs.replace(BEAT, equity=None, feed_age_ms=None, attempt=2)
    assert ", attempt 2: equity unknown USDT" in told(unknown)
    assert "data none" in told(unknown)


def test_a_share_stays_between_nothing_and_all() -> None:
    """Past the deadline it is all; a session without a length divides nothing by zero."""
    assert share_of(msgspec.structs.replace(BEAT, remaining_s=0.0)) == 1.0
    assert share_of(msgspec.structs.replace(BEAT, elapsed_s=0.0, remaining_s=0.0)) == 0.0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("progress", "default"), "progress-default"),
        (("paper-session", "My.Account_1"), "paper-session-my-account-1"),
        (("progress", "..__"), "progress"),
    ],
)
def test_a_key_is_what_prefect_takes(words: tuple[str, ...], expected: str) -> None:
    """Lower case, digits, dashes, whatever the account is called."""
    assert expected == artifact_key(*words)


def test_one_artifact_is_made_and_then_renewed(wall: Wall) -> None:
    """The first beat makes it, every later one takes its place."""

    async def story() -> ProgressBoard:
        board = ProgressBoard("default")
        await board.publish()
        board.note(BEAT)
        await board.publish()
        board.note(msgspec.structs.replace(BEAT, elapsed_s=30.0, remaining_s=30.0))
        await board.publish()
        return board

    board = asyncio.run(story())

    assert wall.made == ["progress-default"]
    assert [percent for percent, _ in wall.written] == [25.0, 50.0]
    assert (board.published, board.errors) == (2, 0)


def test_only_the_newest_beat_is_published_and_not_too_often(wall: Wall) -> None:
    """A hundred beats in a moment: one artifact; the loop was never kept waiting."""

    async def story() -> None:
        board = ProgressBoard("default")
        publishing = asyncio.create_task(board.publish_on())
        for number in range(100):
            board.note(msgspec.structs.replace(BEAT, fills=number))
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        publishing.cancel()

    asyncio.run(story())

    assert len(wall.written) == 1
    assert progress.PUBLISH_EVERY_S >= 1.0


def test_errors_are_counted_and_the_next_beat_tries_anew(wall: Wall) -> None:
    """Prefect gone for a while costs pictures, nothing else."""

    async def story() -> ProgressBoard:
        board = ProgressBoard("default")
        board.note(BEAT)
        wall.error = ConnectionError("no server")
        await board.publish()
        wall.error = None
        await board.publish()
        return board

    board = asyncio.run(story())

    assert (board.published, board.errors) == (1, 1)
    assert board.last_error == "ConnectionError: no server"


def test_a_server_that_does_not_answer_is_given_up(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publication has a limit in time; reaching it is an error like any other."""
    monkeypatch.setattr(progress, "PUBLISH_WITHIN_S", 0.01)

    async def story() -> ProgressBoard:
        board = ProgressBoard("default")
        board.note(BEAT)
        wall.is_silent = True
        await board.publish()
        return board

    board = asyncio.run(story())

    assert (board.published, board.errors) == (0, 1)
    assert board.last_error.startswith("TimeoutError")
