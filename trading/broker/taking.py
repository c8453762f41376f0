"""How an order takes what the market offers it: by the run's taker model, never from ourselves.

Fill-or-kill and post-only orders ask first, and take nothing when they go away.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from trading.broker import rules
from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.broker.takers import Sight
from trading.market.state import SymbolMarket
from trading.model.events import Output
from trading.model.numbers import ZERO
from trading.model.orders import Liquidity, Order, TimeInForce

_TAKER: Final = Liquidity.TAKER
UNFILLABLE = "unfillable: over the share of the bar's volume that can be had"


def take(
    broker: PaperBroker,
    order: Order,
    sight: Sight,
    worst: float | None,
    evidence: Evidence,
    now_ns: int,
    out: list[Output],
) -> None:
    """Fill an order with what it can have now, down to its ``worst`` price; None: any price.

    It may end here: filled, or dropped at its first look at the market.
    """
    wanted = broker.wanted(order)
    if wanted <= ZERO:
        return
    market = sight.market
    side = order.request.side
    consumption = broker.consumption(market.symbol)
    taker = broker.execution.taker
    if order.request.time_in_force.looks_first:
        would_be = taker.take(side, wanted, worst, sight, consumption.trial())
        gives_up = rules.first_look(order, sum((size for _, size in would_be), ZERO), wanted)
        if gives_up is not None:
            broker.drop(order, gives_up, now_ns, out)
            return
    for price, quantity in taker.take(side, wanted, worst, sight, consumption):
        if len(broker.orders) > 1:
            expire_own(broker, order, price, market, now_ns, out)
        broker.fill(order, price, quantity, _TAKER, market, evidence, now_ns, out)
        if order.status.is_final:
            return


def expire_own(
    broker: PaperBroker,
    taker: Order,
    price: Decimal,
    market: SymbolMarket,
    now_ns: int,
    out: list[Output],
) -> None:
    """Take our own resting orders out of a taker's way: an account does not trade with itself.

    Source: Binance's self-trade prevention, EXPIRE_MAKER; Bitunix documents none.
    """
    side = taker.request.side
    for order in broker.live(market.symbol):
        if not order.is_resting or order.request.side is side:
            continue
        limit = order.request.price
        if limit is not None and (price - limit) * side.sign >= ZERO:
            reason = f"expired: would trade with order {taker.order_id}"
            broker.drop(order, reason, now_ns, out)


def give_up_rest(broker: PaperBroker, order: Order, now_ns: int, out: list[Output]) -> None:
    """Drop what is left of a market order that enters, or is IOC, where no book is shown.

    Nothing more is to be had of the bar. What closes a position stays and goes on with the next.
    """
    request = order.request
    if request.role.is_entry or request.time_in_force is TimeInForce.IOC:
        broker.drop(order, UNFILLABLE, now_ns, out)
