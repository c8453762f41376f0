"""The table of round trips: what each one was, made, cost and risked, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reports.columns import Column, Filled, Kind, Table, Value, tabled
from reports.excursions import Excursion
from reports.formats import Stamps, places_of
from reports.story import SessionStory
from trading.model.events import RoundTripClosed
from trading.model.numbers import NS_PER_MS, ZERO
from trading.model.orders import OrderRole
from trading.model.sides import name_of

_NOTE = (
    "Prices are averages over the fills. R is the net over the loss planned at entry. Against and "
    "for: how far the price went, in bps of the entry. Latency is the entry's way to the venue, "
    "quote age how old its market data was when it was filled."
)


def trips_table(story: SessionStory, stamps: Stamps, excursions: tuple[Excursion, ...]) -> Table:
    """List the round trips, oldest first; all of them, however many."""
    trips = story.trips
    places = 1 + max((places_of(each.tick_size) for each in story.instruments.values()), default=0)
    against, in_favour = _went(trips, excursions)
    latencies, ages = _entries(story)
    columns = [
        _number("#", Kind.AMOUNT, [float(trip.trip_id) for trip in trips]),
        *_told_apart(story),
        _words("side", [_way(trip) for trip in trips]),
        _number("in, UTC", Kind.TIME, [trip.opened_ns for trip in trips]),
        _number("out, UTC", Kind.TIME, [trip.closed_ns for trip in trips]),
        _number("held", Kind.SPAN, [trip.closed_ns - trip.opened_ns for trip in trips]),
        _number("quantity", Kind.DIGITS, [trip.quantity for trip in trips]),
        _number("entry", Kind.AMOUNT, [trip.entry_price for trip in trips], places),
        _number("exit", Kind.AMOUNT, [trip.exit_price for trip in trips], places),
        _result("gross", [trip.gross for trip in trips]),
        _result("fees", [-trip.fees for trip in trips]),
        _result("funding", [trip.funding for trip in trips]),
        _result("net", [trip.net for trip in trips]),
        _result("R", [_in_risk(trip) for trip in trips]),
        _number("against, bps", Kind.AMOUNT, against, 1),
        _number("for, bps", Kind.AMOUNT, in_favour, 1),
        _number("latency, ms", Kind.AMOUNT, latencies),
        _number("quote age, ms", Kind.AMOUNT, ages),
        _words("why in", [trip.reason_in for trip in trips]),
        _words("why out", [trip.reason_out for trip in trips]),
    ]
    return tabled("trips", "Round trips", columns, stamps, note=_NOTE)


def _told_apart(story: SessionStory) -> list[Filled]:
    """Return the symbols, where there is more than one."""
    if len(story.instruments) == 1:
        return []
    return [_words("symbol", [trip.symbol for trip in story.trips])]


def _way(trip: RoundTripClosed) -> str:
    return "long" if trip.side.sign > 0 else "short"


def _words(name: str, values: Sequence[str]) -> Filled:
    return Filled(Column(name), Kind.TEXT, values)


def _number(name: str, kind: Kind, values: Sequence[Value], places: int = 0) -> Filled:
    return Filled(Column(name, is_number=True), kind, values, places)


def _result(name: str, values: Sequence[Value]) -> Filled:
    return Filled(Column(name, is_number=True, is_signed=True), Kind.SIGNED, values, 2)


def _in_risk(trip: RoundTripClosed) -> float | None:
    return float(trip.net) / float(trip.risk) if trip.risk > ZERO else None


def _went(
    trips: Sequence[RoundTripClosed], found: tuple[Excursion, ...]
) -> tuple[Sequence[Value], Sequence[Value]]:
    """Return how far trips went against their entry, and in its favour, in bps; None if unknown."""
    if not found:
        nothing = [None] * len(trips)
        return nothing, nothing
    adverse = np.array([each.adverse_bps for each in found])
    favourable = np.array([each.favourable_bps for each in found])
    return np.abs(adverse).round(4).tolist(), favourable.round(4).tolist()


def _entries(story: SessionStory) -> tuple[list[Value], list[Value]]:
    """Return the latency of every trip's entry order, and the age of its data, in milliseconds."""
    filled = {
        (name_of(fill), fill.at_ns): fill for fill in story.fills if fill.role is OrderRole.ENTRY
    }
    sent = {order.order_id: order for order in story.orders}
    latencies: list[Value] = []
    ages: list[Value] = []
    for trip in story.trips:
        fill = filled.get((name_of(trip), trip.opened_ns))
        order = None if fill is None else sent.get(fill.order_id)
        latencies.append(None if order is None else _ms(order.arrival_ns - order.submitted_ns))
        ages.append(None if fill is None else _ms(fill.at_ns - fill.exchange_ns))
    return latencies, ages


def _ms(span_ns: int) -> float:
    return span_ns / NS_PER_MS
