"""Triggers: which price an order watches, whether it is reached, and how a trail follows.

Evaluated on every print (last), every mark and every index price; never on a candle, unless there
is nothing else (``bar_fills``).

What a price does to a waiting order:

======================  =======================================================================
stop                    a buy at or above its trigger, a sell at or below it, is triggered
take-profit             a buy at or below its trigger, a sell at or above it, is triggered
trailing stop, asleep   wakes at the activation price or beyond; nothing else happens then
trailing stop, awake    a price better than the best moves best and trigger, and triggers nothing;
                        any other triggers like a stop
======================  =======================================================================
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from trading.broker import rules
from trading.broker.live import LiveOrders
from trading.market.state import SymbolMarket
from trading.model.events import Output, TriggerMoved
from trading.model.numbers import exact, price_down, price_up
from trading.model.orders import Order, Side, Trail, TriggerSource


def is_watching(order: Order, source: TriggerSource) -> bool:
    """Tell whether an order at the venue waits for a price of this series."""
    return (
        order.awaits_trigger
        and order.request.trigger_by is source
        and not order.request.type.is_timed
        and not order.status.is_in_flight
    )


def watched_price(market: SymbolMarket, source: TriggerSource) -> float | None:
    """Return the newest price of a series; None: not known, or not told by this venue."""
    match source:
        case TriggerSource.LAST:
            return market.last_price
        case TriggerSource.MARK:
            return market.mark
        case TriggerSource.INDEX:
            return market.index


def sees(
    orders: LiveOrders, order: Order, price: float, tick: Decimal, now_ns: int, out: list[Output]
) -> bool:
    """Let a waiting order see a price; True: its trigger is reached. A trail may move."""
    if order.request.trail is None:
        return rules.is_reached(order, price)
    if follows(orders, order, price, tick, now_ns, out):
        return False
    return order.best_price is not None and rules.is_reached(order, price)


def follows(
    orders: LiveOrders, order: Order, price: float, tick: Decimal, now_ns: int, out: list[Output]
) -> bool:
    """Let a trailing stop follow a price that is better than any it has seen; True: it was.

    The trigger only ever moves towards the market: its distance is a share of the best price.
    """
    trail = order.request.trail
    if trail is None or not _is_better(order, trail, price):
        return False
    order.best_price = price
    orders.has_changed = True
    trigger = trail_trigger(trail, order.request.side, price, tick)
    if trigger != order.request.trigger_price:
        order.request = msgspec.structs.replace(order.request, trigger_price=trigger)
        out.append(TriggerMoved(at_ns=now_ns, order_id=order.order_id, trigger_price=trigger))
    return True


def trail_trigger(trail: Trail, side: Side, best: float, tick: Decimal) -> Decimal:
    """Return where a trailing stop triggers, ``callback_bps`` from the best price.

    Rounded away from the market: a venue's trigger is never nearer than it says.

    >>> trail = Trail(callback_bps=Decimal(50))
    >>> trail_trigger(trail, Side.SELL, 50_000.1, Decimal("0.1"))
    Decimal('49750.0')
    """
    callback = trail.callback_bps / 10_000
    if side is Side.SELL:
        return price_down(exact(best) * (1 - callback), tick)
    return price_up(exact(best) * (1 + callback), tick)


def _is_better(order: Order, trail: Trail, price: float) -> bool:
    is_sell = order.request.side is Side.SELL
    best = order.best_price
    if best is not None:
        return price > best if is_sell else price < best
    activation = trail.activation_price
    if activation is None:
        return True
    return price >= float(activation) if is_sell else price <= float(activation)
