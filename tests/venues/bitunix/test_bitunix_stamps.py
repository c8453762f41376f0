"""Times and rates, exact to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.venues.bitunix.stamps import fraction_of_percent, iso_ns


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("2026-09-21T14:14:30Z", 1_790_000_070_000_000_000),
        ("2026-09-21T14:14:30.5Z", 1_790_000_070_500_000_000),
        ("2026-09-21T14:14:30.123Z", 1_790_000_070_123_000_000),
        ("2026-09-21T14:14:30.123456789Z", 1_790_000_070_123_456_789),
        ("2026-09-21T14:14:30.000000001Z", 1_790_000_070_000_000_001),
        ("2000-01-01T00:00:00Z", 946_684_800_000_000_000),
    ],
)
def test_zero_to_nine_digits_of_a_second_are_kept_exactly(text: str, expected_ns: int) -> None:
    """A nanosecond is a nanosecond, not the nearest float."""
    assert expected_ns == iso_ns(text)


@given(
    seconds=st.integers(0, 86_400 * 365 * 99),
    digits=st.integers(1, 9),
    data=st.data(),
)
def test_a_time_reads_back_as_it_was_written(
    seconds: int, digits: int, data: st.DataObject
) -> None:
    """Writing a time with any number of digits and reading it gives the same nanoseconds."""
    fraction = data.draw(st.integers(0, 10**digits - 1))
    moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:0{digits}d}Z"

    assert (946_684_800 + seconds) * 10**9 + fraction * 10 ** (9 - digits) == iso_ns(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "2026-09-21",
        "2026-09-21T14:14:30",
        "2026-09-21T14:14:30+02:00Z",
        "2026-09-21 14:14:30Z",
        "2026-13-21T14:14:30Z",
        "2026-09-21T25:14:30Z",
        "2026-09-21T14:14:30.Z",
        "2026-09-21T14:14:30.1234567891Z",
        "2026-09-21T14:14:30.²Z",
        "٢٠٢٦-09-21T14:14:30Z",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """A broken or absurd time never becomes a number."""
    with pytest.raises(ValueError, match=r"expected a|must be in"):
        iso_ns(text)


@pytest.mark.parametrize(
    ("percent", "fraction"),
    [("0.01", "0.0001"), ("-0.00077", "-0.0000077"), ("0", "0"), ("0.3", "0.003"), ("100", "1")],
)
def test_percent_becomes_a_fraction(percent: str, fraction: str) -> None:
    """A rate of 0.01 percent is 0.0001 of the notional: a hundred times less."""
    assert Decimal(fraction) == fraction_of_percent(Decimal(percent))


def test_the_ambient_precision_changes_no_rate() -> None:
    """A rate keeps its digits even where somebody set Decimal to three of them."""
    with localcontext(prec=3):
        fraction = fraction_of_percent(Decimal("0.001968771125151196"))

    assert Decimal("0.00001968771125151196") == fraction


@pytest.mark.parametrize(
    "percent", ["NaN", "sNaN", "Infinity", "-Infinity", "100.1", "-101", "1e9", "1." + "1" * 70]
)
def test_a_rate_that_cannot_be_one_is_refused(percent: str) -> None:
    """Not a number, beyond all money, or with more digits than any rate has."""
    with pytest.raises((ValueError, ArithmeticError)):
        fraction_of_percent(Decimal(percent))
