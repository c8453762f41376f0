"""What goes wrong on the way between a venue and a session, drawn from a seed.

Every seed has its own mixture, and some have none: what never fails proves the rest. Faults come
in spells, so that a session has time to show that it recovers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Final

from trading.model.events import ControlWord
from trading.model.numbers import NS_PER_MS, NS_PER_S

REMEMBERED: Final = 200
WORDS: Final = (
    ControlWord.PAUSE,
    ControlWord.PAUSE,
    ControlWord.RESUME,
    ControlWord.RESUME,
    ControlWord.FLATTEN,
    ControlWord.STOP,
    ControlWord.KILL,
)
CHANCES: Final = {
    "lost": 0.2,
    "twice": 0.1,
    "delayed": 0.1,
    "garbled": 0.05,
    "crossed": 0.05,
    "stale": 0.05,
    "cut": 0.02,
    "stalled": 0.02,
    "clock": 0.01,
    "word": 0.006,
    "killed": 0.02,
    "rest failing": 0.4,
    "rest late": 0.4,
    "rest gappy": 0.3,
    "rest twice": 0.3,
    "rest fatal": 0.02,
}
"""How likely each fault is, where a seed has it: per frame, per instant, or per request."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame on its way: how long it takes, in nanoseconds."""

    frame: bytes
    delay_ns: int


class Faults:
    """The mixture of one seed; every question draws from the seed's own stream."""

    def __init__(self, chance: Random) -> None:
        """Draw the mixture."""
        self.chance = chance
        share = chance.choice((0.0, 0.2, 0.4, 0.7))
        self.names = tuple(name for name in CHANCES if chance.random() < share)
        self._said: list[bytes] = []
        self._until_ns = 0
        self._is_spell = True

    def happens(self, name: str) -> bool:
        """Tell whether a fault happens now."""
        return name in self.names and self._is_spell and self.chance.random() < CHANCES[name]

    def move(self, at_ns: int) -> None:
        """Begin or end a spell when its time has come."""
        if at_ns >= self._until_ns:
            self._is_spell = self.chance.random() < 0.6
            self._until_ns = at_ns + self.chance.randint(5, 40) * NS_PER_S

    def arrivals(self, frame: bytes) -> list[Arrival]:
        """Return what becomes of a frame: none, one or more of it, whole or not."""
        chance = self.chance
        self._said = [*self._said[-REMEMBERED:], frame]
        if self.happens("lost"):
            return []
        if self.happens("crossed"):
            frame = crossed(frame)
        if self.happens("garbled"):
            frame = garbled(frame, chance)
        delay_ns = chance.randint(20, 120) * NS_PER_MS
        if self.happens("delayed"):
            delay_ns += chance.randint(100, 6_000) * NS_PER_MS
        found = [Arrival(frame, delay_ns)]
        if self.happens("twice"):
            found.append(Arrival(frame, delay_ns + chance.randint(0, 2_000) * NS_PER_MS))
        if self.happens("stale"):
            found.append(Arrival(chance.choice(self._said), delay_ns))
        return found

    def told(self, body: bytes) -> bytes:
        """Return a reply as it arrives: rows missing, rows twice, or as it was."""
        if not (self.happens("rest gappy") or self.happens("rest twice")):
            return body
        message = json.loads(body)
        rows = message["data"]
        if self.chance.random() < 0.5:
            rows = [row for row in rows if self.chance.random() < 0.6]
        else:
            rows = [row for row in rows for _ in range(self.chance.choice((1, 1, 2)))]
        return json.dumps(message | {"data": rows}).encode()

    def clock_jump_ns(self) -> int:
        """Return by how much a clock jumps, either way."""
        return (
            self.chance.choice((-1, 1)) * self.chance.choice((50, 900, 5_000, 70_000)) * NS_PER_MS
        )


def garbled(frame: bytes, chance: Random) -> bytes:
    """Return a frame with some of its bytes changed, cut off, or something else altogether."""
    kind = chance.randrange(4)
    if kind == 0:
        return frame[: chance.randrange(len(frame))]
    if kind == 1:
        return chance.choice((b"", b"<html><body>502</body></html>", b"[]", b"{}", b"\xff\xfe"))
    changed = bytearray(frame)
    for _ in range(chance.choice((1, 1, 3, 20))):
        changed[chance.randrange(len(changed))] = (
            chance.randrange(256) if kind == 2 else ord(chance.choice('0123456789.-e",'))
        )
    return bytes(changed)


def crossed(frame: bytes) -> bytes:
    """Return a book with its sides exchanged; any other frame as it is."""
    if not frame.startswith(b'{"ch":"depth'):
        return frame
    message = json.loads(frame)
    data = message["data"]
    message["data"] = {"b": data["a"][::-1], "a": data["b"][::-1]}
    return json.dumps(message, separators=(",", ":")).encode()
