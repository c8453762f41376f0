"""Walking a book, and remembering what was already taken from it.

The real market never saw our orders, so a level we ate still shows its full size in the next
frame. ``Consumption`` remembers what we took from each level until the level itself changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from trading.model.events import BookUpdate, PublicTrade
from trading.model.numbers import ZERO, exact, floor_to_step
from trading.model.orders import Side


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """The market data that a fill rests on."""

    exchange_ns: int
    source: str
    """How the data filled it: ``book``, ``queue``, ``trade``, ``bar``, ``backfill``,
    ``liquidation`` or ``takeover``.
    """
    is_pessimistic: bool = False
    """Whether a worse of two possible readings was taken."""

    def __str__(self) -> str:
        """Return the evidence as the journal keeps it."""
        return f"{self.source} {self.exchange_ns}"


Levels = tuple[tuple[float, float], ...]
Quote = tuple[Decimal, Decimal]
"""Price and quantity of one fill that the market offers."""


class Consumption:
    """What our own fills took from the displayed levels of one symbol.

    Invariant: what we take from a level while it shows one size never exceeds that size.
    """

    __slots__ = ("_bar_open_ns", "_bar_taken", "_eaten", "_eaten_ns", "_taken")

    def __init__(self) -> None:
        """Start with nothing taken."""
        self._taken: dict[tuple[Side, float], tuple[float, Decimal]] = {}
        self._eaten: dict[tuple[Side, float], Decimal] = {}
        self._eaten_ns = 0
        self._bar_open_ns = 0
        self._bar_taken: dict[Side, Decimal] = {}

    def trial(self) -> Consumption:
        """Return a copy to ask a taker model what it would give, and take nothing."""
        copy = Consumption()
        copy._taken = dict(self._taken)
        copy._eaten = dict(self._eaten)
        copy._bar_open_ns = self._bar_open_ns
        copy._bar_taken = dict(self._bar_taken)
        return copy

    def refresh(self, book: BookUpdate) -> None:
        """Forget what was taken from levels that have changed since, or are gone."""
        if self._eaten and book.exchange_ns > self._eaten_ns:
            self._eaten.clear()  # this book was made after the print, and lacks what it ate
        if not self._taken:
            return
        shown = {(Side.BUY, price): size for price, size in book.asks}
        shown.update({(Side.SELL, price): size for price, size in book.bids})
        self._taken = {
            level: (size, taken)
            for level, (size, taken) in self._taken.items()
            if shown.get(level) == size
        }

    def ate(self, trade: PublicTrade) -> None:
        """Take note of what a print that pulled a trigger ate: it was there before the stop.

        Books stamped later show it themselves; one of the very same stamp may not.
        """
        if trade.exchange_ns != self._eaten_ns:
            self._eaten.clear()
            self._eaten_ns = trade.exchange_ns
        level = (trade.taker_side, trade.price)
        self._eaten[level] = self._eaten.get(level, ZERO) + exact(trade.quantity)

    def available(self, side: Side, price: float, size: float, step: Decimal) -> Decimal:
        """Return what a taker of ``side`` may still take at a level, in whole lot steps."""
        left = exact(size)
        known = self._taken.get((side, price))
        if known is not None and known[0] == size:
            left -= known[1]
        if self._eaten:
            left -= self._eaten.get((side, price), ZERO)
        return max(ZERO, floor_to_step(left, step))

    def take(self, side: Side, price: float, size: float, quantity: Decimal) -> None:
        """Remember a fill against a level that shows ``size``."""
        known = self._taken.get((side, price))
        before = known[1] if known is not None and known[0] == size else ZERO
        self._taken[side, price] = (size, before + quantity)

    def bar_taken(self, side: Side, bar_open_ns: int) -> Decimal:
        """Return what we took during a bar, where bars and not levels are what is known."""
        return self._bar_taken.get(side, ZERO) if bar_open_ns == self._bar_open_ns else ZERO

    def take_bar(self, side: Side, bar_open_ns: int, quantity: Decimal) -> None:
        """Remember a fill of a bar; what was taken during earlier ones has recovered."""
        if bar_open_ns == self._bar_open_ns:
            self._bar_taken[side] = self._bar_taken.get(side, ZERO) + quantity
        else:
            self._bar_open_ns = bar_open_ns
            self._bar_taken = {side: quantity}


def opposing(book: BookUpdate, side: Side) -> Levels:
    """Return the levels a taker of ``side`` trades with, best first."""
    return book.asks if side.is_buy else book.bids


def walk(
    book: BookUpdate,
    side: Side,
    wanted: Decimal,
    worst_price: float,
    step: Decimal,
    consumption: Consumption,
) -> Iterator[Quote]:
    """Yield ``(price, quantity)`` fills of a taker, best level first, and consume them.

    Stops when nothing more is wanted, at the first level worse than ``worst_price``, or at the
    end of what the book shows: depth that is not seen is not filled.
    """
    for price, size in opposing(book, side):
        is_beyond = price > worst_price if side.is_buy else price < worst_price
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
    levels = book.bids if side.is_buy else book.asks
    for level, size in levels:
        if level == price:
            return size
    last = levels[-1][0]
    is_inside = price > last if side.is_buy else price < last
    return 0.0 if is_inside else None
