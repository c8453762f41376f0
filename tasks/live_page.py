"""The session as a page in Prefect while it runs: one markdown artifact, renewed in place.

Drawn from the newest beat and the end of the journal, which is read in a thread and never locked;
the session itself is not asked for anything.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import ClassVar, Final

from prefect.artifacts import acreate_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.logging import get_run_logger

from tasks.progress import OVER, PROGRESS, ProgressBoard, artifact_key, emit
from trading.io.clock import monotonic_ns
from trading.journal.record import decode_outputs
from trading.journal.store import JournalReader
from trading.model.events import OrderFilled
from trading.model.numbers import NS_PER_S
from trading.session.heartbeat import Progress
from trading.session.paths import SessionPaths

FILLS_SHOWN: Final = 8
PROGRESS_EVERY_S: Final = 10.0
"""Real seconds between two progress events: each costs the server some writes for every trigger."""


class LiveBoard(ProgressBoard):
    """Publishes the same beats as a page of their own."""

    every_s: ClassVar[float] = 5.0

    def __init__(self, paths: SessionPaths) -> None:
        """Publish under the account's key; fills come from the session's journal."""
        super().__init__(paths.account)
        self._key = artifact_key("live", paths.account)
        self._fills = LastFills(paths)

    async def _send(self, progress: Progress) -> None:
        fills = await asyncio.to_thread(self._fills.read, progress.sequence)
        text = page(progress, fills)
        if self._artifact is None:
            self._artifact = await acreate_markdown_artifact(
                text, key=self._key, description="PAPER session, as it stands"
            )
            return
        async with get_client() as client:
            await client.update_artifact(self._artifact, ArtifactUpdate(data=text))


class LastFills:
    """The newest fills of a journal that is being written, read from where the last look ended."""

    def __init__(self, paths: SessionPaths) -> None:
        """Look at nothing yet."""
        self._path = paths.journal
        self._seen = 0
        self._fills: deque[OrderFilled] = deque(maxlen=FILLS_SHOWN)

    def read(self, upto: int) -> tuple[OrderFilled, ...]:
        """Return the newest fills up to a record, newest first: a page shows one instant.

        Raises:
            JournalError: when the journal cannot be read.
        """
        with JournalReader(self._path) as reader:
            for record in reader.records(after=self._seen):
                if record.sequence > upto:
                    break
                self._seen = record.sequence
                if record.outputs:
                    found = decode_outputs(record.outputs)
                    self._fills += [each for each in found if isinstance(each, OrderFilled)]
        return tuple(reversed(self._fills))


def page(progress: Progress, fills: tuple[OrderFilled, ...]) -> str:
    """Return what a person wants to know of a running session, as markdown."""
    equity = "unknown" if progress.equity is None else f"{float(progress.equity):,.2f} USDT"
    age = (
        "nothing heard"
        if progress.feed_age_ms is None
        else f"{progress.feed_age_ms / 1e3:.1f} s old"
    )
    at = datetime.fromtimestamp(int(progress.unix_ts), UTC)
    unread = f"**{progress.unread}**\n\n" if progress.unread else ""
    rows = "".join(
        f"| {_time(each.at_ns)} | {each.role} | {each.side} | {each.quantity} | {each.price} |\n"
        for each in fills
    )
    return (
        f"**PAPER** session `{progress.session_id}`, attempt {progress.attempt}, "
        f"at {at:%H:%M:%S} UTC\n\n{unread}"
        f"| | |\n|---|---|\n"
        f"| equity | {equity} |\n"
        f"| position | {progress.position} |\n"
        f"| last price | {progress.last_price or 'unknown'} |\n"
        f"| entries | {progress.entries} |\n"
        f"| market data | {age} |\n"
        f"| time left | {progress.remaining_s / 60:.1f} min |\n"
        f"| fills, round trips | {progress.fills}, {progress.round_trips} |\n"
        f"| process | {progress.ram_mb:.0f} MB, {progress.cpu_pct:.0f} % of a core |\n\n"
        + (
            f"| session time | order | side | quantity | price |\n|---|---|---|---|---|\n{rows}"
            if rows
            else "No fills yet.\n"
        )
    )


def _time(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // NS_PER_S, UTC):%H:%M:%S}"


@asynccontextmanager
async def shown_progress(paths: SessionPaths) -> AsyncIterator[Callable[[Progress], None]]:
    """Show beats while the block runs; the last one too, if the block ends well.

    Every ten seconds an event says that there is progress, and one at the end that no more is to
    be expected: the automation ``no progress`` listens.
    """
    boards = (ProgressBoard(paths.account), LiveBoard(paths))
    told_ns = 0

    def note(progress: Progress) -> None:
        nonlocal told_ns
        now_ns = monotonic_ns()
        if now_ns - told_ns >= PROGRESS_EVERY_S * NS_PER_S:
            told_ns = now_ns
            emit(PROGRESS)
        for board in boards:
            board.note(progress)

    publishing = [asyncio.create_task(board.publish_on()) for board in boards]
    try:
        yield note
    finally:
        for each in publishing:
            each.cancel()
        emit(OVER)
        for board in boards:
            if board.errors:
                get_run_logger().warning(
                    "%s: %d updates shown, %d not (%s)",
                    type(board).__name__,
                    board.published,
                    board.errors,
                    board.last_error,
                )
    for board in boards:
        await board.publish()
