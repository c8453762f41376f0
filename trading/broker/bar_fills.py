"""Fills where there are closed bars and nothing else.

Honesty, stated. An order sent at the close of one bar trades at the open of the next, half a
spread and an impact to our disadvantage. What happened inside a bar is looked up in finer bars
where they are at hand. Else the worse comes first: a bar that touches stop and target is a stop,
and the bar of the entry may stop it out but not pay it; such bars are counted (``BarAmbiguous``).
A bar that opens beyond a trigger fills at its open. A resting order needs the price to go through
it by at least one tick. A bar is never used before it is closed.

The optimistic reading (``bar_order="best_first"``) is there to show what the assumption is worth.
"""

from __future__ import annotations

from typing import NamedTuple

from trading.broker import rules
from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.broker.resting import fill_resting
from trading.broker.takers import Sight
from trading.broker.taking import give_up_rest, take
from trading.market.state import SymbolMarket
from trading.model.events import BarAmbiguous, CandleClosed, Output
from trading.model.numbers import NS_PER_S
from trading.model.orders import Order, OrderRole, OrderStatus, OrderType, Side, TimeInForce


class _Bar(NamedTuple):
    """One bar met by a symbol's orders, and whether it is told after the fact."""

    broker: PaperBroker
    market: SymbolMarket
    candle: CandleClosed
    now_ns: int
    out: list[Output]
    is_backfilled: bool = False

    def sight(self, price: float) -> Sight:
        """Return what a taker meets at a price of this bar; a bar told later had a book."""
        volume = None if self.is_backfilled else self.candle.volume
        return Sight(self.market, price, bar_volume=volume, bar_open_ns=self.candle.open_ns)

    def evidence(self, *, is_pessimistic: bool = False) -> Evidence:
        """Return what a fill of this bar rests on."""
        source = "backfill" if self.is_backfilled else "bar"
        is_pessimistic = is_pessimistic or self.is_backfilled
        return Evidence(self.candle.open_ns, source, is_pessimistic)


def on_candle(
    broker: PaperBroker, market: SymbolMarket, candle: CandleClosed, now_ns: int, out: list[Output]
) -> None:
    """Let a closed bar, or the finer ones it is made of, fill what was at the venue before."""
    for part in market.finer.parts(candle) or (candle,):
        _meet(_Bar(broker, market, part, now_ns, out))


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
    _protect(_Bar(broker, market, candle, now_ns, out, is_backfilled=True), armed, [])


def _meet(bar: _Bar) -> None:
    broker, symbol = bar.broker, bar.market.symbol
    close_ns = bar.candle.open_ns + bar.candle.interval_s * NS_PER_S
    waiting = [
        order
        for order in broker.live(symbol)
        if order.status is not OrderStatus.IN_FLIGHT and order.arrival_exchange_ns < close_ns
    ]
    fills_before = broker.account.counters.fill
    armed: list[Order] = []
    for order in waiting:
        if order.status.is_final:
            continue  # another order's fill has closed the position
        if order.request.type is OrderType.MARKET or order.is_triggered:
            _take_at_open(bar, order)
        elif order.request.type is OrderType.LIMIT:
            _meet_limit(bar, order)
        else:
            armed.append(order)
    entered: list[Order] = []
    if broker.account.counters.fill > fills_before:
        known = {order.order_id for order in waiting}
        entered = [
            order
            for order in broker.live(symbol)
            if order.request.type.is_triggered and order.order_id not in known
        ]
    _protect(bar, armed, entered)


def _is_stop(order: Order) -> bool:
    return order.request.role is OrderRole.STOP


def _protect(bar: _Bar, armed: list[Order], entered: list[Order]) -> None:
    """Pull the triggers the bar reached, by the run's reading of a bar that reached both ends.

    ``entered`` protects what was opened in this very bar: what the bar did before the entry is
    unknown, so that a target in it is no less doubtful than a stop and a target in one bar.
    """
    reached = [order for order in armed if _extreme_reached(order, bar.candle)]
    entered_reached = [order for order in entered if _extreme_reached(order, bar.candle)]
    if not (reached or entered_reached):
        return
    is_ambiguous = len({_is_stop(order) for order in reached}) > 1 or any(
        not _is_stop(order) for order in entered_reached
    )
    is_worst_first = bar.broker.execution.assumed.bar_order == "worst_first" or bar.is_backfilled
    if is_ambiguous:
        _count(bar, "worst_first" if is_worst_first else "best_first")
    if is_worst_first:
        entered_reached = [order for order in entered_reached if _is_stop(order)]
    reached += entered_reached
    for order in sorted(reached, key=lambda each: _is_stop(each) is not is_worst_first):
        if not order.status.is_final:
            _pull(bar, order, is_pessimistic=is_ambiguous and is_worst_first)


def _count(bar: _Bar, reading: str) -> None:
    bar.broker.ambiguous_bars += 1
    bar.out.append(
        BarAmbiguous(
            at_ns=bar.now_ns,
            symbol=bar.market.symbol,
            open_ns=bar.candle.open_ns,
            interval_s=bar.candle.interval_s,
            reading=reading,
            count=bar.broker.ambiguous_bars,
        )
    )


def _pull(bar: _Bar, order: Order, *, is_pessimistic: bool) -> None:
    """Trigger an order at its own price, or at the open beyond it, and fill it there."""
    broker, candle = bar.broker, bar.candle
    trigger = order.request.trigger_price
    if trigger is None:
        return
    is_gap = rules.is_reached(order, candle.open)
    level = candle.open if is_gap else float(trigger)
    broker.trigger(order, level, candle.open_ns, bar.now_ns, bar.out)
    evidence = bar.evidence(is_pessimistic=is_pessimistic)
    take(broker, order, bar.sight(level), None, evidence, bar.now_ns, bar.out)


def _extreme_reached(order: Order, candle: CandleClosed) -> bool:
    """Tell whether the bar's open or the extreme on the order's side reached its trigger."""
    extreme = candle.low if rules.waits_below(order) else candle.high
    return rules.is_reached(order, extreme) or rules.is_reached(order, candle.open)


def _take_at_open(bar: _Bar, order: Order) -> None:
    price = order.request.price
    worst = None if price is None else float(price)
    sight = bar.sight(bar.candle.open)
    take(bar.broker, order, sight, worst, bar.evidence(), bar.now_ns, bar.out)
    give_up_rest(bar.broker, order, bar.now_ns, bar.out)


def _meet_limit(bar: _Bar, order: Order) -> None:
    broker, candle, request = bar.broker, bar.candle, order.request
    if request.price is None:
        return
    if not order.is_resting:
        _take_at_open(bar, order)
        if order.status.is_final:
            return
        if request.time_in_force is TimeInForce.IOC:
            broker.drop(order, "immediate or cancel", bar.now_ns, bar.out)
            return
        order.is_resting = True
        broker.has_changed = True
    tick = 0 if broker.execution.maker.fills_on_touch else bar.market.instrument.tick_size
    needed = float(request.price - request.side.sign * tick)
    if candle.low <= needed if request.side is Side.BUY else candle.high >= needed:
        quantity = broker.wanted(order)
        fill_resting(broker, order, bar.market, quantity, bar.evidence(), bar.now_ns, bar.out)
