"""Numbers and times as people read them."""

from decimal import Decimal

import pytest

from reports import formats
from reports.formats import Stamps
from tests.support.told_opening import OPENED_NS
from trading.model.numbers import NS_PER_HOUR, NS_PER_MS, NS_PER_S

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1234567.891", "+1,234,567.89"),
        ("-0.386", f"{MINUS}0.39"),
        ("0.00012345", "+0.00012"),
        ("-0.00000001", f"{MINUS}0.000000010"),
        ("0.00000000", "0.00"),
        ("-0.00", "0.00"),
    ],
)
def test_a_result_keeps_its_sign_and_never_vanishes(amount: str, text: str) -> None:
    """Two places, more where two would show nothing; a real minus; no sign on nothing."""
    assert text == formats.signed(Decimal(amount))


@pytest.mark.parametrize(
    ("amount", "text"),
    [("9999.61400000", "9,999.614"), ("1E-8", "0.00000001"), ("-0", "0.00"), ("1E+3", "1,000.00")],
)
def test_full_drops_no_digit(amount: str, text: str) -> None:
    """Every digit stays; only zeros without a meaning go."""
    assert text == formats.full(Decimal(amount))


def test_what_is_not_whole_is_not_called_whole() -> None:
    """A second without data in a day is not a day of data."""
    assert "99.9%" == formats.percent_at_least(86_399 / 86_400)
    assert "100.0%" == formats.percent_at_least(1.0)


@pytest.mark.parametrize(
    ("span_s", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (59.7, "1 min"),
        (598, "9 min 58 s"),
        (3_600, "1 h"),
        (90_061, "1 d 1 h"),
    ],
)
def test_a_span_is_told_in_its_largest_units(span_s: float, text: str) -> None:
    """Two units are enough; nothing is rounded to sixty seconds."""
    assert text == formats.duration(round(span_s * NS_PER_S))


def test_times_show_the_day_only_where_there_are_two() -> None:
    """A session over midnight tells its days."""
    at_ns = OPENED_NS + 12 * NS_PER_MS
    one_day = Stamps.spanning(OPENED_NS, OPENED_NS + NS_PER_HOUR)
    two_days = Stamps.spanning(OPENED_NS, OPENED_NS + 20 * NS_PER_HOUR)

    assert "04:00:00.012" == one_day.exact(at_ns)
    assert "11-21 04:00:00.012" == two_days.exact(at_ns)
    assert "2026-11-21 04:00:00 UTC" == formats.utc(at_ns)
    assert "2026-11-21T04:00:00.012Z" == formats.iso(at_ns)
