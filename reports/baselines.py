"""What doing nothing, holding, or entering at random would have made of the same market.

**Random entries**: each draw takes every round trip again, same side, size, costs and way out, but
from an instant chosen by chance. The way out: its stop and target as far from the entry as they
were, or, where it left for another reason, as long as it was held; at the latest the end of the
session. ``chance`` is the share of draws that did at least as well, the session itself counted as
one: under pure luck every value of it is as likely. It can be said of three round trips as of three
hundred, but of few of them it can hardly be small.

Limits: trips of a draw may overlap; a path of bars is read stop first; a trip keeps its own costs
wherever it is moved: fees, funding, and how far from the middle of the book it was filled. Without
a book that distance is unknown and the draws do not pay it, which is to their favour, not ours.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Final

import numpy as np

from reports.inference.chance import integers
from reports.story import OrderLife, SessionStory
from reports.tape.path import Places, PricePath, Prices
from trading.model.events import OrderFilled, RoundTripClosed
from trading.model.numbers import exact
from trading.model.orders import OrderRole
from trading.model.sides import name_of

DRAWS: Final = 1_000
DRAWS_LEAST: Final = 100
_WALKS_MOST: Final = 2_000_000
_WALKS_AT_ONCE: Final = 50_000
_FINE: Final = 1 << 30
_OPEN_ENDED: Final = frozenset({OrderRole.STOP, OrderRole.TARGET, OrderRole.FLATTEN})
"""Ways out that come when they come; every other one is taken for a matter of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TripPlan:
    """A round trip as a rule: what it does from wherever it begins.

    ``stop`` and ``target`` are distances as fractions of the entry price; ``hold_ns`` is how long
    it stays at most. ``cost`` is in the quote coin.
    """

    sign: int
    quantity: float
    stop: float | None
    target: float | None
    hold_ns: int | None
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEntries:
    """Results of entering at random, in the quote coin: the middle and the 5 and 95 % of draws."""

    draws: int
    low: float
    middle: float
    high: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """``holding``: the mean notional of the round trips, bought at the start and held to the end.

    It pays what the round trips paid on their notional. Doing nothing makes 0.
    """

    result: float
    holding: float
    random: RandomEntries


def compare(story: SessionStory, path: PricePath | None) -> Baselines | None:
    """Return the baselines; None without a round trip, or without prices between two instants."""
    trips = [trip for trip in story.trips if path and trip.opened_ns >= path.from_ns]
    if path is None or not trips or path.times.size < 2:  # noqa: PLR2004 - a move takes two
        return None
    thin = path.thinned()
    plans = _plans(story, trips)
    result = sum(float(trip.net) for trip in trips)
    notional = sum(float(trip.entry_price * trip.quantity) for trip in trips)
    mean = notional / len(trips)
    moved = mean * (float(thin.close[-1]) / float(thin.close[0]) - 1)
    paid = sum(plan.cost for plan in plans) / notional * mean
    rng = Random(f"{story.session_id}:random entries")
    return Baselines(
        result=result, holding=moved - paid, random=random_entries(thin, plans, result, rng)
    )


def random_entries(
    path: PricePath, plans: list[TripPlan], result: float, rng: Random
) -> RandomEntries:
    """Take every plan from instants of chance, again and again; put the result among the draws."""
    draws = max(DRAWS_LEAST, min(DRAWS, _WALKS_MOST // len(plans)))
    sums = np.zeros(draws)
    at_once = max(1, _WALKS_AT_ONCE // draws)
    for sign in (1, -1):
        same = [plan for plan in plans if plan.sign == sign]
        for first in range(0, len(same), at_once):
            sums += _walked(path, sign, same[first : first + at_once], rng, draws)
    low, middle, high = np.quantile(sums, [0.05, 0.5, 0.95])
    return RandomEntries(
        draws=draws,
        low=float(low),
        middle=float(middle),
        high=float(high),
        chance=(int((sums >= result).sum()) + 1) / (draws + 1),
    )


def _walked(path: PricePath, sign: int, plans: list[TripPlan], rng: Random, draws: int) -> Prices:
    """Return what plans of one side make together, each from instants as likely as each other."""
    shape = (len(plans), draws)
    hold = _column(draws, [plan.hold_ns or 0 for plan in plans]).astype(np.int64)
    is_timed = _column(draws, [plan.hold_ns is not None for plan in plans]).astype(bool)
    share = integers(rng, _FINE, (hold.size,)) / _FINE
    room = np.maximum(path.to_ns - hold - path.from_ns, 0)
    began = path.from_ns + (share * room).astype(np.int64)
    start = np.searchsorted(path.times, began, side="right") - 1
    entry = path.close[start]
    ends = np.where(is_timed, began + hold, path.to_ns)
    last = np.maximum(np.searchsorted(path.times, ends, side="right") - 1, start)
    exits = path.close[last]
    # A stop goes before a target: it is looked for second, up to where the target was met.
    for distances, is_stop in (
        ([plan.target for plan in plans], False),
        ([plan.stop for plan in plans], True),
    ):
        is_above = (sign > 0) is not is_stop
        away = _column(draws, [inf if each is None else each for each in distances])
        level = entry * (1 + away if is_above else 1 - away)
        place = (path.first_above if is_above else path.first_below)(start + 1, level)
        is_met = place <= last
        met = _met(path, np.minimum(place, last), level, is_above=is_above)
        exits = np.where(is_met, met, exits)
        last = np.where(is_met, place, last)
    quantity, cost = ([getattr(plan, name) for plan in plans] for name in ("quantity", "cost"))
    made = sign * _column(draws, quantity) * (exits - entry) - _column(draws, cost)
    together: Prices = made.reshape(shape).sum(axis=0)
    return together


def _column(draws: int, values: Sequence[float]) -> Prices:
    """Return one value a plan for each of its draws."""
    return np.repeat(np.array(values, dtype=np.float64), draws)


def _met(path: PricePath, place: Places, level: Prices, *, is_above: bool) -> Prices:
    """Return the price at which a level is met: beyond it where the market has jumped over it."""
    if is_above:
        return np.maximum(level, path.low[place])
    return np.minimum(level, path.high[place])


def _plans(story: SessionStory, trips: list[RoundTripClosed]) -> list[TripPlan]:
    fills: dict[str, list[OrderFilled]] = {}
    for fill in story.fills:
        fills.setdefault(name_of(fill), []).append(fill)
    orders = {order.order_id: order for order in story.orders}
    plans = []
    for trip in trips:
        listed = fills.get(name_of(trip), [])
        first = bisect_left(listed, trip.opened_ns, key=lambda fill: fill.at_ns)
        after = bisect_right(listed, trip.closed_ns, key=lambda fill: fill.at_ns)
        own = listed[first:after]
        stop, target = _distances(trip, [orders.get(fill.order_id) for fill in own])
        is_timed = not own or own[-1].role not in _OPEN_ENDED or stop is None
        lost = sum(
            fill.side.sign * (fill.price - exact(fill.mid)) * fill.quantity
            for fill in own
            if fill.mid is not None
        )
        plans.append(
            TripPlan(
                sign=trip.side.sign,
                quantity=float(trip.quantity),
                stop=stop,
                target=target,
                hold_ns=trip.closed_ns - trip.opened_ns if is_timed else None,
                cost=float(trip.fees - trip.funding + lost),
            )
        )
    return plans


def _distances(
    trip: RoundTripClosed, orders: list[OrderLife | None]
) -> tuple[float | None, float | None]:
    """Return how far stop and target of the trip's first entry were from its average price."""
    for order in orders:
        bracket = None if order is None else order.request.bracket
        if bracket is not None:
            levels = (bracket.stop_price, bracket.target_price)
            entry = trip.entry_price
            stop, target = (
                None if level is None else float(abs(level - entry) / entry) for level in levels
            )
            return stop, target
    return None, None
