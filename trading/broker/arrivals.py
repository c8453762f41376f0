"""What reaches the venue when its time has come: orders, cancels, and questions about either."""

from __future__ import annotations

from trading.broker import rules
from trading.broker.answers import Doubt
from trading.broker.paper import PaperBroker
from trading.market.state import SymbolMarket
from trading.model.events import (
    CancelRejected,
    OrderAccepted,
    OrderRejected,
    OrderStatusLearned,
    OrderStatusUnknown,
    Output,
)
from trading.model.orders import Order, OrderAction, OrderStatus


def on_time(
    broker: PaperBroker, markets: dict[str, SymbolMarket], now_ns: int, out: list[Output]
) -> list[Order]:
    """Let everything arrive that is due, in the order of arrival; return what was accepted."""
    due: list[tuple[int, int, bool]] = []
    for order in broker.orders.values():
        if order.status is OrderStatus.IN_FLIGHT and order.arrival_ns <= now_ns:
            due.append((order.arrival_ns, order.order_id, False))
        if order.cancel_ns is not None and order.cancel_ns <= now_ns:
            due.append((order.cancel_ns, order.order_id, True))
    accepted = []
    for _, order_id, is_cancel in sorted(due):
        arrived = broker.orders.get(order_id)
        if arrived is None:
            continue
        market = markets[arrived.request.symbol]
        broker.answers.happened(market.symbol, now_ns)
        if is_cancel:
            _arrive_cancel(broker, arrived, market, now_ns, out)
        elif _arrive(broker, arrived, market, now_ns, out):
            accepted.append(arrived)
    for doubt in broker.answers.due(now_ns):
        _clear_up(broker, doubt, now_ns, out)
    return accepted


def _arrive(
    broker: PaperBroker, order: Order, market: SymbolMarket, now_ns: int, out: list[Output]
) -> bool:
    broker.has_changed = True
    refusal = _refusal(broker, order, market, now_ns)
    if refusal is not None:
        order.apply(OrderAction.REJECT)
        del broker.orders[order.order_id]
        code, detail = refusal
        out.append(OrderRejected(at_ns=now_ns, order_id=order.order_id, code=code, detail=detail))
        return False
    order.apply(OrderAction.ACCEPT)
    out.append(OrderAccepted(at_ns=now_ns, order_id=order.order_id, arrival_mid=market.mid))
    return True


def _refusal(
    broker: PaperBroker, order: Order, market: SymbolMarket, now_ns: int
) -> rules.Refusal | None:
    if not broker.requests.admits(now_ns, market.instrument.order_limits):
        return rules.TOO_FREQUENT
    refusal = rules.refusal(order.request, market, broker.account.position(market.symbol))
    if refusal is None:
        refusal = rules.crowd_refusal(order, broker.live(market.symbol), market.instrument)
    return refusal


def _arrive_cancel(
    broker: PaperBroker, order: Order, market: SymbolMarket, now_ns: int, out: list[Output]
) -> None:
    if broker.requests.admits(now_ns, market.instrument.order_limits):
        broker.drop(order, "requested", now_ns, out)
        return
    order.cancel_ns = None
    broker.has_changed = True
    code, detail = rules.TOO_FREQUENT
    out.append(CancelRejected(at_ns=now_ns, order_id=order.order_id, code=code, detail=detail))


def _clear_up(broker: PaperBroker, doubt: Doubt, now_ns: int, out: list[Output]) -> None:
    """Ask what became of a request whose answer was lost, or act on what the venue says."""
    broker.has_changed = True
    order, is_cancel = doubt.order, doubt.is_cancel
    if not doubt.is_asked:
        doubt.is_asked = True
        out.append(OrderStatusUnknown(at_ns=now_ns, order_id=order.order_id, is_cancel=is_cancel))
        return
    broker.answers.settle(doubt)
    out.append(
        OrderStatusLearned(
            at_ns=now_ns,
            order_id=order.order_id,
            is_cancel=is_cancel,
            status=order.status,
            has_reached=not doubt.is_lost,
        )
    )
    if not doubt.is_lost or order.status.is_final:
        return
    if is_cancel:
        broker.cancel(order, now_ns)  # it works on, as if never asked to go: ask again
    else:
        broker.drop(order, "20007: the venue knows no such order", now_ns, out)
