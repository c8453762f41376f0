"""Everything that leaves the exchange passes here: the one seam where faults can be put in.

``Faithful`` lets everything through unchanged; ``Deaf`` keeps every push to itself. Further faults
(gaps, duplicates, HTML from the edge, ...) are further classes with the same face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PushFrame:
    """One frame of a subscribed stream, as it would go out at ``ns`` (session time)."""

    channel: str
    symbol: str
    ns: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply; the venue's own errors are in the body, with status 200."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


class Outbound(Protocol):
    """What becomes of everything the exchange says."""

    def push(self, frame: PushFrame) -> tuple[bytes, ...]:
        """Return what is really sent in place of a stream's frame."""

    def control(self, body: bytes) -> tuple[bytes, ...]:
        """Return what is really sent in place of a control frame (connect, pong, refusal)."""

    def reply(self, target: str, reply: Reply) -> Reply:
        """Return what is really answered to a GET of ``target`` (path and query)."""


class Faithful:
    """No faults: everything goes out as it is."""

    def push(self, frame: PushFrame) -> tuple[bytes, ...]:
        """Return the frame's body."""
        return (frame.body,)

    def control(self, body: bytes) -> tuple[bytes, ...]:
        """Return the body."""
        return (body,)

    def reply(self, target: str, reply: Reply) -> Reply:
        """Return the reply."""
        return reply


class Deaf(Faithful):
    """Looks alive and says nothing: subscriptions are accepted, pings answered, nothing pushed."""

    def push(self, frame: PushFrame) -> tuple[bytes, ...]:
        """Return nothing."""
        return ()
