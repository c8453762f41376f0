"""A venue made from a seed: Bitunix frames and replies of one contract, without sockets or clock.

It knows the truth (prices, bars, settlements) and tells it; how the telling goes wrong is the
business of ``faults``. Time is what it is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final

from trading.model.numbers import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from trading.venues.base import Purpose, RestRequest

SYMBOL: Final = "BTCUSDT"
STEP_NS: Final = NS_PER_S // 2
"""Exchange time between two instants at which the venue pushes."""
LEVELS: Final = 5
TICK: Final = 865_000
"""Price at the start, in ticks of 0.1."""
HISTORY_BARS: Final = 6
RATE: Final = Decimal("0.0001")


@dataclass(slots=True)
class Bar:
    """One minute of prints, in ticks and steps."""

    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    turnover: float = 0.0


class SeededVenue:
    """One market: a walk in ticks of 0.1, a thin book around it, prints at the touch."""

    def __init__(self, chance: Random, start_ns: int, next_funding_ns: int) -> None:
        """Stand at ``start_ns``, a few minutes of history behind."""
        self._chance = chance
        self._tick = TICK
        self._spread = 1
        self._pull = chance.choice((0.0, 0.1, 0.3))
        """Share of the way back to where it began that the price goes in a step."""
        self._jumpiness = chance.choice((0.0, 0.02, 0.1, 0.3))
        self.next_funding_ns = next_funding_ns
        self._at_ns = start_ns
        self.settled: dict[int, str] = {}
        """Mark price by settlement."""
        self.bars: dict[int, Bar] = {}
        self._sizes = [1.0] * (2 * LEVELS)
        minute = start_ns // NS_PER_MINUTE
        for back in range(HISTORY_BARS, -1, -1):
            self._bar((minute - back) * NS_PER_MINUTE)

    @property
    def price(self) -> str:
        """The fair price, as the wire writes it."""
        return f"{self._tick / 10:.1f}"

    def pushes(self, at_ns: int) -> list[bytes]:
        """Move on to an instant and return what is pushed at it."""
        chance = self._chance
        self._at_ns = at_ns
        if chance.random() < self._jumpiness:
            self._tick += chance.choice((-1, 1)) * chance.randint(50, 900)
        self._tick -= round((self._tick - TICK) * self._pull)
        self._tick += chance.choice((-9, -3, -1, 0, 0, 1, 3, 9))
        self._spread = chance.choice((1, 1, 1, 2, 5))
        for index in range(len(self._sizes)):
            if chance.random() < 0.4:
                self._sizes[index] = round(chance.expovariate(1.5) + 0.0001, 4)
        if at_ns >= self.next_funding_ns:
            self.settled[self.next_funding_ns] = self.price
            self.next_funding_ns += 8 * 60 * NS_PER_MINUTE
        ts = at_ns // NS_PER_MS
        frames = [_wire("depth_book15", ts, self._book())]
        if chance.random() < 0.6:
            frames.append(self._prints(at_ns, ts))
        if at_ns // STEP_NS % 2 == 0:
            frames += [self._mark(ts), self._candle(at_ns, ts)]
        return frames

    def wick(self, ticks: int) -> tuple[int, float]:
        """Print once, far away, and return when and where; the next push is near again."""
        self._print(self._tick + ticks, 1_000)
        return self._at_ns, float(_price(self._tick + ticks))

    def true_bar(self, open_ns: int) -> tuple[float, ...]:
        """Return open, high, low and close of a bar as they were."""
        bar = self.bars[open_ns]
        return tuple(float(_price(tick)) for tick in (bar.open, bar.high, bar.low, bar.close))

    def answer(self, request: RestRequest, at_ns: int) -> bytes:
        """Return the true reply to a request."""
        if request.purpose is Purpose.CANDLES:
            rows = [
                _row(open_ns, bar)
                for open_ns, bar in sorted(self.bars.items(), reverse=True)
                if open_ns < request.end_ns and open_ns + NS_PER_MINUTE <= at_ns
            ]
        elif request.purpose is Purpose.FUNDING_HISTORY:
            rows = [
                {
                    "symbol": SYMBOL,
                    "fundingRate": str(RATE),
                    "fundingTime": str(settled_ns // NS_PER_MS),
                    "markPrice": mark,
                }
                for settled_ns, mark in sorted(self.settled.items(), reverse=True)
            ]
        else:
            rows = [
                {
                    "symbol": SYMBOL,
                    "fundingRate": str(RATE * 100),
                    "fundingInterval": "8",
                    "nextFundingTime": str(self.next_funding_ns // NS_PER_MS),
                }
            ]
        return json.dumps({"code": 0, "data": rows, "msg": "Success"}).encode()

    def _bar(self, open_ns: int) -> Bar:
        """Return the bar that opens then; a new one opens at the last price."""
        return self.bars.setdefault(open_ns, Bar(self._tick, self._tick, self._tick, self._tick))

    def _book(self) -> dict[str, object]:
        sizes = self._sizes
        asks = [[_price(self._tick + self._spread + i), f"{sizes[i]:.4f}"] for i in range(LEVELS)]
        bids = [[_price(self._tick - i), f"{sizes[-1 - i]:.4f}"] for i in range(LEVELS)]
        return {"b": bids, "a": asks}

    def _prints(self, at_ns: int, ts: int) -> bytes:
        rows = []
        for _ in range(self._chance.choice((1, 1, 1, 2, 4))):
            is_buy = self._chance.random() < 0.5
            tick = self._tick + self._spread if is_buy else self._tick
            steps = 1 + int(self._chance.expovariate(1 / 4_000))
            self._print(tick, steps)
            rows.append(
                {
                    "t": f"{_iso(at_ns)}Z",
                    "p": _price(tick),
                    "v": f"{steps / 1e4:.4f}",
                    "s": "buy" if is_buy else "sell",
                }
            )
        return _wire("trade", ts, rows)

    def _print(self, tick: int, steps: int) -> None:
        bar = self._bar(self._at_ns // NS_PER_MINUTE * NS_PER_MINUTE)
        bar.high, bar.low, bar.close = max(bar.high, tick), min(bar.low, tick), tick
        bar.volume += steps
        bar.turnover += steps * tick / 1e5

    def _mark(self, ts: int) -> bytes:
        row = {"ip": self.price, "mp": self.price, "fr": "0.01", "ft": "2026-09-21T08:00:00Z"}
        return _wire("price", ts, row | {"nft": f"{_iso(self.next_funding_ns)}Z"})

    def _candle(self, at_ns: int, ts: int) -> bytes:
        row = _row(0, self._bar(at_ns // NS_PER_MINUTE * NS_PER_MINUTE))
        names = {
            "o": "open",
            "h": "high",
            "l": "low",
            "c": "close",
            "b": "baseVol",
            "q": "quoteVol",
        }
        return _wire("market_kline_1min", ts, {short: row[name] for short, name in names.items()})


def _wire(channel: str, ts: int, data: object) -> bytes:
    message = {"ch": channel, "symbol": SYMBOL, "ts": ts, "data": data}
    return json.dumps(message, separators=(",", ":")).encode()


def _price(tick: int) -> str:
    return f"{tick / 10:.1f}"


def _iso(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _row(open_ns: int, bar: Bar) -> dict[str, str]:
    return {
        "time": str(open_ns // NS_PER_MS),
        "open": _price(bar.open),
        "high": _price(bar.high),
        "low": _price(bar.low),
        "close": _price(bar.close),
        "baseVol": f"{bar.volume / 1e4:.4f}",
        "quoteVol": f"{bar.turnover:.4f}",
    }
