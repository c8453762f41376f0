"""Bars built from trades alone, where the feed has no candles of its own."""

from __future__ import annotations

from collections.abc import Iterator

from trading.model.events import CandleUpdate, PublicTrade
from trading.model.numbers import NS_PER_S


class BarBuilder:
    """The bar being built, in plain numbers: it changes with every trade.

    Duty of the caller: trades come in order of exchange time. A bar without a trade is flat at
    the close before it.
    """

    __slots__ = (
        "_close",
        "_high",
        "_interval_ns",
        "_low",
        "_open",
        "_symbol",
        "_turnover",
        "_volume",
        "end_ns",
    )

    def __init__(self, symbol: str, interval_s: int) -> None:
        """Start before the first trade."""
        self._symbol = symbol
        self._interval_ns = interval_s * NS_PER_S
        self.end_ns = 0
        """Exchange time at which the bar being built ends; 0 before the first trade."""
        self._open = self._high = self._low = self._close = 0.0
        self._volume = self._turnover = 0.0

    def extend(self, trade: PublicTrade) -> None:
        """Add a trade that lies before ``end_ns``."""
        price = trade.price
        if price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._volume += trade.quantity
        self._turnover += trade.quantity * price

    def roll(self, trade: PublicTrade) -> Iterator[CandleUpdate]:
        """Yield the bars that ended before a trade, closed, and begin the one it belongs to."""
        exchange_ns = trade.exchange_ns
        is_first_of_bar = exchange_ns >= self.end_ns
        if not self.end_ns:
            self.end_ns = exchange_ns - exchange_ns % self._interval_ns + self._interval_ns
        while exchange_ns >= self.end_ns:
            yield CandleUpdate(
                self._symbol,
                self.end_ns,
                trade.received_ns,
                self._interval_ns // NS_PER_S,
                self.end_ns - self._interval_ns,
                self._open,
                self._high,
                self._low,
                self._close,
                self._volume,
                self._turnover,
                True,  # noqa: FBT003 - positional for speed, like every market event
            )
            self._start(self._close)
            self.end_ns += self._interval_ns
        if is_first_of_bar:
            self._start(trade.price)
        self.extend(trade)

    def _start(self, price: float) -> None:
        self._open = self._high = self._low = self._close = price
        self._volume = self._turnover = 0.0
