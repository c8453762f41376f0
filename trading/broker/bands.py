"""What can happen to live orders by itself, and when: prices that stir them, times that end them.

The engine skips the full step for whatever lies inside these bounds; a test holds that the
shortcut and the full step leave the same state.
"""

from __future__ import annotations

from math import inf
from typing import Final

from trading.broker import rules
from trading.broker.live import LiveOrders
from trading.market.state import SymbolMarket
from trading.model.numbers import NEVER_NS
from trading.model.orders import Order, Side, Trail

EVERYTHING: Final = (-inf, inf)
NOTHING: Final = (inf, -inf)


def quiet_band(orders: LiveOrders, market: SymbolMarket) -> tuple[float, float]:
    """Return ``(low, high)``: prints strictly between them can neither fill, trigger nor move.

    A trailing stop is stirred on both sides: by its trigger, and by any new best price.
    """
    low, high = EVERYTHING
    for order in orders.of(market.symbol):
        request, level = order.request, None
        kind = request.type
        if order.is_triggered or not kind.is_triggered:
            if order.is_resting and kind.has_limit:
                level = request.price
        elif kind.is_timed:
            continue  # only time stirs it
        elif not order.status.is_in_flight:
            if request.trail is not None:
                below, above = _trail_band(order, request.trail)
                low, high = max(low, below), min(high, above)
                continue
            level = request.trigger_price
        if level is None:
            if not market.has_book:
                return NOTHING  # waits for a print, whatever its price
        elif rules.waits_below(order):
            low = max(low, float(level))
        else:
            high = min(high, float(level))
    return low, high


def _trail_band(order: Order, trail: Trail) -> tuple[float, float]:
    is_sell = order.request.side is Side.SELL
    best, trigger = order.best_price, order.request.trigger_price
    if best is not None and trigger is not None:
        return (float(trigger), best) if is_sell else (best, float(trigger))
    if trail.activation_price is None:
        return NOTHING  # the next price wakes it
    level = float(trail.activation_price)
    return (-inf, level) if is_sell else (level, inf)


def due_ns(orders: LiveOrders) -> tuple[int, int]:
    """Return when something next happens to live orders by itself; ``NEVER_NS``: nothing will.

    The first is the engine time of the next arrival at the venue; the second the exchange time at
    which an order expires or fires.
    """
    arrives_ns = ends_ns = NEVER_NS
    for order in orders.orders.values():
        if order.status.is_in_flight and order.arrival_ns < arrives_ns:
            arrives_ns = order.arrival_ns
        if order.cancel_ns is not None and order.cancel_ns < arrives_ns:
            arrives_ns = order.cancel_ns
        if order.amendments and order.amendments[0].arrival_ns < arrives_ns:
            arrives_ns = order.amendments[0].arrival_ns
    for order in orders.timed.values():
        request = order.request
        at_ns = request.expires_ns
        if at_ns is None and request.fires_ns is not None and order.awaits_trigger:
            at_ns = request.fires_ns
        if at_ns is not None and at_ns < ends_ns:
            ends_ns = at_ns
    return arrives_ns, ends_ns
