"""What reaches the venue in its time: orders, changes, cancels, and questions about their fate."""

from __future__ import annotations

from typing import Final

from trading.broker import amends, bracket_rules, funds, rules
from trading.broker.answers import Doubt
from trading.broker.funds import Markets
from trading.broker.paper import PaperBroker
from trading.market.state import SymbolMarket
from trading.model.events import (
    AmendRejected,
    CancelRejected,
    OrderAccepted,
    OrderRejected,
    OrderStatusLearned,
    OrderStatusUnknown,
    Output,
)
from trading.model.orders import Order, OrderAction

_ORDER: Final = 0
_CHANGE: Final = 1
_CANCEL: Final = 2
"""What arrives at one instant for one order, in this sequence."""


def on_time(broker: PaperBroker, markets: Markets, now_ns: int, out: list[Output]) -> list[Order]:
    """Let everything arrive that is due, in the order of arrival.

    Returns the orders that were accepted or changed, to meet the market there is.
    """
    moved = []
    for _, order_id, what in _due(broker, now_ns):
        arrived = broker.orders.get(order_id)
        if arrived is None:
            continue
        market = markets[arrived.request.symbol]
        broker.answers.happened(market.symbol, now_ns)
        if what == _CANCEL:
            _arrive_cancel(broker, arrived, market, now_ns, out)
        else:
            arrive = _arrive if what == _ORDER else _arrive_change
            if arrive(broker, arrived, market, markets, now_ns, out):
                moved.append(arrived)
    for doubt in broker.answers.due(now_ns):
        _clear_up(broker, doubt, now_ns, out)
    return moved


def _due(broker: PaperBroker, now_ns: int) -> list[tuple[int, int, int]]:
    """Return arrival, order and kind of everything that has arrived by now."""
    due: list[tuple[int, int, int]] = []
    for order in broker.orders.values():
        if order.status.is_in_flight and order.arrival_ns <= now_ns:
            due.append((order.arrival_ns, order.order_id, _ORDER))
        if order.amendments:
            due.extend(
                (change.arrival_ns, order.order_id, _CHANGE)
                for change in order.amendments
                if change.arrival_ns <= now_ns
            )
        if order.cancel_ns is not None and order.cancel_ns <= now_ns:
            due.append((order.cancel_ns, order.order_id, _CANCEL))
    return sorted(due) if len(due) > 1 else due


def _arrive(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    markets: Markets,
    now_ns: int,
    out: list[Output],
) -> bool:
    broker.has_changed = True
    refusal = _refusal(broker, order, market, markets, now_ns)
    if refusal is not None:
        order.apply(OrderAction.REJECT)
        code, detail = refusal
        out.append(OrderRejected(at_ns=now_ns, order_id=order.order_id, code=code, detail=detail))
        broker.forget(order, now_ns, out)
        return False
    order.apply(OrderAction.ACCEPT)
    broker.client_ids.spend(order)
    out.append(OrderAccepted(at_ns=now_ns, order_id=order.order_id, arrival_mid=market.mid))
    return True


def _refusal(
    broker: PaperBroker, order: Order, market: SymbolMarket, markets: Markets, now_ns: int
) -> rules.Refusal | None:
    instrument, request, account = market.instrument, order.request, broker.account
    if not broker.requests.admits(now_ns, instrument.order_limits):
        return rules.TOO_FREQUENT
    return (
        rules.mode_refusal(request, account.terms.position_mode)
        or rules.refusal(request, market, account.position(market.symbol, request.position_side))
        or bracket_rules.refusal(request, market)
        or rules.crowd_refusal(order, broker.orders.values(), instrument)
        or funds.refusal(broker, order, request, order.remaining, markets)
    )


def _arrive_change(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    markets: Markets,
    now_ns: int,
    out: list[Output],
) -> bool:
    if broker.requests.admits(now_ns, market.instrument.order_limits):
        keeps = broker.config.shrinking_keeps_place
        return amends.arrive(
            broker, order, markets, shrinking_keeps_place=keeps, now_ns=now_ns, out=out
        )
    order.amendments = order.amendments[1:]
    broker.has_changed = True
    code, detail = rules.TOO_FREQUENT
    out.append(AmendRejected(at_ns=now_ns, order_id=order.order_id, code=code, detail=detail))
    return False


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
