"""Fills where there are closed bars and nothing else.

Honesty, stated. An order sent at the close of one bar trades at the open of the next, half a
spread to our disadvantage. Inside a bar the order of high and low is unknown, so the worse one
comes first: a bar that touches stop and target is a stop, and the bar of the entry may stop it
out but not pay it. A bar that opens beyond a trigger fills at its open. A resting order needs the
price to go through it by at least one tick. A bar is never used before it is closed.
"""

from __future__ import annotations

from decimal import Decimal

from trading.broker import rules
from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.broker.trade_fills import worse
from trading.market.state import SymbolMarket
from trading.model.events import CandleClosed, Output
from trading.model.numbers import NS_PER_S, ZERO
from trading.model.orders import (
    Liquidity,
    Order,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)


def on_candle(
    broker: PaperBroker, market: SymbolMarket, candle: CandleClosed, now_ns: int, out: list[Output]
) -> None:
    """Let a closed bar fill what was at the venue before it closed."""
    close_ns = candle.open_ns + candle.interval_s * NS_PER_S
    waiting = [
        order
        for order in broker.live(market.symbol)
        if order.status is not OrderStatus.IN_FLIGHT and order.arrival_exchange_ns < close_ns
    ]
    evidence = Evidence(candle.open_ns, "bar")
    for order in waiting:
        if order.status.is_final:
            continue  # another order's fill has closed the position
        if order.request.type is OrderType.MARKET:
            price = worse(broker, order, market, candle.open)
            _fill(broker, order, price, Liquidity.TAKER, market, evidence, now_ns, out)
        elif order.request.type is OrderType.LIMIT:
            _meet_limit(broker, order, market, candle, now_ns, out)
    # The bar of an entry may stop it out, never pay it: what it did before the entry is unknown.
    armed = [order for order in waiting if order.request.type.is_triggered]
    known = {order.order_id for order in waiting}
    entered = [o for o in broker.live(market.symbol) if _is_stop(o) and o.order_id not in known]
    _protect(broker, market, armed + entered, candle, now_ns, out)


def settle(
    broker: PaperBroker,
    market: SymbolMarket,
    candle: CandleClosed,
    since_ns: int,
    now_ns: int,
    out: list[Output],
) -> None:
    """Pull the triggers that a bar reached while nobody listened, from ``since_ns`` on.

    Only what was armed before that counts: the rest was watched print by print. The extremes of a
    bar that was partly heard lie in its unheard part, or they would have triggered then.
    """
    armed = [
        order
        for order in broker.live(market.symbol)
        if order.request.type.is_triggered
        and not order.is_triggered
        and order.arrival_exchange_ns <= since_ns
    ]
    _protect(broker, market, armed, candle, now_ns, out, is_backfilled=True)


def _is_stop(order: Order) -> bool:
    return order.request.role is OrderRole.STOP


def _protect(
    broker: PaperBroker,
    market: SymbolMarket,
    orders: list[Order],
    candle: CandleClosed,
    now_ns: int,
    out: list[Output],
    *,
    is_backfilled: bool = False,
) -> None:
    """Pull the triggers the bar reached: stops before targets."""
    reached = [order for order in orders if _extreme_reached(order, candle)]
    is_ambiguous = len({_is_stop(order) for order in reached}) > 1
    for order in sorted(reached, key=lambda each: not _is_stop(each)):
        trigger = order.request.trigger_price
        if order.status.is_final or trigger is None:
            continue
        is_gap = rules.is_reached(order, candle.open)
        level = candle.open if is_gap else float(trigger)
        broker.trigger(order, level, candle.open_ns, now_ns, out)
        price = worse(broker, order, market, level)
        source = "backfill" if is_backfilled else "bar"
        evidence = Evidence(candle.open_ns, source, is_ambiguous or is_backfilled)
        _fill(broker, order, price, Liquidity.TAKER, market, evidence, now_ns, out)


def _extreme_reached(order: Order, candle: CandleClosed) -> bool:
    """Tell whether the bar's open or the extreme on the order's side reached its trigger."""
    extreme = candle.low if rules.waits_below(order) else candle.high
    return rules.is_reached(order, extreme) or rules.is_reached(order, candle.open)


def _meet_limit(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    candle: CandleClosed,
    now_ns: int,
    out: list[Output],
) -> None:
    limit = order.request.price
    if limit is None:
        return
    evidence = Evidence(candle.open_ns, "bar")
    is_buy = order.request.side is Side.BUY
    if not order.is_resting:
        price = worse(broker, order, market, candle.open)
        if price <= limit if is_buy else price >= limit:
            _fill(broker, order, price, Liquidity.TAKER, market, evidence, now_ns, out)
            return
        if order.request.time_in_force is TimeInForce.IOC:
            broker.drop(order, "immediate or cancel", now_ns, out)
            return
        order.is_resting = True
        broker.has_changed = True
    through = float(limit + (-1 if is_buy else 1) * market.instrument.tick_size)
    if candle.low <= through if is_buy else candle.high >= through:
        _fill(broker, order, limit, Liquidity.MAKER, market, evidence, now_ns, out)


def _fill(
    broker: PaperBroker,
    order: Order,
    price: Decimal,
    liquidity: Liquidity,
    market: SymbolMarket,
    evidence: Evidence,
    now_ns: int,
    out: list[Output],
) -> None:
    quantity = broker.wanted(order)
    if quantity > ZERO:
        broker.fill(order, price, quantity, liquidity, market, evidence, now_ns, out)
