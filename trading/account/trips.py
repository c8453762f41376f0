"""Round trips: of one position from flat to flat, with what they earned and what they cost."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from trading.model.events import RoundTripClosed
from trading.model.numbers import ZERO
from trading.model.sides import PositionKey, PositionSide, Side


class OpenTrip(msgspec.Struct, kw_only=True, gc=False):
    """The round trip under way: all of its fills so far, in sums."""

    trip_id: int
    symbol: str
    side: Side
    opened_ns: int
    reason_in: str
    risk: Decimal = ZERO
    quantity_in: Decimal = ZERO
    value_in: Decimal = ZERO
    quantity_out: Decimal = ZERO
    value_out: Decimal = ZERO
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    position_side: PositionSide = PositionSide.BOTH

    @property
    def key(self) -> PositionKey:
        """What names its position in the account."""
        return self.symbol, self.position_side

    def close(self, at_ns: int, reason_out: str) -> RoundTripClosed:
        """Return the finished trip. Duty of the caller: as much went out as came in."""
        return RoundTripClosed(
            at_ns,
            self.trip_id,
            self.symbol,
            self.side,
            quantity=self.quantity_in,
            entry_price=self.value_in / self.quantity_in,
            exit_price=self.value_out / self.quantity_out,
            opened_ns=self.opened_ns,
            closed_ns=at_ns,
            gross=self.gross,
            fees=self.fees,
            funding=self.funding,
            net=self.gross - self.fees + self.funding,
            risk=self.risk,
            reason_in=self.reason_in,
            reason_out=reason_out,
            position_side=self.position_side,
        )
