"""Floats that become exact, and exact numbers that stay on their lattice."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.model.numbers import (
    MONEY_QUANTUM,
    exact,
    floor_to_step,
    is_multiple,
    money,
    price_down,
    price_up,
    seconds_to_ns,
    tick_beyond,
)

STEPS = st.sampled_from([Decimal(text) for text in ("0.1", "0.0001", "0.003", "5", "0.00000025")])
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=8, allow_nan=False)


@given(digits=st.integers(0, 10**12), places=st.integers(0, 9))
def test_exact_gives_back_the_venues_own_digits(digits: int, places: int) -> None:
    """A price decoded from a decimal string of up to 12 digits becomes that very number again."""
    written = Decimal(digits).scaleb(-places)

    assert written == exact(float(str(written)))


def test_equal_numbers_that_read_otherwise_keep_their_own_digits() -> None:
    """What is remembered of one number is never given for another: 0.0, -0.0, 1.0 and 1."""
    numbers = [0.0, -0.0, 1.0, 1, -0.0, 0.0, 1, 1.0]

    told = [str(exact(number)) for number in numbers]

    assert ["0.0", "-0.0", "1.0", "1", "-0.0", "0.0", "1", "1.0"] == told


@given(amount=AMOUNTS, step=STEPS)
def test_floor_to_step_is_the_largest_multiple_not_above(amount: Decimal, step: Decimal) -> None:
    """The result is on the lattice, not above the amount, and less than one step below it."""
    floored = floor_to_step(amount, step)

    assert is_multiple(floored, step)
    assert floored <= amount < floored + step


@given(price=AMOUNTS, tick=STEPS)
def test_price_up_and_down_enclose_the_price(price: Decimal, tick: Decimal) -> None:
    """Down and up are neighbours on the lattice around a price, or both are the price itself."""
    low, high = price_down(price, tick), price_up(price, tick)

    assert low <= price <= high
    assert is_multiple(low, tick)
    assert is_multiple(high, tick)
    assert (high - low) == (0 if is_multiple(price, tick) else tick)


@given(amount=st.decimals(min_value=-(10**9), max_value=10**9, places=14, allow_nan=False))
def test_money_is_on_the_quantum_and_off_by_at_most_half_of_it(amount: Decimal) -> None:
    """Rounding to the ledger's quantum moves an amount by at most half a quantum."""
    rounded = money(amount)

    assert is_multiple(rounded, MONEY_QUANTUM)
    assert abs(rounded - amount) <= MONEY_QUANTUM / 2


@given(
    price=st.decimals(min_value="0.0000001", max_value=10**9, places=18, allow_nan=False),
    tick=STEPS,
    error=st.floats(-1e-15, 1e-15),
)
def test_a_float_tells_the_next_tick_or_nothing(
    price: Decimal, tick: Decimal, error: float
) -> None:
    """However it came to be off by a little, in digit and place; or it says it cannot."""
    blurred = float(price) * (1.0 + error)
    above, below = (tick_beyond(blurred, tick, is_above=is_above) for is_above in (True, False))

    assert above is None or str(price_up(price, tick)) == str(above)
    assert below is None or str(price_down(price, tick)) == str(below)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -86_511.17, 0.0, 0.05, 1e12])
def test_a_float_that_is_no_price_or_has_too_many_ticks_tells_nothing(price: float) -> None:
    """Below the first tick, and where a float has no digits left for a part of one."""
    assert tick_beyond(price, Decimal("0.1"), is_above=True) is None


def test_money_rounds_half_to_even() -> None:
    """Halves go to the even neighbour, so that rounding favours nobody."""
    halves = [money(Decimal(text)) for text in ("0.000000005", "0.000000015", "-0.000000005")]

    assert [Decimal(0), Decimal("0.00000002"), Decimal(0)] == halves


@given(milliseconds=st.integers(0, 7 * 86_400_000))
def test_seconds_to_ns_is_exact_to_the_millisecond(milliseconds: int) -> None:
    """Up to a week, a setting in whole milliseconds loses nothing on the way to nanoseconds."""
    assert milliseconds * 1_000_000 == seconds_to_ns(milliseconds / 1_000)
