"""All markets of the exchange under one time; prints wait here until they have been pushed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trading.exchange.market import Market, Print
from trading.model.numbers import NS_PER_S

STRIDE_NS: Final = 30 * NS_PER_S
"""The most that markets live in one go, so that catching up never blocks the sockets for long."""


class Floor:
    """The listed markets."""

    def __init__(self, markets: Mapping[str, Market], start_ns: int) -> None:
        """Open with the markets, by symbol."""
        self.markets = markets
        self.now_ns = start_ns
        self._prints: dict[str, list[Print]] = {symbol: [] for symbol in markets}
        ends = [market.end_ns for market in markets.values() if market.end_ns is not None]
        self.end_ns = max(ends) if ends else None

    def advance(self, clock_ns: int) -> bool:
        """Let the markets live up to the clock, at most a stride; tell whether they got there.

        Raises:
            FeedError: when a recording cannot be read on.
        """
        target_ns = clock_ns if self.end_ns is None else min(clock_ns, self.end_ns)
        now_ns = max(self.now_ns, min(target_ns, self.now_ns + STRIDE_NS))
        for symbol, market in self.markets.items():
            self._prints[symbol].extend(market.advance(now_ns))
        self.now_ns = now_ns
        return now_ns >= target_ns

    @property
    def is_over(self) -> bool:
        """Whether every market has ended for good."""
        return self.end_ns is not None and self.now_ns >= self.end_ns

    def take_prints(self) -> dict[str, list[Print]]:
        """Return the prints that have not been pushed yet, by symbol; they are forgotten here."""
        taken = {symbol: prints for symbol, prints in self._prints.items() if prints}
        for symbol in taken:
            self._prints[symbol] = []
        return taken
