"""Fewer points, same extremes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.decimate import CORNERS, corners, distinct, drawn, merge
from trading.model.events import CandleClosed
from trading.model.numbers import NS_PER_S

values = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(st.integers(0, 20), values)).map(sorted))
def test_every_column_keeps_its_extremes(points: list[tuple[int, float]]) -> None:
    """Each column keeps first, lowest, highest and last, in order, and no more than those."""
    shuffled = sorted(points, key=lambda point: point[0])
    columns = np.array([x for x, _ in shuffled], dtype=np.int64)
    kept = corners(columns, np.array([y for _, y in shuffled], dtype=np.float64)).tolist()

    assert sorted(kept) == kept
    for column in {x for x, _ in shuffled}:
        before = [y for x, y in shuffled if x == column]
        after = [shuffled[place][1] for place in kept if shuffled[place][0] == column]
        assert len(after) <= CORNERS
        assert (before[0], before[-1], min(before), max(before)) == (
            after[0],
            after[-1],
            min(after),
            max(after),
        )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 50))))
def test_what_shares_a_place_is_kept_once(things: list[tuple[int, int, int]]) -> None:
    """Every kind in every place has one that stands for it: the first."""
    kinds, xs, ys = (np.array([each[n] for each in things], dtype=np.int64) for n in range(3))
    kept = distinct(kinds, xs, ys).tolist()

    assert list(dict.fromkeys(things)) == [things[place] for place in kept]


def test_what_is_too_much_is_drawn_more_coarsely() -> None:
    """However many there are, no more than asked for are left, from everywhere."""
    xs, ys = (grid.ravel() for grid in np.meshgrid(np.arange(300), np.arange(100)))
    kept = distinct(np.zeros(xs.size, dtype=np.int64), xs, ys, most=500)

    assert 250 < kept.size <= 500
    assert xs[kept].max() > 280
    assert ys[kept].max() > 85


def bar(number: int, prices: tuple[float, float, float, float]) -> CandleClosed:
    """Return a minute's bar with (open, high, low, close)."""
    return CandleClosed(
        at_ns=0,
        symbol="BTCUSDT",
        interval_s=60,
        open_ns=number * 60 * NS_PER_S,
        open=prices[0],
        high=prices[1],
        low=prices[2],
        close=prices[3],
        volume=1.0,
        turnover=1.0,
    )


@given(st.lists(st.tuples(values, values, values, values), min_size=1), st.integers(1, 20))
def test_merged_bars_keep_first_last_and_extremes(
    prices: list[tuple[float, float, float, float]], most: int
) -> None:
    """However few bars are left, where it opened, closed, and its extremes are the same."""
    bars = [bar(number, each) for number, each in enumerate(prices)]
    merged = merge(drawn(bars, 7), most)

    assert len(merged) <= most
    assert (bars[0].open, bars[-1].close) == (merged[0].open, merged[-1].close)
    assert max(max(b.high, b.open) for b in bars) == max(b.high for b in merged)
    assert min(min(b.low, b.open) for b in bars) == min(b.low for b in merged)
    assert len(bars) * 60 * NS_PER_S == merged[-1].to_ns


def test_no_bars_are_no_bars() -> None:
    """Nothing in, nothing out."""
    assert [] == merge(drawn([], 10), 10)
    assert 0 == corners(np.array([], dtype=np.int64), np.array([])).size
