"""Prices over time: what was met first, and thinning that loses no extreme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.tape.path import PricePath

BARS = st.lists(
    st.tuples(st.integers(90, 110), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=70
)


def made(bars: list[tuple[int, int, int]]) -> PricePath:
    """Return a path of bars (close, so much lower, so much higher), one a second from 10 on."""
    close = np.array([each[0] for each in bars], dtype=float)
    lower = np.array([each[1] for each in bars], dtype=float)
    higher = np.array([each[2] for each in bars], dtype=float)
    times = np.arange(10, 10 + len(bars), dtype=np.int64)
    return PricePath(times, close - lower, close + higher, close)


@given(BARS, st.integers(0, 75), st.integers(80, 120))
def test_the_first_meeting_is_the_first(
    bars: list[tuple[int, int, int]], start: int, level: int
) -> None:
    """Leaping finds what looking at every step finds, from any place, or that there is none."""
    path = made(bars)
    places, levels = np.array([start]), np.array([float(level)])
    below = [i for i in range(start, len(bars)) if path.low[i] <= level]
    above = [i for i in range(start, len(bars)) if path.high[i] >= level]
    none = max(start, len(bars))

    assert (below or [none])[0] == path.first_below(places, levels)[0]
    assert (above or [none])[0] == path.first_above(places, levels)[0]


@given(BARS, st.integers(1, 30))
def test_thinning_loses_no_extreme(bars: list[tuple[int, int, int]], most: int) -> None:
    """At most so many steps; lowest, highest, last price and end are those of the whole."""
    path = made(bars)
    thin = path.thinned(most)

    assert thin.times.size <= most
    assert (path.low.min(), path.high.max()) == (thin.low.min(), thin.high.max())
    assert (path.close[-1], path.to_ns) == (thin.close[-1], thin.to_ns)


@pytest.mark.parametrize(("at_ns", "price"), [(5, 100.0), (10, 100.0), (11, 101.0), (99, 102.0)])
def test_a_price_stands_until_the_next(at_ns: int, price: float) -> None:
    """The newest price at an instant; before all of them the first."""
    path = PricePath.of_quotes(np.array([10, 11, 20]), np.array([100.0, 101.0, 102.0]))

    assert price == path.at(at_ns)


def test_extremes_lie_between() -> None:
    """Steps after the first instant, up to the second with it; no number where there is none."""
    path = PricePath.of_quotes(np.array([10, 11, 20]), np.array([100.0, 101.0, 99.0]))
    low, high = path.extremes(np.array([10, 10, 12]), np.array([19, 20, 19]))

    np.testing.assert_array_equal([101.0, 99.0, np.nan], low)
    np.testing.assert_array_equal([101.0, 101.0, np.nan], high)


@given(BARS, st.lists(st.tuples(st.integers(5, 90), st.integers(5, 90)), min_size=1))
def test_extremes_are_those_of_every_step(
    bars: list[tuple[int, int, int]], spans: list[tuple[int, int]]
) -> None:
    """Two stretches that cover a span find what looking at every step of it finds."""
    path = made(bars)
    ends = [sorted(span) for span in spans]
    low, high = path.extremes(np.array([a for a, _ in ends]), np.array([b for _, b in ends]))
    for number, (after, until) in enumerate(ends):
        inside = (path.times > after) & (path.times <= until)

        assert list(path.low[inside][:1]) == [] or path.low[inside].min() == low[number]
        assert list(path.high[inside][:1]) == [] or path.high[inside].max() == high[number]
        assert inside.any() == (not np.isnan(low[number]))
