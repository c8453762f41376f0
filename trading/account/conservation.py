"""The account's books against each other, at run time: what was realised is what the fills say.

The ledger adds up its own lines. This adds up something else, the cash of every fill as if there
were no positions at all, and holds one against the other: whatever a position's arithmetic does,
money can neither appear nor be lost in it, to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from trading.account.position import Position
from trading.errors import ConservationBroken
from trading.model.events import OrderFilled
from trading.model.numbers import ZERO
from trading.model.sides import PositionKey, name_of


class Conservation:
    """What the fills say of an account, added up apart from its positions.

    Invariants: ``realised == cash + cost held - cost carried in + what rounding moved``; a position
    is what was carried in and its fills.
    """

    __slots__ = ("_cash", "_positions", "_quantities")

    def __init__(self, positions: Mapping[PositionKey, Position]) -> None:
        """Begin with what the account carries; these are its positions, now and later."""
        self._positions = positions
        self._cash = -sum((each.signed_cost for each in positions.values()), ZERO)
        """What fills and rounding moved, those of the carried positions at their cost."""
        self._quantities = {key: each.quantity for key, each in positions.items()}

    def rounded(self, amount: Decimal, moved: Decimal) -> None:
        """Take note of what a ledger line differs from the exact amount."""
        self._cash += moved - amount

    def check(self, fill: OrderFilled, bought: Decimal, realised: Decimal, cause: str) -> None:
        """Add a fill that bought so much, or sold it; then hold what is held and realised by all.

        Raises:
            ConservationBroken: when they differ; always our bug.
        """
        self._cash -= bought * fill.price
        quantities, key, cost = self._quantities, (fill.symbol, fill.position_side), ZERO
        quantities[key] = quantities.get(key, ZERO) + bought
        for key, position in self._positions.items():
            cost += position.signed_cost
            quantity = quantities.get(key, ZERO)
            if position.quantity != quantity:
                raise ConservationBroken(
                    f"{cause}: {name_of(position)}: expected {quantity} by the fills, "
                    f"was {position.quantity}"
                )
        expected = self._cash + cost
        if realised != expected:
            raise ConservationBroken(
                f"{cause}: realised in all: expected {expected} by the fills, was {realised}"
            )
