"""The bars before the market began: a seeded walk that ends at the first price.

Neither market knows its own past, yet a client asks for it; so the past is made up, walked
backwards from the first price, one day at a time and only when asked for. The endpoint says so
(``history: synthetic``). Pure: the same seed, symbol and first price give the same past.
"""

from __future__ import annotations

import math
import random
from typing import Final

from trading.exchange.contract import Contract

DAY_MINUTES: Final = 1_440
HISTORY_MINUTES: Final = 30 * DAY_MINUTES
"""How far back the past goes; before that a request gets an empty list."""

_SIGMA_PER_MINUTE: Final = 3.8e-4
_OPEN_OUTSIDE_CHANCE: Final = 0.015


class Bar:
    """One minute, in ticks and steps; ``turnover`` is the exact sum of price times size.

    ``open`` is the previous bar's close; ``high`` and ``low`` come from the bar's own prints, so
    ``open`` may lie outside them. A bar without prints (``count`` 0) is flat at its open.
    """

    __slots__ = ("close", "count", "high", "low", "open", "turnover", "volume")

    def __init__(self, price: int) -> None:
        """Begin flat at a price."""
        self.open = self.high = self.low = self.close = price
        self.volume = self.turnover = self.count = 0

    def add(self, price: int, quantity: int) -> None:
        """Take in one print."""
        if self.count == 0:
            self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += quantity
        self.turnover += price * quantity
        self.count += 1

    def merge(self, later: Bar) -> None:
        """Take in the bar that follows, making one longer bar of the two."""
        if later.count:
            self.high = later.high if self.count == 0 else max(self.high, later.high)
            self.low = later.low if self.count == 0 else min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.turnover += later.turnover
        self.count += later.count

    def copy(self) -> Bar:
        """Return a bar of its own with the same values."""
        twin = Bar(self.open)
        twin.merge(self)
        return twin


class History:
    """Minute bars before the market's first minute, newest at age 1."""

    def __init__(self, contract: Contract, *, seed: int, price_ticks: int) -> None:
        """Keep what the walk starts from; nothing is computed yet."""
        self._contract = contract
        self._chance = random.Random(f"{seed}/{contract.symbol}/history")
        self._close = price_ticks
        self._log_volatility = 0.0
        self._bars: list[Bar] = []

    def bar(self, age: int) -> Bar:
        """Return the bar that starts ``age`` minutes (at least 1) before the first minute.

        Its age must be at most ``HISTORY_MINUTES``.
        """
        while len(self._bars) < age:
            self._bars.extend(self._older() for _ in range(DAY_MINUTES))
        return self._bars[age - 1]

    def _older(self) -> Bar:
        """Walk one minute further back."""
        chance = self._chance
        self._log_volatility = 0.97 * self._log_volatility + chance.gauss(0.0, 0.12)
        sigma = _SIGMA_PER_MINUTE * math.exp(self._log_volatility)
        shock = chance.gauss(0.0, 1.0)
        close = self._close
        bar = Bar(max(1, round(close * math.exp(-sigma * shock))))
        self._close = bar.open
        wick = sigma * close
        bar.high = max(bar.open, close) + int(wick * chance.expovariate(2.5))
        bar.low = max(1, min(bar.open, close) - int(wick * chance.expovariate(2.5)))
        if chance.random() < _OPEN_OUTSIDE_CHANCE and abs(close - bar.open) > 1:
            self._leave_open_outside(bar, close)
        bar.close = close
        mean = self._contract.turnover_usdt_per_s * 60
        usdt = mean * math.exp(chance.gauss(-0.25, 0.6)) * (0.6 + 0.5 * abs(shock))
        contract = self._contract
        typical = max(bar.low, min(bar.high, (bar.high + bar.low + 2 * close) // 4))
        bar.volume = max(1, round(usdt / (typical * contract.tick * contract.step)))
        bar.turnover = bar.volume * typical
        bar.count = max(1, round(usdt / mean * 300))
        return bar

    def _leave_open_outside(self, bar: Bar, close: int) -> None:
        """Let every print of the bar lie on the close's side of its open, as seen on the venue."""
        gap = self._chance.randrange(1, abs(close - bar.open))
        if close < bar.open:
            bar.high = bar.open - gap
        else:
            bar.low = bar.open + gap


class MarkHistory:
    """The mark price's bars before the market began: the made-up past with half its wicks."""

    def __init__(self, history: History) -> None:
        """Stand on a past of last prices."""
        self._history = history

    def bar(self, age: int) -> Bar:
        """Return the mark bar that starts ``age`` minutes before the first minute."""
        last = self._history.bar(age)
        mark = Bar(last.open)
        top, bottom = max(last.open, last.close), min(last.open, last.close)
        mark.high = top + max(0, last.high - top) // 2
        mark.low = bottom - max(0, bottom - last.low) // 2
        mark.close = last.close
        mark.count = 60
        return mark
