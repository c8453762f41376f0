"""A position with its exact cost: the one of a symbol, or in hedge mode one of its two.

The cost (``entry_value``) is kept instead of the average price, because the sum of price times
quantity is exact and a quotient is not. What a reduction takes out of it is rounded once, to the
money quantum, and what is left stays in: nothing is lost, and a position closed to zero has given
back its cost to the last digit.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from trading.model.numbers import ZERO, money
from trading.model.sides import PositionKey, PositionSide, Side


class Position(msgspec.Struct, kw_only=True, gc=False):
    """A signed quantity (long > 0), what it cost and the margin behind it, all 0 when flat."""

    symbol: str
    quantity: Decimal = ZERO
    entry_value: Decimal = ZERO
    margin: Decimal = ZERO
    """Set aside for it in the wallet; 0 in cross mode, where the whole account stands behind it."""
    position_side: PositionSide = PositionSide.BOTH

    @property
    def key(self) -> PositionKey:
        """What names it in the account."""
        return self.symbol, self.position_side

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held."""
        return self.quantity == ZERO

    @property
    def side(self) -> Side | None:
        """The side that opened it; None when flat."""
        if self.quantity == ZERO:
            return None
        return Side.BUY if self.quantity > ZERO else Side.SELL

    @property
    def held(self) -> Decimal:
        """The quantity without its sign."""
        return abs(self.quantity)

    @property
    def signed_cost(self) -> Decimal:
        """The cost, negative for a short: what selling brought in."""
        return self.entry_value if self.quantity >= ZERO else -self.entry_value

    @property
    def average_entry(self) -> Decimal:
        """Average entry price; 0 when flat."""
        return ZERO if self.quantity == ZERO else self.entry_value / abs(self.quantity)

    def unrealised(self, mark: Decimal) -> Decimal:
        """Return the profit at a mark price: ``s * (|q| * mark - cost)``.

        >>> short = Position(symbol="BTCUSDT", quantity=Decimal("-0.4"), entry_value=Decimal(2400))
        >>> short.unrealised(Decimal(5000))
        Decimal('400.0')
        """
        if self.quantity == ZERO:
            return ZERO
        value = self.quantity * mark
        return value - self.entry_value if self.quantity > ZERO else value + self.entry_value

    def increase(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Add to the position, or open it. Duty of the caller: never against its side."""
        self.quantity += quantity if side.is_buy else -quantity
        self.entry_value += price * quantity

    def reduce(self, price: Decimal, quantity: Decimal) -> Decimal:
        """Close part or all at a price; return the realised profit before fees.

        Its margin is freed by the same part as its cost. Duty of the caller: ``quantity`` is at
        most what is held.

        >>> long = Position(symbol="BTCUSDT", quantity=Decimal("0.8"), entry_value=Decimal(4300))
        >>> long.reduce(Decimal(6000), Decimal("0.4")), long.entry_value
        (Decimal('250.00000000'), Decimal('2150.00000000'))
        """
        held = abs(self.quantity)
        is_long = self.quantity > ZERO
        is_all = quantity == held
        cost = self.entry_value if is_all else money(self.entry_value * quantity / held)
        self.entry_value -= cost
        if self.margin:
            self.margin -= self.margin if is_all else money(self.margin * quantity / held)
        self.quantity += -quantity if is_long else quantity
        proceeds = price * quantity
        return proceeds - cost if is_long else cost - proceeds
