"""Everything that leaves the exchange passes here: the one seam where faults are put in.

``Faithful`` lets everything through unchanged; ``trading.exchange.faults.Faulty`` follows a script.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Strike = Literal["drop", "half-open"]
"""What befalls the connections of a moment, once."""


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
    delay_real_s: float = 0.0


class Outbound(Protocol):
    """What becomes of everything the exchange says; times are session time."""

    def push(self, frame: PushFrame) -> tuple[bytes, ...]:
        """Return what is really sent in place of a stream's frame."""

    def reply(self, target: str, reply: Reply, now_ns: int) -> Reply:
        """Return what is really answered to a GET of ``target`` (path and query)."""

    def opens(self, now_ns: int) -> bool:
        """Take note of a stream connection that is asked for; tell whether it may be opened."""

    def strikes(self, now_ns: int) -> tuple[Strike, ...]:
        """Return what befalls all connections now; to be asked often, each strike comes once."""

    def clock_offset_ns(self, now_ns: int) -> int:
        """Return by how much the venue's clock is off."""


class Faithful:
    """No faults: everything goes out as it is."""

    def push(self, frame: PushFrame) -> tuple[bytes, ...]:
        """Return the frame's body."""
        return (frame.body,)

    def reply(self, target: str, reply: Reply, now_ns: int) -> Reply:
        """Return the reply."""
        return reply

    def opens(self, now_ns: int) -> bool:
        """Return yes."""
        return True

    def strikes(self, now_ns: int) -> tuple[Strike, ...]:
        """Return nothing."""
        return ()

    def clock_offset_ns(self, now_ns: int) -> int:
        """Return zero."""
        return 0
