"""Fills where there are closed bars and nothing else.

Honesty, stated. An order sent at the close of one bar trades at the open of the next, half a
spread and an impact to our disadvantage. Of what happened inside a bar the worse comes first
(``bar_pulls`` says how), and bars of which that decides are counted (``BarAmbiguous``); where
shorter bars are at hand, each of them is met instead of the one they make up. A bar that opens
beyond a trigger fills at its open. A resting order needs the price to go through it by at least
one tick, and shares the bar's volume with every other fill of its side. A bar is never used before
it is closed.

The optimistic reading (``bar_order="best_first"``) is there to show what the assumption is worth.
"""

from __future__ import annotations

import msgspec

from trading.broker.bands import quiet_band
from trading.broker.bar_pulls import Pull, Reading, is_through, pull, pulls
from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.broker.resting import fill_resting
from trading.broker.takers import Sight
from trading.broker.taking import give_up_rest, take
from trading.market.state import SymbolMarket
from trading.model.events import BarAmbiguous, CandleClosed, Output
from trading.model.numbers import NS_PER_S, ZERO, exact
from trading.model.orders import Order, OrderRole, TimeInForce

_PULLED_AT_ENTRY = frozenset({OrderRole.STOP, OrderRole.TARGET})
"""What protects an entry from its very bar on; a trail begins, and a time runs, from its close."""


class _Bar(msgspec.Struct, frozen=True, gc=False):
    """One bar met by a symbol's orders, how it is read, and whether it is told after the fact."""

    broker: PaperBroker
    market: SymbolMarket
    candle: CandleClosed
    reading: Reading
    now_ns: int
    out: list[Output]
    is_backfilled: bool = False

    def sight(self, price: float) -> Sight:
        """Return what a taker meets at a price of this bar; a bar told later had a book."""
        volume = None if self.is_backfilled else self.candle.volume
        return Sight(self.market, price, None, volume, self.candle.open_ns)

    def evidence(self, *, is_pessimistic: bool = False) -> Evidence:
        """Return what a fill of this bar rests on."""
        if self.is_backfilled:
            return Evidence(self.candle.open_ns, "backfill", is_pessimistic=True)
        return Evidence(self.candle.open_ns, "bar", is_pessimistic)


def _reading(
    broker: PaperBroker, market: SymbolMarket, candle: CandleClosed, *, is_backfilled: bool
) -> Reading:
    """Return how this run reads a bar; one told later is always read the worst way."""
    execution, tick = broker.execution, market.instrument.tick_size
    beyond = ZERO if execution.maker.fills_on_touch else tick
    is_best_first = execution.assumed.bar_order == "best_first" and not is_backfilled
    return Reading(candle, tick, beyond, is_best_first)


def on_candle(
    broker: PaperBroker, market: SymbolMarket, candle: CandleClosed, now_ns: int, out: list[Output]
) -> None:
    """Let a closed bar fill what was at the venue before it."""
    reading = _reading(broker, market, candle, is_backfilled=False)
    bar = _Bar(broker, market, candle, reading, now_ns, out)
    close_ns = candle.open_ns + candle.interval_s * NS_PER_S
    newest = broker.account.counters.order
    leaving = []
    for order in broker.live(market.symbol):
        status = order.status
        if status.is_in_flight or order.arrival_exchange_ns >= close_ns:
            continue
        if status.is_final:
            continue  # another order's fill has closed the position
        if not _is_leaving(order):
            _meet(bar, order)
            if not _is_leaving(order):
                continue
        leaving.append(order)
    entered: list[Order] = []
    if broker.account.counters.order > newest and not _is_quiet(bar):
        entered = [
            order
            for order in broker.live(market.symbol)
            if order.order_id > newest and order.request.role in _PULLED_AT_ENTRY
        ]
    _leave(bar, leaving, entered)


def settle(
    broker: PaperBroker,
    market: SymbolMarket,
    candle: CandleClosed,
    since_ns: int,
    now_ns: int,
    out: list[Output],
) -> None:
    """Do what a bar shows of a time when nobody listened, from ``since_ns`` on.

    Only what was at the venue before that counts: the rest was watched print by print. The
    extremes of a bar that was partly heard lie in its unheard part, or they would have triggered
    then. An entry whose trigger was reached is dropped: none is taken on what nobody heard.
    """
    reading = _reading(broker, market, candle, is_backfilled=True)
    bar = _Bar(broker, market, candle, reading, now_ns, out, is_backfilled=True)
    armed = [
        order
        for order in broker.live(market.symbol)
        if not order.status.is_in_flight and order.arrival_exchange_ns <= since_ns
    ]
    for order in armed:
        is_entry = order.awaits_trigger and not _is_leaving(order)
        if is_entry and pull(broker, order, bar.reading, now_ns, out) is not None:
            broker.drop(order, "its trigger was reached while nobody listened", now_ns, out)
    _leave(bar, [order for order in armed if _is_leaving(order)], [])


def _is_leaving(order: Order) -> bool:
    """Tell whether an order waits inside the bar for what takes it out of a position."""
    request = order.request
    if not (request.reduce_only or request.close_position):
        return False
    return order.awaits_trigger or request.fires_ns is not None or order.is_resting


def _is_quiet(bar: _Bar) -> bool:
    """Tell whether no price of a bar stirs what is live now; its open may lie outside the rest."""
    low, high = quiet_band(bar.broker, bar.market)
    candle = bar.candle
    return low < candle.low and candle.high < high and low < candle.open < high


def _leave(bar: _Bar, waiting: list[Order], entered: list[Order]) -> None:
    """Trade what the bar reached of each position, by the run's reading of it.

    One reading a position: what was first for a long says nothing of the short beside it.
    """
    if not (waiting or entered):
        return
    broker, reading, out = bar.broker, bar.reading, bar.out
    for side in broker.account.sides:
        reached, is_assumed = pulls(broker, side, waiting, entered, reading, bar.now_ns, out)
        if is_assumed:
            _count(bar, "best_first" if reading.is_best_first else "worst_first")
        if reached:
            evidence = bar.evidence(is_pessimistic=is_assumed and not reading.is_best_first)
            for each in reached:
                if not each.order.status.is_final:
                    _trade(bar, each, evidence)


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


def _trade(bar: _Bar, pulled: Pull, evidence: Evidence) -> None:
    """Trigger what waited for it, and fill what the bar pulled; a limit may be left to rest."""
    order = pulled.order
    if order.awaits_trigger:
        seen = None if pulled.is_timed else pulled.level
        bar.broker.trigger(order, seen, bar.candle.open_ns, bar.now_ns, bar.out)
    if not order.is_resting:
        _take(bar, order, pulled.level, evidence)
        # A stop-limit waits for the price to come back, of which this bar proves nothing; a target
        # is passed by the very move that reached it.
        if order.request.type.is_stop or not is_through(order, bar.reading):
            return
    _fill_resting(bar, order, evidence)


def _take(bar: _Bar, order: Order, price: float, evidence: Evidence) -> None:
    """Take what is to be had at a price of the bar; what is left rests, waits or goes away."""
    broker, limit = bar.broker, order.request.price
    worst = None if limit is None else float(limit)
    take(broker, order, bar.sight(price), worst, evidence, bar.now_ns, bar.out)
    if order.status.is_final:
        return
    if not order.is_limit:
        give_up_rest(broker, order, bar.now_ns, bar.out)
    elif order.request.time_in_force is TimeInForce.IOC:
        broker.drop(order, "immediate or cancel", bar.now_ns, bar.out)
    else:
        order.is_resting = True
        broker.has_changed = True


def _fill_resting(bar: _Bar, order: Order, evidence: Evidence) -> None:
    """Fill a resting order the bar went through, with what of the bar's volume can be had."""
    if not order.is_resting:
        return
    broker, candle, side = bar.broker, bar.candle, order.request.side
    eaten = broker.consumption(bar.market.symbol)
    most = exact(candle.volume) * exact(broker.execution.assumed.bar_volume_share_max)
    left = most - eaten.bar_taken(side, candle.open_ns)
    quantity = min(broker.wanted(order), left)
    filled = fill_resting(broker, order, bar.market, quantity, evidence, bar.now_ns, bar.out)
    eaten.take_bar(side, candle.open_ns, filled)


def _meet(bar: _Bar, order: Order) -> None:
    """Let an order that does not wait for a position's end meet the bar."""
    if order.is_market:
        _take(bar, order, bar.candle.open, bar.evidence())
    elif order.is_limit:
        _meet_limit(bar, order)
    else:
        _enter(bar, order)


def _enter(bar: _Bar, order: Order) -> None:
    """Let a bar trigger an entry, at the trigger or at an open beyond it."""
    pulled = pull(bar.broker, order, bar.reading, bar.now_ns, bar.out)
    if pulled is not None:
        _trade(bar, pulled, bar.evidence())


def _meet_limit(bar: _Bar, order: Order) -> None:
    if not order.is_resting:
        _take(bar, order, bar.candle.open, bar.evidence())
    if is_through(order, bar.reading):
        _fill_resting(bar, order, bar.evidence())
