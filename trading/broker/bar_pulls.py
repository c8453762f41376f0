"""What a closed bar does to the orders that wait inside it: which are pulled, where, in what order.

Inside a bar the order of high and low is unknown. Of all the readings that fit the bar, the run
takes the one that is worst for the account:

- a time stop that is due by the bar's open leaves there, first: that much is certain;
- of the rest, the worse price comes first: a bar that touches stop and target is a stop, even
  where it opens beyond the target (an open may be the previous close, and no print);
- the bar of an entry may stop it out, never pay it: what it did before the entry is unknown;
- a trailing stop is tried by the bar's adverse end as it stood; only if that did not reach it does
  it follow the favourable end, and is then tried again, at its new trigger: the bar may have come
  from there. That of an entry begins at the close of the entry's bar;
- a time stop that falls inside the bar leaves at its adverse end, unless a stop of the bar was
  reached: before that stop no price was worse than it;
- a limit that closes a position is filled, at its own price, only by a bar that goes through it.

The best reading turns each of these round: the better price first, the bar of an entry pays it, a
trail follows before it is tried, a time stop leaves at the better of open and close.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from trading.broker import rules, triggers
from trading.broker.live import LiveOrders
from trading.model.events import CandleClosed, Output
from trading.model.numbers import NS_PER_S
from trading.model.orders import Order, OrderRole, OrderType, Side
from trading.model.sides import PositionSide

_STOPPING = frozenset({OrderRole.STOP, OrderRole.TRAIL})


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One bar, and how a run reads it."""

    candle: CandleClosed
    tick: Decimal
    beyond: Decimal
    """How far past a limit the bar must have gone to fill it."""
    is_best_first: bool = False


class Pull(msgspec.Struct, frozen=True, gc=False):
    """One order the bar reached."""

    order: Order
    level: float
    """The price it is pulled at, before any spread."""
    is_at_open: bool = False
    is_timed: bool = False


def pulls(
    orders: LiveOrders,
    side: PositionSide,
    waiting: list[Order],
    entered: list[Order],
    reading: Reading,
    now_ns: int,
    out: list[Output],
) -> tuple[list[Pull], bool]:
    """Return what a bar reached of a position, in its order, and whether that order was assumed.

    ``waiting`` leave a position, ``entered`` protect one that was opened in this very bar.
    """
    reached = _reached(orders, side, waiting, reading, now_ns, out) if waiting else []
    new = _reached(orders, side, entered, reading, now_ns, out) if entered else []
    if not (reached or new):
        return [], False
    is_assumed = _is_ambiguous(reached)
    if new:
        stops = [each for each in new if _is_stopping(each)]
        is_assumed = is_assumed or len(stops) < len(new)
        reached += new if reading.is_best_first else stops
    if reading.is_best_first:
        reached.sort(key=_best_first)
    elif len(reached) > 1:
        if any(_is_stopping(each) for each in reached):
            reached = [each for each in reached if not each.is_timed or each.is_at_open]
        reached.sort(key=_worst_first)
    return reached, is_assumed


def pull(
    orders: LiveOrders, order: Order, reading: Reading, now_ns: int, out: list[Output]
) -> Pull | None:
    """Return where a bar pulls one order; None: it does not. A trail may follow the bar."""
    request = order.request
    if request.type.has_limit and order.is_limit:
        is_reached = order.is_resting and is_through(order, reading)
        return Pull(order, float(request.price or 0)) if is_reached else None
    if request.fires_ns is not None:
        return _timed(order, request.fires_ns, reading)
    if request.trail is not None:
        return _trailed(orders, order, reading, now_ns, out)
    return _level(order, reading.candle)


def is_through(order: Order, reading: Reading) -> bool:
    """Tell whether a bar went far enough through a limit to have filled it."""
    price, side = order.request.price, order.request.side
    if price is None:
        return False
    needed = float(price - side.sign * reading.beyond)
    best = _favourable(reading.candle, side)
    return best <= needed if side.is_buy else best >= needed


def _reached(
    orders: LiveOrders,
    side: PositionSide,
    waiting: list[Order],
    reading: Reading,
    now_ns: int,
    out: list[Output],
) -> list[Pull]:
    found = []
    for order in waiting:
        if order.request.position_side is side and not order.status.is_final:
            pulled = pull(orders, order, reading, now_ns, out)
            if pulled is not None:
                found.append(pulled)
    return found


def _is_ambiguous(reached: list[Pull]) -> bool:
    """Tell whether another order of events inside the bar would have given another result."""
    for each in reached:
        has_moved = each.order.request.trail is not None
        if (has_moved or each.is_timed) and not each.is_at_open:
            return True
    return len(reached) > 1 and len({each.is_timed or _is_stopping(each) for each in reached}) > 1


def _adverse(candle: CandleClosed, side: Side) -> float:
    """Return the end of the bar that is worse for who trades on this side."""
    return candle.high if side.is_buy else candle.low


def _favourable(candle: CandleClosed, side: Side) -> float:
    """Return the end of the bar that is better for who trades on this side."""
    return candle.low if side.is_buy else candle.high


def _level(order: Order, candle: CandleClosed) -> Pull | None:
    trigger = order.request.trigger_price
    if trigger is None:
        return None
    level = float(trigger)
    if rules.waits_below(order):
        is_at_open, is_inside = candle.open <= level, candle.low <= level
    else:
        is_at_open, is_inside = candle.open >= level, candle.high >= level
    if is_at_open:
        return Pull(order, candle.open, is_at_open=True)
    return Pull(order, level) if is_inside else None


def _timed(order: Order, fires_ns: int, reading: Reading) -> Pull | None:
    candle, side = reading.candle, order.request.side
    if fires_ns <= candle.open_ns:
        return Pull(order, candle.open, is_at_open=True, is_timed=True)
    if fires_ns >= candle.open_ns + candle.interval_s * NS_PER_S:
        return None
    if reading.is_best_first:
        better = min if side.is_buy else max
        return Pull(order, better(candle.open, candle.close), is_timed=True)
    return Pull(order, _adverse(candle, side), is_timed=True)


def _trailed(
    orders: LiveOrders, order: Order, reading: Reading, now_ns: int, out: list[Output]
) -> Pull | None:
    candle, tick = reading.candle, reading.tick
    triggers.follows(orders, order, candle.open, tick, now_ns, out)
    pulled = _level(order, candle)
    is_tried_first = pulled is not None and (pulled.is_at_open or not reading.is_best_first)
    if is_tried_first:
        return pulled
    best = _favourable(candle, order.request.side)
    if not triggers.follows(orders, order, best, tick, now_ns, out):
        return pulled
    pulled = _level(order, candle)
    if pulled is None:
        return None
    # It was moved inside the bar: an open beyond the trigger came before.
    return Pull(order, float(order.request.trigger_price or 0))


def _is_stopping(pulled: Pull) -> bool:
    return pulled.order.request.role in _STOPPING


def _worst_first(pulled: Pull) -> tuple[bool, float, bool, int]:
    """Sort: what is certain, then the worse price for its side, then stops, then age."""
    order = pulled.order
    is_target = order.request.type is OrderType.TAKE_PROFIT_MARKET
    return (not _is_certain(pulled), -_paid(pulled), is_target, order.order_id)


def _best_first(pulled: Pull) -> tuple[bool, float, bool, int]:
    """Sort: what is certain, then the better price for its side, then targets, then age."""
    order = pulled.order
    return (not _is_certain(pulled), _paid(pulled), _is_stopping(pulled), order.order_id)


def _is_certain(pulled: Pull) -> bool:
    return pulled.is_timed and pulled.is_at_open


def _paid(pulled: Pull) -> float:
    """Return the price with the sign of who pays it: the larger, the worse for us."""
    return pulled.order.request.side.sign * pulled.level
