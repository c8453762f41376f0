"""Prices over a session, in steps: what lay between two instants, and when a level was first met.

A step is a quote (its three prices are the same) or a bar. Knows nothing of orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Prices = NDArray[np.float64]
Places = NDArray[np.intp]

STEPS_MOST = 50_000


@dataclass(frozen=True)
class PricePath:
    """Steps in rising order of time; ``low <= close <= high`` in each. At least one step."""

    times: NDArray[np.int64]
    low: Prices
    high: Prices
    close: Prices

    @classmethod
    def of_quotes(cls, times: NDArray[np.int64], middles: Prices) -> PricePath:
        """Return a path whose every step is one price."""
        return cls(times, middles, middles, middles)

    @property
    def from_ns(self) -> int:
        """When it begins."""
        return int(self.times[0])

    @property
    def to_ns(self) -> int:
        """When it ends."""
        return int(self.times[-1])

    def thinned(self, most: int = STEPS_MOST) -> PricePath:
        """Return the path in at most so many steps: neighbours joined, no extreme lost."""
        size = self.times.size
        if size <= most:
            return self
        first = np.arange(0, size, -(-size // most))
        last = np.append(first[1:], size) - 1
        return PricePath(
            self.times[last],
            np.minimum.reduceat(self.low, first),
            np.maximum.reduceat(self.high, first),
            self.close[last],
        )

    def at(self, at_ns: int) -> float:
        """Return the newest price at an instant; before the first step the first."""
        place = int(np.searchsorted(self.times, at_ns, side="right")) - 1
        return float(self.close[max(place, 0)])

    def extremes(self, from_ns: int, to_ns: int) -> tuple[float, float] | None:
        """Return the lowest and highest price of the steps in ``(from, to]``; None: no step."""
        first, last = np.searchsorted(self.times, [from_ns, to_ns], side="right")
        if first == last:
            return None
        return float(self.low[first:last].min()), float(self.high[first:last].max())

    def first_below(self, start: Places, level: Prices) -> Places:
        """Return the first place from ``start`` on whose low is at the level or below.

        Element by element; the path's size where there is none.
        """
        return _first(self._lows, start, level)

    def first_above(self, start: Places, level: Prices) -> Places:
        """Return the first place from ``start`` on whose high is at the level or above."""
        return _first(self._highs, start, -level)

    @cached_property
    def _lows(self) -> list[Prices]:
        return _least_of_powers(self.low)

    @cached_property
    def _highs(self) -> list[Prices]:
        return _least_of_powers(-self.high)


def _least_of_powers(values: Prices) -> list[Prices]:
    """Return, for each power of two, the least value of so many in a row from every place."""
    tables = [values]
    span = 1
    while 2 * span <= values.size:
        before = tables[-1]
        tables.append(np.minimum(before[:-span], before[span:]))
        span *= 2
    return tables


def _first(tables: list[Prices], start: Places, level: Prices) -> Places:
    """Leap over every stretch that stays above the level, the longest first."""
    place = start.copy()
    for power in range(len(tables) - 1, -1, -1):
        least = tables[power]
        inside = place < least.size
        stays = np.zeros(place.shape, dtype=bool)
        stays[inside] = least[place[inside]] > level[inside]
        place += stays * (1 << power)
    return place
