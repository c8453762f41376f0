"""Progress for people, in Prefect: a side task that can neither stall nor fail the session.

A beat is only remembered; at most once a second the newest one is published. What Prefect does
with it, or whether it is there at all, is counted and never waited for.
"""

from __future__ import annotations

import asyncio
import re
from typing import ClassVar, Final
from uuid import UUID

from prefect import runtime
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.events import emit_event

from trading.session.heartbeat import Progress

PROGRESS: Final = "paper.session.progress"
"""The event of every update: its absence is what the automation ``no progress`` waits for."""
OVER: Final = "paper.session.over"
"""The event after the last one of an attempt: from here on no progress is expected."""
PUBLISH_EVERY_S: Final = 2.0
PUBLISH_WITHIN_S: Final = 5.0
"""Real seconds an update may take; longer is an error, and the next beat tries anew."""


def artifact_key(*words: str) -> str:
    """Return a key as Prefect wants it: lower case, digits and dashes.

    >>> artifact_key("progress", "My.Account_1")
    'progress-my-account-1'
    """
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")


class ProgressBoard:
    """Remembers the newest beat and publishes it from a task of its own."""

    every_s: ClassVar[float] = PUBLISH_EVERY_S
    """Real seconds between two updates."""

    def __init__(self, account: str) -> None:
        """Publish under the account's key."""
        self._key = artifact_key("progress", account)
        self._newest: Progress | None = None
        self._is_new = asyncio.Event()
        self._artifact: UUID | None = None
        self.published = 0
        self.errors = 0
        self.last_error = ""

    def note(self, progress: Progress) -> None:
        """Remember a beat; returns at once."""
        self._newest = progress
        self._is_new.set()

    async def publish_on(self) -> None:
        """Publish every new beat, never more often than allowed, until cancelled."""
        while True:
            await self._is_new.wait()
            self._is_new.clear()
            await self.publish()
            await asyncio.sleep(self.every_s)

    async def publish(self) -> None:
        """Publish the newest beat once; an error is counted."""
        if self._newest is None:
            return
        try:
            async with asyncio.timeout(PUBLISH_WITHIN_S):
                await self._send(self._newest)
            self.published += 1
        except Exception as error:  # noqa: BLE001 - a picture of the session must not touch it
            self.errors += 1
            self.last_error = f"{type(error).__name__}: {error}"

    async def _send(self, progress: Progress) -> None:
        percent, text = share_of(progress) * 100.0, told(progress)
        if self._artifact is None:
            found = await acreate_progress_artifact(percent, key=self._key, description=text)
            self._artifact = found
        else:
            await aupdate_progress_artifact(self._artifact, progress=percent, description=text)


def emit(event: str) -> None:
    """Emit an event of this flow run; it is only queued, and sent by a thread of Prefect's."""
    emit_event(event, resource={"prefect.resource.id": f"prefect.flow-run.{runtime.flow_run.id}"})


def share_of(progress: Progress) -> float:
    """Return how much of the session is over, from 0 to 1."""
    whole_s = progress.elapsed_s + progress.remaining_s
    return min(1.0, max(0.0, progress.elapsed_s / whole_s)) if whole_s > 0 else 0.0


def told(progress: Progress) -> str:
    """Return a beat in one line for people."""
    equity = "unknown" if progress.equity is None else f"{float(progress.equity):,.2f}"
    age = "none" if progress.feed_age_ms is None else f"{progress.feed_age_ms / 1_000:.1f} s old"
    again = f", attempt {progress.attempt}" if progress.attempt > 1 else ""
    unread = f"; {progress.unread}" if progress.unread else ""
    return (
        f"{progress.session_id}{again}: equity {equity} USDT, {progress.position}, "
        f"{progress.fills} fills, {progress.round_trips} round trips, entries {progress.entries}, "
        f"data {age}, {progress.remaining_s:.0f} s left{unread}"
    )
