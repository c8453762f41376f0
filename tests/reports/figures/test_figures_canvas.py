"""Scales and ticks: round, inside the span, whatever the span."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reports.figures.canvas import Scale, polyline, time_ticks, value_ticks
from tests.support.told_opening import OPENED_NS
from trading.model.numbers import NS_PER_DAY, NS_PER_S


def test_times_of_ten_minutes_are_whole_minutes() -> None:
    """Ticks fall on round UTC times."""
    ticks = time_ticks(OPENED_NS + 7 * NS_PER_S, OPENED_NS + 607 * NS_PER_S, 5)

    assert ["04:02", "04:04", "04:06", "04:08", "04:10"] == [text for _, text in ticks]


def test_midnight_shows_the_day() -> None:
    """A session over midnight says where the new day begins."""
    ticks = time_ticks(OPENED_NS, OPENED_NS + NS_PER_DAY, 4)

    assert ["06:00", "12:00", "18:00", "Nov 22"] == [text for _, text in ticks]


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e6), st.integers(2, 8))
def test_value_ticks_lie_inside_and_are_told_apart(low: float, span: float, count: int) -> None:
    """No tick outside the span, no two with the same words, never more than a few."""
    ticks = value_ticks(low, low + span, count)
    slack = span * 1e-6

    assert all(low - slack <= value <= low + span + slack for value, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks) <= count + 1


def test_a_span_of_nothing_maps_to_the_middle() -> None:
    """A flat line is drawn, not divided by zero."""
    assert 50.0 == Scale(3.0, 3.0, 0.0, 100.0)(3.0)
    assert [(3.0, "3")] == value_ticks(3.0, 3.0, 4)


@given(st.lists(st.tuples(st.floats(-50, 1_000), st.floats(-50, 400)), min_size=1))
def test_a_line_of_steps_comes_out_at_every_point(points: list[tuple[float, float]]) -> None:
    """Step by step it is within half a tenth of each point, however many there are."""
    x = y = 0.0
    met = []
    for command, told in re.findall(r"([Mlhv])([^Mlhv]*)", polyline(points)):
        numbers = [float(each) for each in told.split()]
        match command:
            case "M":
                x, y = numbers
            case "l":
                x, y = x + numbers[0], y + numbers[1]
            case "h":
                x += numbers[0]
            case _:
                y += numbers[0]
        met.append((x, y))
    for (_, before), (left, up) in pairwise([points[0], *points]):
        is_level = round(10 * before) == round(10 * up)
        near = (abs(up - told) < 0.051 and (is_level or abs(left - at) < 0.051) for at, told in met)
        assert any(near)
    assert abs(met[-1][0] - points[-1][0]) < 0.051
