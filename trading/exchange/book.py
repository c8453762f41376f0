"""One order book in whole ticks and steps, kept in order; knows nothing of where orders come from.

Invariants: sizes are above 0, levels are best first, and whoever owns the book keeps its best bid
below its best ask.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import NamedTuple


class Level(NamedTuple):
    """A price and the size displayed at it, in ticks and steps."""

    price: int
    size: int


class BookSide:
    """The bids or the asks.

    Keys rise with the distance from the touch: the price for asks, its negative for bids.
    """

    __slots__ = ("_keys", "_sign", "_sizes")

    def __init__(self, *, is_bids: bool) -> None:
        """Start empty."""
        self._sign = -1 if is_bids else 1
        self._keys: list[int] = []
        self._sizes: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def best(self) -> int:
        """Return the best price, in ticks; the side must not be empty."""
        return self._sign * self._keys[0]

    def worst(self) -> int:
        """Return the price furthest from the touch, in ticks; the side must not be empty."""
        return self._sign * self._keys[-1]

    def price_at(self, index: int) -> int:
        """Return the price of the level at a place, 0 being the best."""
        return self._sign * self._keys[index]

    def levels(self, count: int | None = None) -> list[Level]:
        """Return the best ``count`` levels (all of them by default), best first."""
        sign, sizes = self._sign, self._sizes
        return [Level(sign * key, sizes[key]) for key in self._keys[:count]]

    def set(self, price: int, size: int) -> None:
        """Set the size displayed at a price; 0 removes the level."""
        key = self._sign * price
        if size > 0:
            if key not in self._sizes:
                insort(self._keys, key)
            self._sizes[key] = size
        elif self._sizes.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]

    def replace(self, levels: Iterable[tuple[int, int]]) -> None:
        """Replace the whole side; levels without size are left out."""
        self._sizes = {self._sign * price: size for price, size in levels if size > 0}
        self._keys = sorted(self._sizes)

    def drop_better_than(self, price: int) -> None:
        """Remove every level nearer to the touch than a price."""
        place = bisect_left(self._keys, self._sign * price)
        for key in self._keys[:place]:
            del self._sizes[key]
        del self._keys[:place]

    def take(self, size: int, limit: int) -> list[Level]:
        """Consume up to ``size`` from the best levels, none beyond the limit price.

        Returns what was taken, level by level, best first.
        """
        taken: list[Level] = []
        emptied = 0
        for key in self._keys:
            if size == 0 or key > self._sign * limit:
                break
            displayed = self._sizes[key]
            part = min(size, displayed)
            size -= part
            taken.append(Level(self._sign * key, part))
            if part == displayed:
                del self._sizes[key]
                emptied += 1
            else:
                self._sizes[key] = displayed - part
        del self._keys[:emptied]
        return taken


class Book:
    """Both sides of one market."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        """Start empty."""
        self.bids = BookSide(is_bids=True)
        self.asks = BookSide(is_bids=False)

    def is_known(self) -> bool:
        """Tell whether both sides have at least one level."""
        return len(self.bids) > 0 and len(self.asks) > 0

    def mid(self) -> float:
        """Return the middle between the best prices, in ticks; both sides must be known."""
        return (self.bids.best() + self.asks.best()) / 2
