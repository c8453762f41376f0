"""Walking a book, and remembering what was already taken from it.

The real market never saw our orders, so a level we ate still shows its full size in the next
frame. ``Consumption`` remembers what we took from each level until the level itself changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from trading.model.events import BookUpdate
from trading.model.numbers import ZERO, exact, floor_to_step
from trading.model.orders import Side


class Evidence(NamedTuple):
    """The market data that a fill rests on."""

    exchange_ns: int
    source: str
    """``book``, ``queue``, ``trade``, ``bar`` or ``backfill``: how the data filled the order."""
    is_pessimistic: bool = False
    """Whether a worse of two possible readings was taken."""

    def __str__(self) -> str:
        """Return the evidence as the journal keeps it."""
        return f"{self.source} {self.exchange_ns}"


Levels = tuple[tuple[float, float], ...]


class Consumption:
    """What our own fills took from the displayed levels of one symbol.

    Invariant: what we take from a level while it shows one size never exceeds that size.
    """

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        """Start with nothing taken."""
        self._taken: dict[tuple[Side, float], tuple[float, Decimal]] = {}

    def refresh(self, book: BookUpdate) -> None:
        """Forget what was taken from levels that have changed since, or are gone."""
        if not self._taken:
            return
        shown = {(Side.BUY, price): size for price, size in book.asks}
        shown.update({(Side.SELL, price): size for price, size in book.bids})
        self._taken = {
            level: (size, taken)
            for level, (size, taken) in self._taken.items()
            if shown.get(level) == size
        }

    def available(self, side: Side, price: float, size: float, step: Decimal) -> Decimal:
        """Return what a taker of ``side`` may still take at a level, in whole lot steps."""
        left = exact(size)
        known = self._taken.get((side, price))
        if known is not None and known[0] == size:
            left -= known[1]
        return max(ZERO, floor_to_step(left, step))

    def take(self, side: Side, price: float, size: float, quantity: Decimal) -> None:
        """Remember a fill against a level that shows ``size``."""
        known = self._taken.get((side, price))
        before = known[1] if known is not None and known[0] == size else ZERO
        self._taken[side, price] = (size, before + quantity)


def opposing(book: BookUpdate, side: Side) -> Levels:
    """Return the levels a taker of ``side`` trades with, best first."""
    return book.asks if side is Side.BUY else book.bids


def walk(
    book: BookUpdate,
    side: Side,
    wanted: Decimal,
    worst_price: float,
    step: Decimal,
    consumption: Consumption,
) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield ``(price, quantity)`` fills of a taker, best level first, and consume them.

    Stops when nothing more is wanted, at the first level worse than ``worst_price``, or at the
    end of what the book shows: depth that is not seen is not filled.
    """
    for price, size in opposing(book, side):
        is_beyond = price > worst_price if side is Side.BUY else price < worst_price
        if is_beyond or wanted <= ZERO:
            return
        quantity = min(wanted, consumption.available(side, price, size, step))
        if quantity > ZERO:
            consumption.take(side, price, size, quantity)
            wanted -= quantity
            yield exact(price), quantity


def displayed(book: BookUpdate, side: Side, price: float) -> float | None:
    """Return the size shown at a resting order's own price; None outside the visible window.

    A price inside the window that is not shown has nobody ahead: 0.
    """
    levels = book.bids if side is Side.BUY else book.asks
    for level, size in levels:
        if level == price:
            return size
    last = levels[-1][0]
    is_inside = price > last if side is Side.BUY else price < last
    return 0.0 if is_inside else None
