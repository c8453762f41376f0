"""Amendments: what changing a live order does to it, and what it costs in the queue.

============================  =================================================================
price of a resting limit      behind everybody at the new price; if it crosses, it trades there
quantity up                   behind everybody at its price
quantity down                 keeps its place where the venue lets it (``shrinking_keeps_place``)
quantity down to its fills    cancelled: nothing is left to trade
trigger                       waits for the new one; one that would trigger at once is refused
anything illegal              refused; the order stands as it was
============================  =================================================================

Source: Binance futures "Modify Order": a modified order is sorted anew in the matching queue, a
modification outside the filters is rejected and the order kept, a quantity at or below what is
executed cancels it (read 2026-11); Bybit "Amend Order": decreasing the quantity does not affect
the place, increasing it loses it. Bitunix documents ``modify_order`` and no place in the queue:
the cautious default is to lose it.
"""

from __future__ import annotations

import msgspec

from trading.broker import bracket_rules, funds, rules
from trading.broker.funds import Markets
from trading.broker.live import LiveOrders
from trading.broker.rules import Refusal
from trading.market.state import SymbolMarket
from trading.model.events import AmendRejected, OrderAmended, Output
from trading.model.orders import PROTECTIVE, Amendment, Order, OrderAction, OrderRequest, OrderRole


def arrive(
    orders: LiveOrders,
    order: Order,
    markets: Markets,
    *,
    shrinking_keeps_place: bool,
    now_ns: int,
    out: list[Output],
) -> bool:
    """Apply the oldest change on its way to an order; True: the order lives and was changed."""
    change, *later = order.amendments
    order.amendments = tuple(later)
    orders.has_changed = True
    quantity = order.quantity if change.quantity is None else change.quantity
    request = changed(order.request, change)
    market = markets[request.symbol]
    left = quantity - order.filled
    refusal = _refusal(order, change, request, market) or funds.refusal(
        orders, order, request, left, markets
    )
    if refusal is not None:
        code, detail = refusal
        out.append(AmendRejected(at_ns=now_ns, order_id=order.order_id, code=code, detail=detail))
        return False
    if quantity <= order.filled:
        orders.drop(order, "amended down to what is filled", now_ns, out)
        return False
    is_only_smaller = request == order.request and quantity <= order.quantity
    keeps_place = order.is_resting and is_only_smaller and shrinking_keeps_place
    order.apply(OrderAction.AMEND)
    order.request = request
    order.quantity = quantity
    if not keeps_place:
        order.is_resting = False
        order.queue_ahead = None
        # It meets nothing older than its change. A stop does, should a print come late: whatever
        # reached it where it was reaches it where it is.
        if request.role is not OrderRole.STOP:
            order.arrival_exchange_ns = max(order.arrival_exchange_ns, change.arrival_exchange_ns)
    out.append(
        OrderAmended(
            at_ns=now_ns,
            order_id=order.order_id,
            quantity=quantity,
            price=request.price,
            trigger_price=request.trigger_price,
            keeps_place=keeps_place,
        )
    )
    return True


def changed(request: OrderRequest, change: Amendment) -> OrderRequest:
    """Return the request with the prices of a change; the original where it has none."""
    if change.price is None and change.trigger_price is None:
        return request
    return msgspec.structs.replace(
        request,
        price=request.price if change.price is None else change.price,
        trigger_price=(
            request.trigger_price if change.trigger_price is None else change.trigger_price
        ),
    )


def _refusal(
    order: Order, change: Amendment, request: OrderRequest, market: SymbolMarket
) -> Refusal | None:
    kind = request.type
    if change.price is not None and not kind.has_limit:
        return "10002", f"a {kind} order has no price to change"
    if change.trigger_price is not None:
        if order.request.trigger_price is None or request.trail is not None:
            return "10002", f"a {kind} order has no trigger price to change"
        if not order.awaits_trigger:
            return "30011", "the order is triggered already"
    if change.quantity is not None and (request.role in PROTECTIVE or request.close_position):
        return "10002", "it covers what is open, no other quantity"
    quantity = order.quantity if change.quantity is None else change.quantity
    sized = msgspec.structs.replace(request, quantity=quantity)
    is_moved = change.trigger_price is not None
    return (
        rules.lattice_refusal(sized, market)
        or (rules.quantity_refusal(sized, market) if quantity > order.filled else None)
        or rules.price_refusal(sized, market, is_waiting=is_moved)
        or bracket_rules.refusal(sized, market)
    )
