"""Fewer points, same extremes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.decimate import CORNERS, corners, merge, thin
from trading.model.events import CandleClosed
from trading.model.numbers import NS_PER_S

values = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(st.floats(0, 20), values)).map(sorted))
def test_every_column_keeps_its_extremes(points: list[tuple[float, float]]) -> None:
    """Each pixel column keeps first, lowest, highest and last, in order, and nothing is new."""
    kept = thin(points)
    for column in {int(x) for x, _ in points}:
        before = [point for point in points if int(point[0]) == column]
        after = [point for point in kept if int(point[0]) == column]
        assert len(after) <= CORNERS
        assert (before[0], before[-1]) == (after[0], after[-1])
        assert min(y for _, y in before) == min(y for _, y in after)
        assert max(y for _, y in before) == max(y for _, y in after)
    assert sorted(kept) == kept
    assert set(kept) <= set(points)


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
    merged = merge(bars, most)

    assert len(merged) <= most
    assert (bars[0].open, bars[-1].close) == (merged[0].open, merged[-1].close)
    assert max(max(b.high, b.open) for b in bars) == max(b.high for b in merged)
    assert min(min(b.low, b.open) for b in bars) == min(b.low for b in merged)
    assert len(bars) * 60 * NS_PER_S == merged[-1].to_ns


def test_no_bars_are_no_bars() -> None:
    """Nothing in, nothing out."""
    assert [] == merge([], 10)
    assert [] == thin([])


@given(st.lists(st.tuples(st.integers(0, 20), values)).map(sorted))
def test_arrays_are_thinned_to_the_same_extremes(points: list[tuple[int, float]]) -> None:
    """What numpy keeps of a column has the first, lowest, highest and last of the slow way."""
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
