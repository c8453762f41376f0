"""Bars finer than the strategy's, kept to see inside its bars.

Where a file or feed brings them, fills drill down: what a bar leaves open (which of its extremes
came first, whether before or after an entry) its parts mostly tell.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from trading.model.events import CandleClosed, CandleUpdate
from trading.model.numbers import NS_PER_S

KEPT_MOST: Final = 1_500
"""A day of minutes, and some."""


class FinerBars:
    """The closed bars of the finest interval heard of, oldest first.

    Duty of the feed: a bar's parts come before the bar itself; later ones are of no use any more.
    """

    __slots__ = ("_bars", "_interval_s")

    def __init__(self) -> None:
        """Start with none."""
        self._bars: deque[CandleUpdate] = deque(maxlen=KEPT_MOST)
        self._interval_s = 0

    def take(self, update: CandleUpdate) -> None:
        """Keep a closed bar; one that is coarser than those at hand, or not the next, is not."""
        if not update.is_closed or 0 < self._interval_s < update.interval_s:
            return
        if update.interval_s != self._interval_s:
            self._interval_s = update.interval_s
            self._bars.clear()
        if not self._bars or update.open_ns > self._bars[-1].open_ns:
            self._bars.append(update)

    def parts(self, bar: CandleClosed) -> list[CandleClosed]:
        """Return the parts that make a bar up without a hole; none when it cannot be made up."""
        bars = self._bars
        while bars and bars[0].open_ns < bar.open_ns:
            bars.popleft()
        parts: list[CandleClosed] = []
        next_ns, end_ns = bar.open_ns, bar.open_ns + bar.interval_s * NS_PER_S
        while bars and bars[0].open_ns == next_ns < end_ns:
            part = bars.popleft()
            next_ns += part.interval_s * NS_PER_S
            parts.append(_closed(part, bar.at_ns))
        return parts if next_ns == end_ns else []


def _closed(part: CandleUpdate, at_ns: int) -> CandleClosed:
    return CandleClosed(
        at_ns=at_ns,
        symbol=part.symbol,
        interval_s=part.interval_s,
        open_ns=part.open_ns,
        open=part.open,
        high=part.high,
        low=part.low,
        close=part.close,
        volume=part.volume,
        turnover=part.turnover,
    )
