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

    def extremes(
        self, from_ns: NDArray[np.int64], to_ns: NDArray[np.int64]
    ) -> tuple[Prices, Prices]:
        """Return the lowest and highest price of the steps in ``(from, to]``, element by element.

        Not a number where there is no step.
        """
        first, last = (np.searchsorted(self.times, ends, side="right") for ends in (from_ns, to_ns))
        return _least(self._lows, first, last), -_least(self._highs, first, last)

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


def _least(tables: list[Prices], first: Places, last: Places) -> Prices:
    """Return the least value of ``[first, last)``, by two stretches that cover it together."""
    found = np.full(first.shape, np.nan)
    counts = last - first
    powers = np.frexp(counts)[1] - 1
    for power in np.unique(powers[counts > 0]).tolist():
        at = powers == power
        ends = tables[power][last[at] - (1 << power)]
        found[at] = np.minimum(tables[power][first[at]], ends)
    return found


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
