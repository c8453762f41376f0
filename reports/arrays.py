"""Fields of many records as arrays: what is drawn or listed by the hundred thousand.

Money stays in its records; an array is for pictures, and for finding one record among many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from trading.model.events import OrderFilled
from trading.model.orders import OrderRole, Side
from trading.model.sides import PositionSide

ROLES: Final = tuple(OrderRole)
SIDES: Final = tuple(Side)
LEGS: Final = tuple(PositionSide)
_DECIMALS: Final = msgspec.json.Encoder(decimal_format="number")
_FLOATS: Final = msgspec.json.Decoder(list[float | None])


def integers(records: Sequence[object], field: str) -> NDArray[np.int64]:
    """Return a field of every record; a dot goes into what the field holds."""
    return np.fromiter(map(attrgetter(field), records), np.int64, len(records))


def numbers(records: Sequence[object], field: str) -> NDArray[np.float64]:
    """Return a decimal field of every record as the nearest floats, NaN for None.

    Told and read again as JSON, which takes half as long as a float of each decimal.
    """
    told = _DECIMALS.encode(list(map(attrgetter(field), records)))
    return np.array(_FLOATS.decode(told), dtype=np.float64)


def kinds(records: Sequence[object], field: str, members: Sequence[object]) -> NDArray[np.int64]:
    """Return which of an enum's members a field of every record is, by its place among them.

    Told by which object it is, for an enum hashes slowly; -1: none of them.
    """
    objects = np.fromiter(map(id, map(attrgetter(field), records)), np.int64, len(records))
    found = np.full(objects.size, -1, dtype=np.int64)
    for place, member in enumerate(members):
        found[objects == id(member)] = place
    return found


@dataclass(frozen=True, slots=True)
class Fills:
    """Fills as arrays; roles, sides and legs by their places among the members of their enums."""

    at_ns: NDArray[np.int64]
    prices: NDArray[np.float64]
    roles: NDArray[np.int64]
    sides: NDArray[np.int64]
    legs: NDArray[np.int64]
    """Which position of its symbol a fill is of."""

    @classmethod
    def of(cls, fills: Sequence[OrderFilled]) -> Fills:
        """Read each fill once."""
        return cls(
            integers(fills, "at_ns"),
            numbers(fills, "price"),
            kinds(fills, "role", ROLES),
            kinds(fills, "side", SIDES),
            kinds(fills, "position_side", LEGS),
        )

    @property
    def is_entry(self) -> NDArray[np.bool_]:
        """Which of them opened a position or added to it."""
        return np.equal(self.roles, ROLES.index(OrderRole.ENTRY))

    def at(self, places: NDArray[np.bool_] | slice) -> Fills:
        """Return some of them."""
        return Fills(
            self.at_ns[places],
            self.prices[places],
            self.roles[places],
            self.sides[places],
            self.legs[places],
        )


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders as arrays: ``triggers`` are NaN where there is none, ``ended_ns`` then -1."""

    ids: NDArray[np.int64]
    submitted_ns: NDArray[np.int64]
    arrival_ns: NDArray[np.int64]
    ended_ns: NDArray[np.int64]
    triggers: NDArray[np.float64]
    roles: NDArray[np.int64]

    @classmethod
    def of(cls, orders: Sequence[object]) -> Orders:
        """Read each order's life once."""
        ended_ns = map(attrgetter("ended_ns"), orders)
        return cls(
            integers(orders, "order_id"),
            integers(orders, "submitted_ns"),
            integers(orders, "arrival_ns"),
            np.fromiter((-1 if at is None else at for at in ended_ns), np.int64, len(orders)),
            numbers(orders, "request.trigger_price"),
            kinds(orders, "request.role", ROLES),
        )


def known(values: NDArray[np.float64], is_known: NDArray[np.bool_]) -> tuple[float | None, ...]:
    """Return values, with None for each that is not known."""
    told: list[float | None] = values.tolist()
    for missing in np.flatnonzero(~is_known):
        told[missing] = None
    return tuple(told)


def located(wanted: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return where each wanted key stands; the last place of several, -1 where there is none.

    >>> located(np.array([5, 4, 3]), np.array([5, 3, 5])).tolist()
    [2, -1, 1]
    """
    if not keys.size:
        return np.full(wanted.size, -1, dtype=np.intp)
    order = np.argsort(keys, kind="stable")
    places = order[np.searchsorted(keys, wanted, side="right", sorter=order) - 1]
    return np.where(keys[places] == wanted, places, -1)
