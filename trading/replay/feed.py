"""What a replay listens to: inputs with their times, and answers to what the engine asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from trading.model.events import Channel, ShellInput
from trading.model.instrument import Instrument
from trading.venues.base import RestRequest

Reply = tuple[RestRequest, bytes]
Heard = tuple[int, bytes | Reply | ShellInput]
"""Session time, and a frame's bytes, a REST reply, or an event of the shell's own."""


class Feed(Protocol):
    """One recorded or made market, from its first instant to its last."""

    venue: str
    """Name under which the registry has the codec of its frames."""
    channels: tuple[Channel, ...]
    """What is watched for its age; none where time has holes by nature."""
    instrument: Instrument
    start_ns: int
    end_ns: int
    origin: dict[str, str]
    """Where it comes from, for the journal's opening."""

    def heard(self) -> Iterator[Heard]:
        """Yield everything in the order of its time, once.

        Raises:
            FeedError: when the recording cannot be read on.
        """

    def answer(self, request: RestRequest, now_ns: int) -> bytes | None:
        """Return the reply to a request at a session time; None: it cannot be asked."""
