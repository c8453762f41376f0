"""What the venue demands of a stop against liquidation: that it is reached first.

Judged by where the symbol's position would be liquidated with the order filled, at its own price
or at what it would meet now.

Source: Bitunix "Error code" page, 30024 (a stop above: for a short) and 30025 (for a long).
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Final

from trading.account.health import MarginHealth, Marks
from trading.broker.rules import Refusal
from trading.model.orders import OrderRequest, Side

_CODES: Final = MappingProxyType({Side.SELL: "30024", Side.BUY: "30025"})


def refusal(
    health: MarginHealth, request: OrderRequest, opening: Decimal, price: Decimal, marks: Marks
) -> Refusal | None:
    """Return the refusal of an entry whose stop would come too late; None: it has none.

    ``opening`` is what the order would open, at ``price``.
    """
    bracket, side = request.bracket, request.side
    if bracket is None:
        return None
    key = request.symbol, request.position_side
    stop = bracket.stop_price
    mark = health.liquidated_before(key, marks, side, opening, price, stop)
    if mark is None:
        return None
    beside = "above" if side.is_buy else "below"
    return _CODES[side], f"stop {stop} is not {beside} the liquidation price {float(mark):.8g}"
