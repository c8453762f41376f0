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

Source: a leg covers, shrinks and goes as reduce-only orders do at Binance and Bybit (overlapping
ones are trimmed farthest from the market first); one bracket per position and one per order are
Bitunix's ``tpsl/position/place_order`` and ``tpsl/place_order``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from trading.broker import triggers
from trading.broker.live import LiveOrders
from trading.market.state import SymbolMarket
from trading.model.events import OrderFilled, OrderResized, OrderSubmitted, Output
from trading.model.numbers import ZERO
from trading.model.orders import (
    PROTECTIVE,
    Bracket,
    BracketScope,
    Order,
    OrderAction,
    OrderRequest,
    OrderRole,
    OrderType,
)


def protect(
    orders: LiveOrders, filled: Order, fill: OrderFilled, market: SymbolMarket, out: list[Output]
) -> None:
    """Bring everything that protects the symbol's position in line with one fill."""
    if filled.request.bracket is not None:
        _attach(orders, filled, filled.request.bracket, market, fill, out)
    _drop_entries(orders, filled, fill.at_ns, out)
    _drop_idle(orders, fill, out)
    _cover(orders, filled, fill, out)


def _attach(
    orders: LiveOrders,
    entry: Order,
    bracket: Bracket,
    market: SymbolMarket,
    fill: OrderFilled,
    out: list[Output],
) -> None:
    """Arm the bracket at the first fill that opens; grow an ORDER group with every later one."""
    opened = min(fill.quantity, abs(orders.account.position(fill.symbol).quantity))
    legs = [leg for leg in orders.live(fill.symbol) if leg.parent_id == entry.order_id]
    requests = list(_legs(entry.request, bracket, fill, opened))
    if opened == ZERO or orders.held(requests[0]) == ZERO:
        return  # it has only reduced what the other side held
    if legs:
        if bracket.scope is BracketScope.ORDER:
            for leg in legs:
                _resize(orders, leg, leg.remaining + fill.quantity, fill.at_ns, out)
        return
    if bracket.scope is BracketScope.POSITION:
        for leg in _covering(orders, fill.symbol, BracketScope.POSITION):
            orders.drop(leg, "replaced by a newer bracket", fill.at_ns, out)
    for request in requests:
        order = orders.number(
            request, market, fill.at_ns, fill.exchange_ns, parent_id=entry.order_id
        )
        order.apply(OrderAction.ACCEPT)
        out.append(
            OrderSubmitted(
                at_ns=fill.at_ns,
                order_id=order.order_id,
                request=request,
                arrival_ns=fill.at_ns,
                decision_mid=order.decision_mid,
                parent_id=entry.order_id,
            )
        )
        price = triggers.watched_price(market, request.trigger_by)
        if request.trail is not None and price is not None:
            tick = market.instrument.tick_size
            triggers.follows(orders, order, price, tick, fill.at_ns, out)


def _legs(
    entry: OrderRequest, bracket: Bracket, fill: OrderFilled, quantity: Decimal
) -> Iterator[OrderRequest]:
    def leg(role: OrderRole, kind: OrderType, **own: object) -> OrderRequest:
        return OrderRequest(
            symbol=fill.symbol,
            side=fill.side.opposite,
            type=kind,
            quantity=quantity,
            role=role,
            trigger_by=bracket.trigger_by,
            reduce_only=True,
            scope=bracket.scope,
            intent_id=entry.intent_id,
            **own,  # type: ignore[arg-type]
        )

    yield leg(OrderRole.STOP, OrderType.STOP_MARKET, trigger_price=bracket.stop_price)
    target = bracket.target_price
    if target is not None and bracket.target_is_limit:
        yield leg(OrderRole.TARGET, OrderType.TAKE_PROFIT_LIMIT, trigger_price=target, price=target)
    elif target is not None:
        yield leg(OrderRole.TARGET, OrderType.TAKE_PROFIT_MARKET, trigger_price=target)
    if bracket.trail is not None:
        yield leg(OrderRole.TRAIL, OrderType.TRAILING_STOP, trail=bracket.trail)
    if bracket.hold_ns is not None:
        fires_ns = fill.exchange_ns + bracket.hold_ns
        yield leg(OrderRole.TIME_STOP, OrderType.TIMED_MARKET, fires_ns=fires_ns)


def _drop_entries(orders: LiveOrders, filled: Order, now_ns: int, out: list[Output]) -> None:
    """Drop the entries that must not fill any more, now that this order did."""
    request = filled.request
    for order in orders.live(request.symbol):
        if order is filled or order.request.role is not OrderRole.ENTRY:
            continue
        if request.role is OrderRole.ENTRY:
            if request.oco and order.request.oco == request.oco:
                orders.drop(order, "the other of its pair filled", now_ns, out)
        elif _ends(filled, order):
            orders.drop(order, "position is being closed", now_ns, out)


def _ends(leaving: Order, entry: Order) -> bool:
    request = leaving.request
    if request.role in PROTECTIVE and request.scope is BracketScope.ORDER:
        return leaving.parent_id == entry.order_id
    return True


def _drop_idle(orders: LiveOrders, fill: OrderFilled, out: list[Output]) -> None:
    """Drop what could only reduce and finds nothing to reduce."""
    is_flat = orders.account.position(fill.symbol).is_flat
    for order in orders.live(fill.symbol):
        request = order.request
        is_idle = request.reduce_only or request.close_position or request.role in PROTECTIVE
        is_exit = request.role is not OrderRole.ENTRY and is_flat
        if is_exit or (is_idle and orders.held(request) == ZERO):
            orders.drop(order, "position closed", fill.at_ns, out)


def _cover(orders: LiveOrders, filled: Order, fill: OrderFilled, out: list[Output]) -> None:
    """Size every group, and what closes the whole position, to what is open."""
    symbol, now_ns = fill.symbol, fill.at_ns
    held = abs(orders.account.position(symbol).quantity)
    for order in orders.live(symbol):
        if order.request.close_position and order.request.role not in PROTECTIVE:
            _resize(orders, order, held, now_ns, out)
    left = held
    for coverage, legs in _order_groups(orders, filled, fill):
        covers = min(coverage, left)
        left -= covers
        for leg in legs:
            _resize(orders, leg, covers, now_ns, out)
    for leg in _covering(orders, symbol, BracketScope.POSITION):
        _resize(orders, leg, left, now_ns, out)


def _order_groups(
    orders: LiveOrders, filled: Order, fill: OrderFilled
) -> list[tuple[Decimal, list[Order]]]:
    """Return the ORDER groups with what each covers, the stop nearest to the market first."""
    groups: dict[int, list[Order]] = {}
    for leg in _covering(orders, fill.symbol, BracketScope.ORDER):
        groups.setdefault(leg.parent_id, []).append(leg)
    covered = []
    for parent_id, legs in groups.items():
        is_own = filled.parent_id == parent_id and filled.request.role in PROTECTIVE
        coverage = filled.remaining if is_own else legs[0].remaining
        away = min(
            (
                abs(leg.request.trigger_price - fill.price)
                for leg in legs
                if leg.request.role is OrderRole.STOP and leg.request.trigger_price is not None
            ),
            default=ZERO,
        )
        covered.append((away, parent_id, coverage, legs))
    return [(coverage, legs) for _, _, coverage, legs in sorted(covered, key=lambda g: g[:2])]


def _covering(orders: LiveOrders, symbol: str, scope: BracketScope) -> list[Order]:
    return [
        order
        for order in orders.live(symbol)
        if order.request.role in PROTECTIVE and order.request.scope is scope
    ]


def _resize(
    orders: LiveOrders, order: Order, covers: Decimal, now_ns: int, out: list[Output]
) -> None:
    if covers == ZERO:
        orders.drop(order, "what it covered is closed", now_ns, out)
    elif order.remaining != covers:
        order.quantity = order.filled + covers
        out.append(OrderResized(at_ns=now_ns, order_id=order.order_id, quantity=order.quantity))
