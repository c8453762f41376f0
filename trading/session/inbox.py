"""Frames waiting for the engine: bounded, and never older than need be.

A book or price frame that a newer one has overtaken is dropped before the engine sees it, and
counted. Trades, candles and replies are never dropped.
"""

from __future__ import annotations

from trading.venues.base import Venue

Waiting = tuple[bytes, int]


class Inbox:
    """What has been received and not yet applied, in order of arrival."""

    __slots__ = ("_frames", "_limit", "_venue")

    def __init__(self, venue: Venue, limit: int) -> None:
        """Hold at most ``limit`` frames."""
        self._venue = venue
        self._limit = limit
        self._frames: list[Waiting] = []

    def __len__(self) -> int:
        """Return how many frames wait."""
        return len(self._frames)

    @property
    def is_full(self) -> bool:
        """Whether one more frame would be too many."""
        return len(self._frames) >= self._limit

    def put(self, frame: bytes, received_ns: int) -> None:
        """Add a frame. Duty of the caller: not when full."""
        self._frames.append((frame, received_ns))

    def take(self) -> tuple[list[Waiting], int]:
        """Return all that waits, oldest first, and how many overtaken frames were left out."""
        frames, self._frames = self._frames, []
        if len(frames) == 1:
            return frames, 0
        kept: list[Waiting] = []
        seen: set[bytes] = set()
        for waiting in reversed(frames):
            key = self._venue.conflation_key(waiting[0])
            if key is None or key not in seen:
                kept.append(waiting)
            if key is not None:
                seen.add(key)
        kept.reverse()
        return kept, len(frames) - len(kept)
