"""Fills where the feed shows a book: takers walk it, resting orders wait in its queue.

Honesty, stated. A taker gets the levels of the first book stamped at or after its arrival, minus
what our own fills already took from them; depth that is not shown is not filled. A resting order
is filled by prints as its queue model says (``queues``; by default it is behind everybody shown at
its price when it came), and when the other side of the book comes to it.
"""

from __future__ import annotations

from decimal import Decimal

from trading.broker.matching import Evidence, displayed, opposing, walk
from trading.broker.paper import PaperBroker
from trading.broker.resting import fill_resting
from trading.broker.takers import Sight
from trading.broker.taking import take
from trading.market.state import SymbolMarket
from trading.model.events import BookUpdate, MarkPrice, Output, PublicTrade
from trading.model.numbers import ZERO, exact, floor_to_step
from trading.model.orders import (
    Order,
    TimeInForce,
    TriggerSource,
)


def on_book(
    broker: PaperBroker, market: SymbolMarket, book: BookUpdate, now_ns: int, out: list[Output]
) -> None:
    """Let every order of the symbol meet a new book, oldest first."""
    broker.consumption(market.symbol).refresh(book)
    for order in broker.live(market.symbol):
        meet(broker, order, market, now_ns, out)


def meet(
    broker: PaperBroker, order: Order, market: SymbolMarket, now_ns: int, out: list[Output]
) -> None:
    """Let one order trade with the present book, if it had arrived by the book's stamp."""
    book = market.book
    if (
        book is None
        or order.status.is_in_flight
        or order.status.is_final
        or book.exchange_ns < order.arrival_exchange_ns
        or book.exchange_ns < broker.paused_until_ns
    ):
        return
    if order.is_limit:
        _meet_limit(broker, order, market, book, now_ns, out)
    elif order.is_market:
        best = opposing(book, order.request.side)[0][0]
        worst = best * (1 + order.request.side.sign * broker.protection)
        sight = Sight(market, _middle(book), book)
        take(broker, order, sight, worst, Evidence(book.exchange_ns, "book"), now_ns, out)
        if order.request.time_in_force is TimeInForce.IOC and not order.status.is_final:
            broker.drop(order, "immediate or cancel", now_ns, out)


def on_trade(
    broker: PaperBroker, market: SymbolMarket, trade: PublicTrade, now_ns: int, out: list[Output]
) -> None:
    """Let a print fill resting orders and pull triggers."""
    maker = broker.execution.maker
    budget = floor_to_step(exact(trade.quantity), market.instrument.quantity_step)
    for order in broker.live(market.symbol):
        if (
            order.status.is_in_flight
            or trade.exchange_ns < order.arrival_exchange_ns
            or order.status.is_final
        ):
            continue
        if order.awaits_trigger:
            stamp_ns = trade.exchange_ns
            if broker.watch(order, TriggerSource.LAST, trade.price, market, stamp_ns, now_ns, out):
                broker.consumption(market.symbol).ate(trade)
        elif order.is_limit and order.request.side is not trade.taker_side:
            reached = maker.reach(order, trade) if order.is_resting else ZERO
            quantity = min(reached, budget, broker.wanted(order))
            if quantity > ZERO and trade.exchange_ns >= broker.paused_until_ns:
                evidence = Evidence(trade.exchange_ns, "queue")
                budget -= fill_resting(broker, order, market, quantity, evidence, now_ns, out)


def on_mark(
    broker: PaperBroker, market: SymbolMarket, mark: MarkPrice, now_ns: int, out: list[Output]
) -> None:
    """Pull the triggers that watch the mark or the index price."""
    for order in broker.live(market.symbol):
        for source, price in ((TriggerSource.MARK, mark.mark), (TriggerSource.INDEX, mark.index)):
            if price is not None:
                broker.watch(order, source, price, market, mark.exchange_ns, now_ns, out)


def _meet_limit(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    book: BookUpdate,
    now_ns: int,
    out: list[Output],
) -> None:
    request = order.request
    if request.price is None:
        return
    limit = float(request.price)
    maker = broker.execution.maker
    if not order.is_resting:
        sight = Sight(market, _middle(book), book)
        take(broker, order, sight, limit, Evidence(book.exchange_ns, "book"), now_ns, out)
        if order.status.is_final:
            return
        if request.time_in_force is TimeInForce.IOC:
            broker.drop(order, "immediate or cancel", now_ns, out)
            return
        order.is_resting = True
        maker.join(order, displayed(book, request.side, limit))
        broker.has_changed = True
        return
    crossing = _crossing(broker, order, market, book, limit) if maker.fills_on_cross else ZERO
    if crossing > ZERO:
        evidence = Evidence(book.exchange_ns, "queue")
        fill_resting(broker, order, market, crossing, evidence, now_ns, out)
        return
    maker.look(order, displayed(book, request.side, limit))


def _middle(book: BookUpdate) -> float:
    return (book.bids[0][0] + book.asks[0][0]) / 2


def _crossing(
    broker: PaperBroker, order: Order, market: SymbolMarket, book: BookUpdate, limit: float
) -> Decimal:
    """Return what the other side of the book offers a resting order at its own price."""
    side = order.request.side
    step = market.instrument.quantity_step
    consumption = broker.consumption(market.symbol)
    wanted = broker.wanted(order)
    walked = walk(book, side, wanted, limit, step, consumption)
    return sum((quantity for _, quantity in walked), ZERO)
