"""Fills where the feed shows prints but no book: a print, half a spread to our disadvantage.

Honesty, stated. There is no depth to walk, so size is not judged: fit for small orders only. A
resting order is filled by a print through its price, never at it.
"""

from __future__ import annotations

from decimal import Decimal

from trading.broker import rules
from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.broker.resting import fill_resting, is_through
from trading.market.state import SymbolMarket
from trading.model.events import Output, PublicTrade
from trading.model.numbers import ZERO, exact, price_down, price_up
from trading.model.orders import (
    Liquidity,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    TriggerSource,
)


def on_trade(
    broker: PaperBroker, market: SymbolMarket, trade: PublicTrade, now_ns: int, out: list[Output]
) -> None:
    """Let a print fill what waits for the market, then what rests, then pull triggers."""
    for order in broker.live(market.symbol):
        has_arrived = (
            order.status is not OrderStatus.IN_FLIGHT
            and not order.status.is_final
            and trade.exchange_ns >= max(order.arrival_exchange_ns, broker.paused_until_ns)
        )
        if not has_arrived:
            continue
        request = order.request
        if request.type is OrderType.MARKET or order.is_triggered:
            price = worse(broker, order, market, trade.price)
            _take(broker, order, market, price, trade, now_ns, out)
        elif request.type is OrderType.LIMIT:
            _meet_limit(broker, order, market, trade, now_ns, out)
        elif request.trigger_by is TriggerSource.LAST and rules.is_reached(order, trade.price):
            broker.trigger(order, trade.price, trade.exchange_ns, now_ns, out)


def worse(broker: PaperBroker, order: Order, market: SymbolMarket, price: float) -> Decimal:
    """Return a price half a spread to the order's disadvantage, on the tick lattice."""
    tick = market.instrument.tick_size
    seen = exact(price)
    if order.request.side is Side.BUY:
        return price_up(seen * (1 + broker.half_spread), tick)
    return price_down(seen * (1 - broker.half_spread), tick)


def _take(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    price: Decimal,
    trade: PublicTrade,
    now_ns: int,
    out: list[Output],
) -> None:
    quantity = broker.wanted(order)
    if quantity > ZERO:
        evidence = Evidence(trade.exchange_ns, "trade")
        broker.fill(order, price, quantity, Liquidity.TAKER, market, evidence, now_ns, out)


def _meet_limit(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    trade: PublicTrade,
    now_ns: int,
    out: list[Output],
) -> None:
    limit = order.request.price
    if limit is None:
        return
    if order.is_resting:
        if is_through(order, trade):
            quantity = min(exact(trade.quantity), broker.wanted(order))
            fill_resting(broker, order, market, quantity, trade.exchange_ns, now_ns, out)
        return
    price = worse(broker, order, market, trade.price)
    if price <= limit if order.request.side is Side.BUY else price >= limit:
        _take(broker, order, market, price, trade, now_ns, out)
    elif order.request.time_in_force is TimeInForce.IOC:
        broker.drop(order, "immediate or cancel", now_ns, out)
    else:
        order.is_resting = True
        broker.has_changed = True
