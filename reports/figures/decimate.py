"""Fewer points, same picture: no extreme is ever lost.

A pixel column can show no more than where a line enters it, how high and how low it goes, and
where it leaves. Those four are kept; a spike of one sample stays a spike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trading.model.events import CandleClosed
from trading.model.numbers import NS_PER_S

Point = tuple[float, float]
CORNERS: Final = 4
"""Points a pixel column may keep: its first, lowest, highest and last."""


def thin(points: Iterable[Point]) -> list[Point]:
    """Return points (sorted by x) with at most four in each pixel column.

    >>> thin([(0.0, 5.0), (0.1, 9.0), (0.2, 1.0), (0.3, 4.0), (0.4, 5.0), (1.0, 5.0)])
    [(0.0, 5.0), (0.1, 9.0), (0.2, 1.0), (0.4, 5.0), (1.0, 5.0)]
    """
    kept: list[Point] = []
    column: list[Point] = []
    for point in points:
        if column and int(point[0]) != int(column[0][0]):
            kept.extend(_corners(column))
            column = []
        column.append(point)
    kept.extend(_corners(column))
    return kept


def _corners(column: list[Point]) -> Iterator[Point]:
    if len(column) <= CORNERS:
        yield from column
        return
    places = range(len(column))
    low = min(places, key=lambda i: column[i][1])
    high = max(places, key=lambda i: column[i][1])
    for place in sorted({0, low, high, len(column) - 1}):
        yield column[place]


def corners(columns: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the places, in order, of what ``thin`` keeps; ``columns`` rise.

    >>> corners(np.array([0, 0, 0, 0, 0, 1]), np.array([5.0, 9.0, 1.0, 4.0, 5.0, 5.0])).tolist()
    [0, 1, 2, 4, 5]
    """
    if not columns.size:
        return np.array([], dtype=np.intp)
    firsts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    lasts = np.append(firsts[1:], columns.size) - 1
    by_value = np.lexsort((values, columns))
    return np.unique(np.concatenate([firsts, lasts, by_value[firsts], by_value[lasts]]))


@dataclass(frozen=True, slots=True)
class Bar:
    """One or several bars, as one."""

    from_ns: int
    to_ns: int
    open: float
    high: float
    low: float
    close: float


def merge(bars: Sequence[CandleClosed], most: int) -> list[Bar]:
    """Join neighbouring bars until at most ``most`` are left; highs and lows stay."""
    size = -(-len(bars) // most) if bars else 1
    merged = []
    for start in range(0, len(bars), size):
        group = bars[start : start + size]
        last = group[-1]
        merged.append(
            Bar(
                from_ns=group[0].open_ns,
                to_ns=last.open_ns + last.interval_s * NS_PER_S,
                open=group[0].open,
                # A bar may open outside its own high and low; what was seen is drawn.
                high=max(max(bar.high, bar.open) for bar in group),
                low=min(min(bar.low, bar.open) for bar in group),
                close=last.close,
            )
        )
    return merged
