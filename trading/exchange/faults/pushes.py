"""What each fault makes of a pushed frame: bytes in, bytes out, and a small memory per stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any, Final

import msgspec

from trading.exchange.frames import iso_seconds
from trading.exchange.outbound import PushFrame
from trading.model.fault_script import Fault
from trading.model.numbers import NS_PER_MS, NS_PER_S

HTML: Final = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
LATE: Final = frozenset({"replay", "late-candle"})
"""Faults that say what was said some time ago."""
_PREFIXES: Final = (
    ("depth_", "book"),
    ("market_kline_", "candle"),
    ("price", "price"),
    ("trade", "trade"),
)


@dataclass(slots=True)
class Stream:
    """What is remembered of one stream: its pushes, and the one held back."""

    said: deque[PushFrame] = field(default_factory=deque)
    held: bytes | None = None

    def remember(self, frame: PushFrame, lag_ns: float) -> None:
        """Keep a push for as long as a fault of the script may ask for it; the last one always."""
        self.said.append(frame)
        while len(self.said) > 1 and self.said[1].ns <= frame.ns - lag_ns:
            self.said.popleft()


@dataclass(slots=True)
class Memory:
    """What the faults of one exchange remember."""

    chance: Random
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)
    shifts: dict[str, float] = field(default_factory=dict)

    def stream(self, frame: PushFrame) -> Stream:
        """Return a frame's stream."""
        return self.streams.setdefault((frame.symbol, frame.channel), Stream())


Bodies = tuple[bytes, ...]
Change = Callable[[Fault, PushFrame, Bodies, Memory], Bodies]


def family(channel: str) -> str:
    """Return a wire channel as scripts name it; one they do not name has no family.

    >>> family("market_kline_1min"), family("ticker")
    ('candle', '')
    """
    return next((name for prefix, name in _PREFIXES if channel.startswith(prefix)), "")


def _deaf(_fault: Fault, _frame: PushFrame, _bodies: Bodies, _memory: Memory) -> Bodies:
    return ()


def _silence(fault: Fault, frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    return () if family(frame.channel) == fault.value else bodies


def _frozen(_fault: Fault, frame: PushFrame, bodies: Bodies, memory: Memory) -> Bodies:
    """Repeat the last push of before; a stream that had said nothing gets its first, for ever."""
    if bodies:
        stream = memory.stream(frame)
        stream.held = stream.held or (stream.said[-1].body if stream.said else bodies[0])
        return (stream.held,)
    return bodies


def _html(_fault: Fault, _frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    return (HTML,) * len(bodies)


def _garbage(_fault: Fault, _frame: PushFrame, bodies: Bodies, memory: Memory) -> Bodies:
    return tuple(memory.chance.randbytes(min(200, len(body))) for body in bodies)


def _truncated(_fault: Fault, _frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    return tuple(body[: len(body) // 2] for body in bodies)


def _oversized(_fault: Fault, _frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    return (_too_much(),) * len(bodies)


@cache
def _too_much() -> bytes:
    """Return five megabytes: one object for all, however many wait to be sent."""
    return b'{"ch":"price","pad":"' + b"x" * 5_000_000 + b'"}'


def _lossy(fault: Fault, _frame: PushFrame, bodies: Bodies, memory: Memory) -> Bodies:
    return tuple(body for body in bodies if memory.chance.random() * 100 >= fault.amount)


def _duplicates(_fault: Fault, _frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    return tuple(body for body in bodies for _ in range(2))


def _out_of_order(_fault: Fault, frame: PushFrame, bodies: Bodies, memory: Memory) -> Bodies:
    """Hold every other push back until the one after it has gone."""
    stream = memory.stream(frame)
    if stream.held is None and bodies:
        stream.held = bodies[-1]
        return bodies[:-1]
    held, stream.held = stream.held, None
    return bodies if held is None else (*bodies, held)


def _replay(fault: Fault, frame: PushFrame, bodies: Bodies, memory: Memory) -> Bodies:
    """Say what was said ``amount`` nanoseconds ago; what was before the first push is silence."""
    then_ns = frame.ns - fault.amount
    said = memory.stream(frame).said
    old = next((one.body for one in reversed(said) if one.ns <= then_ns), None)
    return () if old is None or not bodies else (old,)


def _late_candle(fault: Fault, frame: PushFrame, bodies: Bodies, memory: Memory) -> Bodies:
    is_candle = family(frame.channel) == "candle"
    return _replay(fault, frame, bodies, memory) if is_candle else bodies


def _clock(fault: Fault, _frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    """Move the stamps of a push and of the prints in it."""
    offset_ns = round(fault.amount)

    def moved(message: dict[str, Any]) -> None:
        message["ts"] += offset_ns // NS_PER_MS
        for row in message["data"] if isinstance(message["data"], list) else ():
            stamp = row["t"]
            whole_s = round(datetime.fromisoformat(f"{stamp[:19]}+00:00").timestamp())
            row["t"] = iso_seconds(whole_s * NS_PER_S + offset_ns)[:-1] + stamp[19:]

    return _rewritten(bodies, moved)


def _no_funding(_fault: Fault, frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    def without(message: dict[str, Any]) -> None:
        for name in ("fr", "ft", "nft"):
            message["data"].pop(name, None)

    return _rewritten(bodies, without) if family(frame.channel) == "price" else bodies


def _crossed(_fault: Fault, frame: PushFrame, bodies: Bodies, _memory: Memory) -> Bodies:
    def crossed(message: dict[str, Any]) -> None:
        data = message["data"]
        message["data"] = {"b": data["a"][::-1], "a": data["b"][::-1]}

    return _rewritten(bodies, crossed) if family(frame.channel) == "book" else bodies


def _spike(fault: Fault, frame: PushFrame, bodies: Bodies, memory: Memory) -> Bodies:
    """Add one and the same amount to every price, so that books and bars stay in order."""

    def moved(price: str) -> str:
        shift = memory.shifts.setdefault(frame.symbol, float(price) * fault.amount / 10_000)
        return f"{float(price) + shift:.{len(price.partition('.')[2])}f}"

    def spiked(message: dict[str, Any]) -> None:
        data = message["data"]
        match family(frame.channel):
            case "book":
                message["data"] = {
                    side: [[moved(p), s] for p, s in levels] for side, levels in data.items()
                }
            case "trade":
                message["data"] = [row | {"p": moved(row["p"])} for row in data]
            case "price":
                message["data"] = data | {name: moved(data[name]) for name in ("ip", "mp")}
            case "candle":
                message["data"] = data | {name: moved(data[name]) for name in "ohlc"}
            case _:
                return

    return _rewritten(bodies, spiked)


def _rewritten(bodies: Bodies, change: Callable[[dict[str, Any]], None]) -> Bodies:
    """Return pushes changed; what another fault has made unreadable stays as it is."""
    found = []
    for body in bodies:
        try:
            message = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError:
            found.append(body)
            continue
        change(message)
        found.append(msgspec.json.encode(message))
    return tuple(found)


CHANGES: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "deaf": _deaf,
        "silence": _silence,
        "frozen": _frozen,
        "html": _html,
        "garbage": _garbage,
        "truncated": _truncated,
        "oversized": _oversized,
        "lossy": _lossy,
        "duplicates": _duplicates,
        "out-of-order": _out_of_order,
        "replay": _replay,
        "late-candle": _late_candle,
        "clock": _clock,
        "no-funding": _no_funding,
        "crossed": _crossed,
        "spike": _spike,
    }
)
"""The faults that touch pushes."""
