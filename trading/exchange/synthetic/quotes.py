"""The makers: they keep both sides of the book around the fair price.

Calibration: realism.md 3.1 gives what walking Binance's book costs; this book is thinner, as a
smaller venue's is. The best bid always stays below the best ask.
"""

from __future__ import annotations

import math
import random
from typing import Final

from trading.exchange.book import Book, BookSide, Level
from trading.exchange.contract import Contract

LEVELS: Final = 60
"""Levels kept on each side."""

_REACH_BPS: Final = 14.0
"""How far from the touch the last level is, about."""
_PATIENCE_BPS: Final = 0.04
"""How far the fair price may leave the quotes before they follow."""
_CHURN: Final = 3
"""Levels a side whose size changes in a step."""


class Makers:
    """Everybody who rests orders; sizes are steps, prices ticks."""

    def __init__(self, chance: random.Random, contract: Contract, book: Book) -> None:
        """Take care of a book."""
        self._chance = chance
        self._contract = contract
        self._book = book
        self._spread = 1

    def quote(self, fair_ticks: float, *, widen_chance: float) -> None:
        """Follow the fair price, refill what was taken and let some orders come and go."""
        book, chance = self._book, self._chance
        patience = max(0.6, fair_ticks * _PATIENCE_BPS / 10_000)
        is_stale = (
            not book.is_known()
            or book.asks.best() - book.bids.best() != self._spread
            or not (book.bids.best() - patience <= fair_ticks <= book.asks.best() + patience)
        )
        if is_stale:
            self._spread = 1
            if chance.random() < widen_chance:
                self._spread += 1 + int(chance.expovariate(0.5))
            bid = max(1, math.floor(fair_ticks - (self._spread - 1) / 2))
            self._move(book.bids, bid, fair_ticks)
            self._move(book.asks, bid + self._spread, fair_ticks)
        self._churn(book.bids, fair_ticks)
        self._churn(book.asks, fair_ticks)

    def _move(self, side: BookSide, best: int, fair_ticks: float) -> None:
        """Bring a side's best price to ``best``: fill the hole, thin the rest, reach out again.

        Levels that stay keep their sizes; a level that is now too near to the one before it is
        gone, so that the book stays dense at the touch and sparse further out.
        """
        side.drop_better_than(best)
        away = 1 if side is self._book.asks else -1
        old = side.levels()
        levels: list[Level] = []
        price = best
        while len(levels) < LEVELS and (not old or (old[0].price - price) * away > 0):
            levels.append(Level(price, self._size(len(levels), fair_ticks)))
            price += away * self._gap(len(levels), fair_ticks)
        for level in old:
            near = self._mean_gap(len(levels), fair_ticks) / 2
            if not levels or (level.price - levels[-1].price) * away >= near:
                levels.append(level)
        while len(levels) < LEVELS:
            price = levels[-1].price + away * self._gap(len(levels), fair_ticks)
            levels.append(Level(price, self._size(len(levels), fair_ticks)))
        side.replace(level for level in levels[:LEVELS] if level.price > 0)

    @staticmethod
    def _mean_gap(index: int, fair_ticks: float) -> float:
        """Return the usual distance between levels, in ticks: it grows from the touch outwards."""
        return fair_ticks * _REACH_BPS / 10_000 * 2 * index / LEVELS**2

    def _gap(self, index: int, fair_ticks: float) -> int:
        """Draw the distance to the next level."""
        return 1 + int(self._chance.expovariate(1.0) * self._mean_gap(index, fair_ticks))

    def _size(self, index: int, fair_ticks: float) -> int:
        """Draw the size of a level: heavy-tailed, larger further out."""
        contract = self._contract
        usdt = contract.top_level_usdt * (0.7 + 0.09 * index)
        usdt *= math.exp(self._chance.gauss(0.0, 0.9))
        return max(1, round(usdt / (fair_ticks * contract.tick * contract.step)))

    def _churn(self, side: BookSide, fair_ticks: float) -> None:
        """Change the sizes of a few levels, mostly near the touch."""
        for _ in range(_CHURN):
            index = min(len(side) - 1, int(self._chance.expovariate(0.25)))
            side.set(side.price_at(index), self._size(index, fair_ticks))
