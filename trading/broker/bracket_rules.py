"""What the venue demands of a stop and a target that come with an order, before it takes it.

A stop lies on the losing side of where the order will trade, a target on the winning. Where that
is: the limit or the trigger of an order that has one; for any other the price the bracket watches,
as it is when the order arrives. So an order for the market whose stop was passed on its way is
refused: it opens nothing, and loses nothing.

Source: Bitunix "Error code" page. Of an index price it says nothing: 10002, parameter error.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from trading.broker.rules import Refusal
from trading.broker.triggers import watched_price
from trading.market.state import SymbolMarket
from trading.model.numbers import exact
from trading.model.orders import OrderRequest, OrderRole, Side, TriggerSource

_Place = tuple[OrderRole, Side, TriggerSource]

_BESIDE_PRICE: Final[Mapping[_Place, str]] = MappingProxyType(
    {
        (OrderRole.TARGET, Side.BUY, TriggerSource.LAST): "30026",
        (OrderRole.TARGET, Side.BUY, TriggerSource.MARK): "30027",
        (OrderRole.STOP, Side.BUY, TriggerSource.LAST): "30028",
        (OrderRole.STOP, Side.BUY, TriggerSource.MARK): "30029",
        (OrderRole.STOP, Side.SELL, TriggerSource.LAST): "30030",
        (OrderRole.STOP, Side.SELL, TriggerSource.MARK): "30031",
        (OrderRole.TARGET, Side.SELL, TriggerSource.LAST): "30032",
        (OrderRole.TARGET, Side.SELL, TriggerSource.MARK): "30033",
    }
)
_BESIDE_ORDER: Final = MappingProxyType({OrderRole.STOP: "30035", OrderRole.TARGET: "30036"})
_PARAMETER: Final = "10002"


def refusal(request: OrderRequest, market: SymbolMarket) -> Refusal | None:
    """Return the refusal of an order whose bracket lies on a wrong side; None: it has none."""
    bracket = request.bracket
    if bracket is None:
        return None
    own = request.price if request.price is not None else request.trigger_price
    price = own
    if price is None:
        watched = watched_price(market, bracket.trigger_by)
        price = None if watched is None else exact(watched)
    if price is None:
        return None  # nothing is told to judge by
    is_buy, stop, target = request.side.is_buy, bracket.stop_price, bracket.target_price
    if stop >= price if is_buy else stop <= price:
        role, level = OrderRole.STOP, stop
    elif target is not None and (target <= price if is_buy else target >= price):
        role, level = OrderRole.TARGET, target
    else:
        return None
    place = (role, request.side, bracket.trigger_by)
    code = _BESIDE_PRICE.get(place, _PARAMETER) if own is None else _BESIDE_ORDER[role]
    return code, f"{role} {level} is on the wrong side of {price} for a {request.side}"
