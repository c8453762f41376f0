"""Fields as arrays: the same values in the same order, and one record found among many."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from reports.arrays import ROLES, integers, kinds, known, located, numbers
from trading.model.orders import OrderRole

KEYS = st.lists(st.integers(-5, 5))


class Held(Struct):
    """What a record holds."""

    amount: Decimal


class Record(Struct):
    """A record with a field of every sort."""

    at_ns: int
    role: OrderRole
    held: Held


def test_a_field_of_every_record_is_an_array() -> None:
    """Whole numbers, decimals inside another value, and members of an enum by their places."""
    records = [
        Record(3, OrderRole.STOP, Held(Decimal("0.1"))),
        Record(1, OrderRole.ENTRY, Held(Decimal("-1E+3"))),
    ]

    assert [3, 1] == integers(records, "at_ns").tolist()
    assert [0.1, -1000.0] == numbers(records, "held.amount").tolist()
    assert [OrderRole.STOP, OrderRole.ENTRY] == [
        ROLES[place] for place in kinds(records, "role", ROLES)
    ]
    assert [-1, 0] == kinds(records, "role", [OrderRole.ENTRY]).tolist()
    assert [] == numbers([], "held.amount").tolist()


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False)))
def test_a_float_is_the_nearest_one(amounts: list[Decimal]) -> None:
    """Told as JSON and read again, a decimal is the float that ``float`` makes of it."""
    found = numbers([Held(each) for each in amounts], "amount").tolist()

    assert [float(each) for each in amounts] == found


@given(KEYS, KEYS)
def test_a_key_is_found_where_it_last_stands(wanted: list[int], keys: list[int]) -> None:
    """In any order of the keys; -1 where there is none."""
    found = located(np.array(wanted, dtype=np.int64), np.array(keys, dtype=np.int64)).tolist()
    last = {key: place for place, key in enumerate(keys)}

    assert [last.get(each, -1) for each in wanted] == found


def test_what_is_not_known_is_none() -> None:
    """None, and neither a number nor NaN."""
    assert (1.5, None) == known(np.array([1.5, 2.5]), np.array([True, False]))
