"""One socket's side of the public stream, without the socket: what it said and what it is owed.

Source: bitunix.md 2.1 and 2.2. A good subscription is not acknowledged, a bad one is met with
silence; only unsubscribing, pings and the 301st subscription are answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from trading.exchange.floor import Floor
from trading.exchange.frames import (
    PERIOD_NS,
    Channel,
    Kind,
    TradeTimes,
    channel_named,
    empty_book,
    frame,
)
from trading.exchange.limits import SUBSCRIPTIONS_MAX
from trading.exchange.market import Print
from trading.exchange.outbound import PushFrame
from trading.model.numbers import NS_PER_MS, NS_PER_S

CONNECTED: Final = msgspec.json.encode({"op": "connect", "data": {"result": True}})
_REFUSED: Final = msgspec.json.encode(
    {
        "op": "subscribe",
        "data": {"msg": "subscribe channel > 300", "nonce": "", "result": False},
    }
)
_FIRST_PUSH_NS: Final = 150 * NS_PER_MS
"""Data follows a subscription in 0.1 to 0.6 s."""
_PRINTS_PER_FRAME: Final = 500


class _Argument(msgspec.Struct):
    """One stream a client asks for."""

    symbol: str
    ch: str


class _Command(msgspec.Struct):
    """Any client message; what is no such thing is ignored."""

    op: str
    ping: int | float | str | None = None
    args: list[_Argument] = []


_command = msgspec.json.Decoder(_Command)


@dataclass(slots=True)
class _Stream:
    """A subscribed stream, since when, and when its next frame is due (session time)."""

    channel: Channel
    symbol: str
    since_ns: int
    due_ns: int


class Subscriber:
    """One client's subscriptions, its answers and its timers."""

    def __init__(self, floor: Floor, *, now_ns: int, trade_times: TradeTimes) -> None:
        """Begin at the opening of the socket, subscribed to nothing."""
        self._floor = floor
        self._opened_ns = now_ns
        self._trade_times = trade_times
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._once: list[PushFrame] = []

    def hear(self, message: str | bytes, now_ns: int) -> list[bytes]:
        """Take a client message and return the control frames that answer it."""
        try:
            command = _command.decode(message)
        except (ValueError, RecursionError):
            return []
        match command.op:
            case "ping":
                opened_s = self._opened_ns // NS_PER_S
                pong = {"op": "ping", "pong": command.ping, "ping": opened_s}
                return [msgspec.json.encode(pong)]
            case "subscribe":
                return self._subscribe(command.args, now_ns)
            case "unsubscribe":
                for argument in command.args:
                    self._streams.pop((argument.symbol.upper(), argument.ch), None)
                done = {"op": "unsubscribe", "ts": now_ns // NS_PER_MS, "data": "success"}
                return [msgspec.json.encode(done)]
            case _:
                return []

    def _subscribe(self, arguments: list[_Argument], now_ns: int) -> list[bytes]:
        """Add streams up to the limit; the same stream twice is one."""
        refusals: list[bytes] = []
        for argument in arguments:
            channel, symbol = channel_named(argument.ch), argument.symbol.upper()
            if channel is None or (symbol, channel.name) in self._streams:
                continue
            if len(self._streams) >= SUBSCRIPTIONS_MAX:
                refusals = [_REFUSED]
                continue
            due_ns = now_ns + _FIRST_PUSH_NS
            if channel.kind is Kind.DEPTH:
                due_ns = self._next_depth_tick(now_ns)
            self._streams[symbol, channel.name] = _Stream(channel, symbol, now_ns, due_ns)
            if channel.kind is Kind.DEPTH and symbol not in self._floor.markets:
                body = empty_book(channel, symbol, now_ns)
                self._once.append(PushFrame(channel.name, symbol, now_ns, body))
        return refusals

    def _next_depth_tick(self, now_ns: int) -> int:
        """Return the next tick of the socket's one depth timer, which started with the socket."""
        period_ns = PERIOD_NS[Kind.DEPTH]
        ticks = (now_ns - self._opened_ns) // period_ns + 1
        return self._opened_ns + ticks * period_ns

    def due(self, now_ns: int, prints: dict[str, list[Print]]) -> list[PushFrame]:
        """Return the frames that are due, at most one of each timed stream, and all the prints.

        A timer that is late says what is true now, once, and goes on in its old rhythm.
        """
        frames, self._once = self._once, []
        for stream in self._streams.values():
            market = self._floor.markets.get(stream.symbol)
            if market is None:
                continue
            for batch in self._batches(stream, now_ns, prints.get(stream.symbol, [])):
                body = frame(stream.channel, market, now_ns, batch, self._trade_times)
                if body is not None:
                    frames.append(PushFrame(stream.channel.name, stream.symbol, now_ns, body))
        return frames

    @staticmethod
    def _batches(stream: _Stream, now_ns: int, prints: list[Print]) -> list[list[Print]]:
        """Return the prints of each frame a stream owes now; a timed stream's frame has none."""
        period_ns = PERIOD_NS.get(stream.channel.kind)
        if period_ns is None:
            news = [one for one in prints if one.ns > stream.since_ns]
            starts = range(0, len(news), _PRINTS_PER_FRAME)
            return [news[start : start + _PRINTS_PER_FRAME] for start in starts]
        if now_ns < stream.due_ns:
            return []
        stream.due_ns += ((now_ns - stream.due_ns) // period_ns + 1) * period_ns
        return [[]]

    def next_due_ns(self, now_ns: int, *, poll_ns: int) -> int:
        """Return when something is due next; trades are looked for every ``poll_ns``."""
        if self._once:
            return now_ns
        due_ns = now_ns + NS_PER_S
        for stream in self._streams.values():
            if stream.symbol in self._floor.markets:
                is_timed = stream.channel.kind in PERIOD_NS
                due_ns = min(due_ns, stream.due_ns if is_timed else now_ns + poll_ns)
        return due_ns
