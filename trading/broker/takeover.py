"""How the paper venue closes a position by force: an order of its own, and what that leaves.

The order takes what the market offers down to the bankruptcy price, as an immediate or cancel. Of
what must go whole, the venue takes the rest over at that very price: its own loss or gain from
there on. So no liquidation is better than the market, nor worse than bankruptcy.

Source: Binance "Liquidation Protocols" (an IOC first, the insurance fund at the bankruptcy price
after it); Bybit and Bitunix settle the rest alike.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from trading.account.position import Position
from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.broker.takers import Sight
from trading.broker.taking import take
from trading.model.events import Output
from trading.model.numbers import ZERO
from trading.model.orders import (
    Liquidity,
    OrderAction,
    OrderRequest,
    OrderRole,
    OrderType,
    TimeInForce,
)


class Cut(NamedTuple):
    """What of a position must go, and the price at which all that backs it is gone."""

    position: Position
    quantity: Decimal
    bankruptcy: Decimal


def close_out(
    broker: PaperBroker,
    cut: Cut,
    sight: Sight,
    evidence: Evidence,
    now_ns: int,
    out: list[Output],
    *,
    sees_market: bool,
) -> None:
    """Close what must go of a position; all of it goes whatever the market offers.

    Without ``sees_market`` nothing is known of what it offered: bankruptcy is all that is sure.
    """
    market = sight.market
    position, quantity, bankruptcy = cut
    if position.side is None:
        return
    is_whole = quantity == position.held
    request = OrderRequest(
        symbol=market.symbol,
        side=position.side.opposite,
        type=OrderType.LIMIT,
        quantity=quantity,
        role=OrderRole.LIQUIDATION,
        price=bankruptcy,
        time_in_force=TimeInForce.IOC,
        reduce_only=True,
        position_side=position.position_side,
    )
    order = broker.number(request, market.mid, now_ns, evidence.exchange_ns, out)
    order.apply(OrderAction.ACCEPT)
    if sees_market:
        take(broker, order, sight, float(bankruptcy), evidence, now_ns, out)
    left = broker.wanted(order)
    if order.status.is_final:
        return
    if is_whole and left > ZERO:
        taken_over = Evidence(evidence.exchange_ns, "takeover", is_pessimistic=not sees_market)
        broker.fill(order, bankruptcy, left, Liquidity.TAKER, market, taken_over, now_ns, out)
    else:
        broker.drop(order, "immediate or cancel", now_ns, out)
