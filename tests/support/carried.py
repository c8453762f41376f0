"""An account that comes into a session with positions, each with the round trip it belongs to."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from trading.account.head import AccountHead, Counters
from trading.account.position import Position
from trading.account.trips import OpenTrip
from trading.model.margin import MarginMode
from trading.model.orders import Side
from trading.model.sides import PositionSide

D = Decimal


class Held(NamedTuple):
    """One position; a margin of 0 is cross."""

    quantity: str
    entry: str
    margin: str = "0"
    symbol: str = "BTCUSDT"
    side: PositionSide = PositionSide.BOTH


def carrying(*held: Held, wallet: str = "10000", mode: MarginMode | None = None) -> AccountHead:
    """Return an account that holds these; its mode follows from the margins."""
    is_isolated = any(D(each.margin) for each in held)
    positions = tuple(
        Position(
            symbol=each.symbol,
            quantity=D(each.quantity),
            entry_value=abs(D(each.quantity)) * D(each.entry),
            margin=D(each.margin),
            position_side=each.side,
        )
        for each in held
    )
    trips = tuple(
        OpenTrip(
            trip_id=number,
            symbol=each.symbol,
            side=Side.BUY if each.quantity > 0 else Side.SELL,
            opened_ns=0,
            reason_in="entry",
            quantity_in=abs(each.quantity),
            value_in=each.entry_value,
            position_side=each.position_side,
        )
        for number, each in enumerate(positions, start=1)
    )
    return AccountHead(
        wallet=D(wallet),
        margin_mode=mode or (MarginMode.ISOLATED if is_isolated else MarginMode.CROSS),
        counters=Counters(trip=len(trips)),
        positions=positions,
        trips=trips,
    )
