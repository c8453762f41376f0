"""Fewer points, same picture: no extreme is ever lost.

A pixel column can show no more than where a line enters it, how high and how low it goes, and
where it leaves. Those four are kept; a spike of one sample stays a spike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trading.model.events import CandleClosed
from trading.model.numbers import NS_PER_S

Point = tuple[float, float]
T = TypeVar("T")
CORNERS: Final = 4
"""Points a pixel column may keep: its first, lowest, highest and last."""


def corners(columns: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the places, in order, of each column's first, lowest, highest and last value.

    ``columns`` rise.

    >>> corners(np.array([0, 0, 0, 0, 0, 1]), np.array([5.0, 9.0, 1.0, 4.0, 5.0, 5.0])).tolist()
    [0, 1, 2, 4, 5]
    """
    if not columns.size:
        return np.array([], dtype=np.intp)
    firsts = np.append(0, 1 + np.flatnonzero(columns[1:] != columns[:-1]))
    ends = np.append(firsts[1:], columns.size)
    lasts, extremes = ends - 1, []
    for extreme in (np.minimum, np.maximum):
        met = np.repeat(extreme.reduceat(values, firsts), ends - firsts)
        found = np.flatnonzero(values == met)
        extremes.append(found[np.searchsorted(found, firsts)])
    return np.unique(np.concatenate([firsts, lasts, *extremes]))


_CELLS_MOST: Final = 4_096


def distinct(
    kinds: NDArray[np.int64], *places: NDArray[np.int64], most: int = 1_000
) -> NDArray[np.intp]:
    """Return, in order, the first of each kind in each place; of the others nothing would be seen.

    Places are cells of a picture, from 0 to 4,095, at most four of them. Where more than ``most``
    are left, four cells become one until they are not.

    >>> distinct(np.array([0, 0, 1]), np.array([7, 7, 7])).tolist()
    [0, 2]
    """
    kept = np.arange(kinds.size)
    while True:
        key = kinds[kept]
        for place in places:
            key = key * _CELLS_MOST + place[kept]
        kept = kept[_firsts(key)]
        if kept.size <= most or not any(place[kept].any() for place in places):
            return kept
        places = tuple(place >> 1 for place in places)


def _firsts(keys: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the place of every key's first appearance, in order; by hashing, without a sort."""
    numbers = pa.array(keys).dictionary_encode().indices.to_numpy()
    # A key is new where its number, given out in the order of appearance, is the highest so far.
    return np.flatnonzero(np.diff(np.maximum.accumulate(numbers), prepend=-1))


@dataclass(frozen=True, slots=True)
class Bar:
    """One or several bars, as one."""

    from_ns: int
    to_ns: int
    open: float
    high: float
    low: float
    close: float


def drawn(candles: Sequence[CandleClosed], most: int) -> list[Bar]:
    """Return candles as at most ``most`` bars; highs and lows stay.

    A candle may open outside its own high and low; what was seen is drawn.
    """
    return [
        Bar(
            from_ns=group[0].open_ns,
            to_ns=group[-1].open_ns + group[-1].interval_s * NS_PER_S,
            open=group[0].open,
            high=max([bar.high for bar in group] + [bar.open for bar in group]),
            low=min([bar.low for bar in group] + [bar.open for bar in group]),
            close=group[-1].close,
        )
        for group in _groups(candles, most)
    ]


def merge(bars: Sequence[Bar], most: int) -> list[Bar]:
    """Join neighbouring bars until at most ``most`` are left; highs and lows stay."""
    return [
        Bar(
            from_ns=group[0].from_ns,
            to_ns=group[-1].to_ns,
            open=group[0].open,
            high=max([bar.high for bar in group]),
            low=min([bar.low for bar in group]),
            close=group[-1].close,
        )
        for group in _groups(bars, most)
    ]


def _groups(things: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Yield neighbours together, in at most ``most`` groups."""
    size = max(1, -(-len(things) // most))
    for start in range(0, len(things), size):
        yield things[start : start + size]
