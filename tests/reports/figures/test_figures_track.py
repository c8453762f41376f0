"""What a script may read of a figure: bounded, in time, with every extreme."""

from hypothesis import given
from hypothesis import strategies as st

from reports.figures.track import COLUMNS, reduced
from reports.story import Span
from tests.support.told_opening import OPENED_NS
from trading.model.numbers import NS_PER_S


def test_a_long_series_is_bounded_and_keeps_its_spike() -> None:
    """A million samples become at most four a column; one odd sample among them stays."""
    count = 1_000_000
    span = Span(from_ns=OPENED_NS, to_ns=OPENED_NS + count * NS_PER_S)
    values = [1.0] * count
    values[654_321] = 9.0
    found = reduced([OPENED_NS + n * NS_PER_S for n in range(count)], values, span)

    assert len(found.values) <= 4 * (COLUMNS + 1)
    assert 9.0 == found.values.max()
    assert 654_321_000 == found.since_ms(OPENED_NS)[int(found.values.argmax())]


@given(st.lists(st.integers(0, 600 * NS_PER_S), min_size=1).map(sorted))
def test_time_never_runs_back(offsets: list[int]) -> None:
    """Times stay in order and inside the span; first and last are kept."""
    span = Span(from_ns=OPENED_NS, to_ns=OPENED_NS + 600 * NS_PER_S)
    times = [OPENED_NS + offset for offset in offsets]
    found = reduced(times, [float(offset % 7) for offset in offsets], span)

    assert sorted(found.times.tolist()) == found.times.tolist()
    assert (times[0], times[-1]) == (found.times[0], found.times[-1])


def test_no_samples_are_no_points() -> None:
    """Nothing sampled is nothing tracked."""
    span = Span(from_ns=OPENED_NS, to_ns=OPENED_NS)

    assert [] == reduced([], [], span).since_ms(OPENED_NS)
