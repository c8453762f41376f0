"""How a resting limit order is reached by prints, and filled: at its own price, as a maker."""

from __future__ import annotations

from decimal import Decimal

from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.market.state import SymbolMarket
from trading.model.events import Output, PublicTrade
from trading.model.numbers import ZERO, exact, floor_to_step
from trading.model.orders import Liquidity, Order, Side


def is_through(order: Order, trade: PublicTrade) -> bool:
    """Tell whether a print went through a limit order's price, not merely to it."""
    price = order.request.price
    if price is None:
        return False
    limit = float(price)
    return trade.price < limit if order.request.side is Side.BUY else trade.price > limit


def reached(order: Order, trade: PublicTrade) -> Decimal:
    """Return how much of a print reaches a resting order; moves its place in the queue."""
    price = order.request.price
    if price is None or not order.is_resting:
        return ZERO
    if is_through(order, trade):
        order.queue_ahead = 0.0
        return exact(trade.quantity)
    if trade.price != float(price) or order.queue_ahead is None:
        return ZERO
    # In decimals: 0.7 printed on 0.5 ahead leaves 0.2 for us, not 0.19999999999999996.
    beyond = exact(trade.quantity) - exact(order.queue_ahead)
    order.queue_ahead = float(max(ZERO, -beyond))
    return max(ZERO, beyond)


def fill_resting(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    quantity: Decimal,
    exchange_ns: int,
    now_ns: int,
    out: list[Output],
) -> None:
    """Fill a resting order at its own price, in whole lot steps."""
    whole = floor_to_step(quantity, market.instrument.quantity_step)
    price = order.request.price
    if whole <= ZERO or price is None:
        return
    evidence = Evidence(exchange_ns, "queue")
    broker.fill(order, price, whole, Liquidity.MAKER, market, evidence, now_ns, out)
