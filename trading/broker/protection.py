"""What protects a position: brackets, OCO groups, and their fit to what is open.

A bracket's orders (stop, target, trailing stop, time stop) are one OCO group and cover one
quantity. After every fill:

==========================  ===================================================================
an entry fills              ORDER scope: its own group grows by the fill
                            POSITION scope: the group covers all that no ORDER group covers
a leg fills                 its siblings shrink with it; filled whole, it cancels them
anything else reduces       POSITION group first, then ORDER groups, farthest stop first
the position is closed      nothing that could only reduce is left
an exit or a leg fills      what is left of the entry is dropped: it must not re-open
one of a pair (``oco``)     the first fill cancels the rest of the pair
==========================  ===================================================================

So the groups together cover exactly what bracketed entries opened and nobody closed: no more, and
never less. Legs live at the venue: all this happens in the step of the fill, without latency.

In hedge mode all this is said of one position: what happens to a symbol's long leaves the
protection of its short alone. Only a pair may have its two entries in both.

Source: a leg covers, shrinks and goes as reduce-only orders do at Binance and Bybit (overlapping
ones are trimmed farthest from the market first); one bracket per position and one per order are
Bitunix's ``tpsl/position/place_order`` and ``tpsl/place_order``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from trading.account.position import Position
from trading.broker import triggers
from trading.broker.live import LiveOrders
from trading.market.state import SymbolMarket
from trading.model.events import OrderFilled, OrderResized, Output
from trading.model.numbers import ZERO
from trading.model.orders import (
    PROTECTIVE,
    Bracket,
    Order,
    OrderAction,
    OrderRequest,
    OrderRole,
    OrderType,
)

_ACCEPT: Final = OrderAction.ACCEPT
_STOP: Final = OrderRole.STOP, OrderType.STOP_MARKET
_TARGET: Final = OrderRole.TARGET, OrderType.TAKE_PROFIT_MARKET
_TARGET_LIMIT: Final = OrderRole.TARGET, OrderType.TAKE_PROFIT_LIMIT
_TRAIL: Final = OrderRole.TRAIL, OrderType.TRAILING_STOP
_TIME_STOP: Final = OrderRole.TIME_STOP, OrderType.TIMED_MARKET


def protect(
    orders: LiveOrders,
    filled: Order,
    position: Position,
    market: SymbolMarket,
    fill: OrderFilled,
    out: list[Output],
) -> None:
    """Bring everything that protects a position in line with one fill, which is booked."""
    bracket = filled.request.bracket
    if bracket is not None and _attach(orders, filled, bracket, position, market, fill, out):
        return
    _clear(orders, filled, position, fill, out)
    if position.quantity:  # else nothing that only reduces is left
        _cover(orders, filled, position, fill, out)


def _attach(
    orders: LiveOrders,
    entry: Order,
    bracket: Bracket,
    position: Position,
    market: SymbolMarket,
    fill: OrderFilled,
    out: list[Output],
) -> bool:
    """Arm the bracket at the first fill that opens; grow an ORDER group with every later one.

    True: that is all there is to do, for nothing else is live, and it covers all that is open.
    """
    held = position.quantity * fill.side.sign
    if held <= ZERO:
        return False  # it has only reduced what the other side held
    others = [order for order in orders.of(fill.symbol) if order is not entry]
    if others and not _is_first(orders, entry, bracket, others, fill, out):
        return False
    quantity = min(fill.quantity, held)
    at_ns, exchange_ns, parent_id = fill.at_ns, fill.exchange_ns, entry.order_id
    for request in _legs(entry.request, bracket, fill, quantity):
        leg = orders.number(request, fill.mid, at_ns, exchange_ns, out, parent_id=parent_id)
        leg.apply(_ACCEPT)
        if request.trail is not None:
            price = triggers.watched_price(market, request.trigger_by)
            if price is not None:
                triggers.follows(orders, leg, price, market.instrument.tick_size, at_ns, out)
    return not others and quantity == held


def _is_first(
    orders: LiveOrders,
    entry: Order,
    bracket: Bracket,
    others: list[Order],
    fill: OrderFilled,
    out: list[Output],
) -> bool:
    """Tell whether the bracket is still to be armed; the one it replaces goes.

    One that is armed grows, where it covers only what its own entry filled.
    """
    is_own = bracket.scope.is_own
    legs = [order for order in others if order.parent_id == entry.order_id]
    if legs:
        if is_own:
            for leg in legs:
                _resize(orders, leg, leg.remaining + fill.quantity, fill.at_ns, out)
        return False
    if not is_own:
        for order in others:
            other = order.request
            is_here = other.position_side is fill.position_side and other.role in PROTECTIVE
            if is_here and not other.scope.is_own:
                orders.drop(order, "replaced by a newer bracket", fill.at_ns, out)
    return True


def _legs(
    entry: OrderRequest, bracket: Bracket, fill: OrderFilled, quantity: Decimal
) -> list[OrderRequest]:
    """Return the bracket's orders: its stop, and what else there is, like it in all but the way."""
    role, kind = _STOP
    stop = OrderRequest(
        symbol=fill.symbol,
        side=fill.side.opposite,
        type=kind,
        quantity=quantity,
        role=role,
        trigger_price=bracket.stop_price,
        trigger_by=bracket.trigger_by,
        reduce_only=True,
        scope=bracket.scope,
        position_side=fill.position_side,
        intent_id=entry.intent_id,
    )
    legs = [stop]
    target = bracket.target_price
    if target is not None:
        role, kind = _TARGET_LIMIT if bracket.target_is_limit else _TARGET
        limit = target if bracket.target_is_limit else None
        legs.append(replace(stop, role=role, type=kind, trigger_price=target, price=limit))
    if bracket.trail is not None:
        role, kind = _TRAIL
        legs.append(replace(stop, role=role, type=kind, trigger_price=None, trail=bracket.trail))
    if bracket.hold_ns is not None:
        role, kind = _TIME_STOP
        fires_ns = fill.exchange_ns + bracket.hold_ns
        legs.append(replace(stop, role=role, type=kind, trigger_price=None, fires_ns=fires_ns))
    return legs


def _clear(
    orders: LiveOrders, filled: Order, position: Position, fill: OrderFilled, out: list[Output]
) -> None:
    """Drop what must not fill any more, now that this order did."""
    opened = position.side
    reducing = None if opened is None else opened.opposite
    for order in orders.live(fill.symbol):
        request = order.request
        is_entry = request.role.is_entry
        is_over = opened is None and not is_entry
        if request.position_side is fill.position_side and (
            is_over or (request.side is not reducing and order.only_reduces)
        ):
            orders.drop(order, "position closed", fill.at_ns, out)
        elif is_entry and order is not filled:
            reason = _ended(filled, order)
            if reason is not None:
                orders.drop(order, reason, fill.at_ns, out)


def _ended(filled: Order, entry: Order) -> str | None:
    """Return why an entry must not fill any more; None: it goes on."""
    request = filled.request
    if request.role.is_entry:
        is_pair = bool(request.oco) and entry.request.oco == request.oco
        return "the other of its pair filled" if is_pair else None
    return "position is being closed" if _ends(filled, entry) else None


def _ends(leaving: Order, entry: Order) -> bool:
    request = leaving.request
    if request.position_side is not entry.request.position_side:
        return False
    if request.role in PROTECTIVE and request.scope.is_own:
        return leaving.parent_id == entry.order_id
    return True


def _cover(
    orders: LiveOrders, filled: Order, position: Position, fill: OrderFilled, out: list[Output]
) -> None:
    """Size every group, and what closes the whole position, to what is open."""
    held = position.held
    groups: dict[int, list[Order]] = {}
    covering = []
    for order in orders.live(fill.symbol):
        request = order.request
        if request.position_side is not fill.position_side:
            continue
        if request.role not in PROTECTIVE:
            if request.close_position:
                _resize(orders, order, held, fill.at_ns, out)
        elif request.scope.is_own:
            groups.setdefault(order.parent_id, []).append(order)
        else:
            covering.append(order)
    left = held
    for legs in sorted(groups.values(), key=lambda legs: _away(legs, fill.price)):
        is_own = filled.parent_id == legs[0].parent_id and filled.request.role in PROTECTIVE
        covers = min(filled.remaining if is_own else legs[0].remaining, left)
        left -= covers
        for leg in legs:
            _resize(orders, leg, covers, fill.at_ns, out)
    for leg in covering:
        _resize(orders, leg, left, fill.at_ns, out)


def _away(legs: list[Order], price: Decimal) -> tuple[Decimal, int]:
    """Return how far a group's stop is from a price, and whose group it is."""
    away = [
        abs(leg.request.trigger_price - price)
        for leg in legs
        if leg.request.role is OrderRole.STOP and leg.request.trigger_price is not None
    ]
    return min(away, default=ZERO), legs[0].parent_id


def _resize(
    orders: LiveOrders, order: Order, covers: Decimal, now_ns: int, out: list[Output]
) -> None:
    if covers == ZERO:
        orders.drop(order, "what it covered is closed", now_ns, out)
    elif order.remaining != covers:
        order.quantity = order.filled + covers
        out.append(OrderResized(at_ns=now_ns, order_id=order.order_id, quantity=order.quantity))
