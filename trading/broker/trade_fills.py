"""Fills where the feed shows prints but no book.

Honesty, stated. There is no depth to walk: a taker pays the print's price, half a spread and an
impact by formula (``takers``), for at most a share of what trades in a bar. A resting order cannot
know its queue and is filled by a print through its price, never at it (unless its model is
``touch``).
"""

from __future__ import annotations

from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.broker.queues import is_through
from trading.broker.resting import fill_resting
from trading.broker.takers import Sight
from trading.broker.taking import give_up_rest, take
from trading.market.state import SymbolMarket
from trading.model.events import Output, PublicTrade
from trading.model.numbers import exact
from trading.model.orders import Order, TimeInForce, TriggerSource


def on_trade(
    broker: PaperBroker, market: SymbolMarket, trade: PublicTrade, now_ns: int, out: list[Output]
) -> None:
    """Let a print fill what waits and what rests, and pull triggers, oldest order first.

    Resting orders share what was printed.
    """
    budget = exact(trade.quantity)
    for order in broker.live(market.symbol):
        has_arrived = (
            not order.status.is_in_flight
            and not order.status.is_final
            and trade.exchange_ns >= max(order.arrival_exchange_ns, broker.paused_until_ns)
        )
        if not has_arrived:
            continue
        if order.is_market:
            _take(broker, order, market, trade, now_ns, out)
        elif order.is_limit and order.is_resting:
            if broker.execution.maker.fills_on_touch or is_through(order, trade.price):
                reached = broker.execution.maker.reach(order, trade)
                quantity = min(reached, budget, broker.wanted(order))
                evidence = Evidence(trade.exchange_ns, "queue")
                budget -= fill_resting(broker, order, market, quantity, evidence, now_ns, out)
        elif order.is_limit:
            _meet_limit(broker, order, market, trade, now_ns, out)
        else:
            # A feed of prints alone has no mark of its own: there the print is the mark.
            source = TriggerSource.LAST if market.builder is None else order.request.trigger_by
            broker.watch(order, source, trade.price, market, trade.exchange_ns, now_ns, out)


def _take(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    trade: PublicTrade,
    now_ns: int,
    out: list[Output],
) -> None:
    worst = None if order.request.price is None else float(order.request.price)
    evidence = Evidence(trade.exchange_ns, "trade")
    take(broker, order, Sight(market, trade.price), worst, evidence, now_ns, out)
    if order.is_market and not order.status.is_final:
        give_up_rest(broker, order, now_ns, out)


def _meet_limit(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    trade: PublicTrade,
    now_ns: int,
    out: list[Output],
) -> None:
    _take(broker, order, market, trade, now_ns, out)
    if order.status.is_final:
        return
    if order.request.time_in_force is TimeInForce.IOC:
        broker.drop(order, "immediate or cancel", now_ns, out)
    else:
        order.is_resting = True
        broker.has_changed = True
