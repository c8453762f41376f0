"""The table of round trips: what each one was, made, cost and risked, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reports.arrays import integers, known, numbers
from reports.columns import Column, Filled, Kind, Table, Value, tabled
from reports.excursions import Excursions
from reports.findings import Findings
from reports.formats import Stamps, places_of
from reports.story import SessionStory
from trading.model.orders import Side

_NOTE = (
    "Prices are averages over the fills. R is the net over the loss planned at entry. Against and "
    "for: how far the price went, in bps of the entry. Latency is the entry's way to the venue, "
    "quote age how old its market data was when it was filled."
)


def trips_table(story: SessionStory, findings: Findings, stamps: Stamps) -> Table:
    """List the round trips, oldest first; all of them, however many."""
    trips = story.trips
    places = 1 + max((places_of(each.tick_size) for each in story.instruments.values()), default=0)
    against, in_favour = _went(len(trips), findings.excursions)
    columns = [
        _number("#", Kind.AMOUNT, _floats(integers(trips, "trip_id"))),
        *_told_apart(story),
        _words("side", ["long" if trip.side is Side.BUY else "short" for trip in trips]),
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
        _result("R", _in_risk(story)),
        _number("against, bps", Kind.AMOUNT, against, 1),
        _number("for, bps", Kind.AMOUNT, in_favour, 1),
        _number("latency, ms", Kind.AMOUNT, findings.entries.latency_ms),
        _number("quote age, ms", Kind.AMOUNT, findings.entries.quote_age_ms),
        _words("why in", [trip.reason_in for trip in trips]),
        _words("why out", [trip.reason_out for trip in trips]),
    ]
    return tabled("trips", "Round trips", columns, stamps, note=_NOTE)


def _told_apart(story: SessionStory) -> list[Filled]:
    """Return the symbols, where there is more than one."""
    if len(story.instruments) == 1:
        return []
    return [_words("symbol", [trip.symbol for trip in story.trips])]


def _words(name: str, values: Sequence[str]) -> Filled:
    return Filled(Column(name), Kind.TEXT, values)


def _number(name: str, kind: Kind, values: Sequence[Value], places: int = 0) -> Filled:
    return Filled(Column(name, is_number=True), kind, values, places)


def _result(name: str, values: Sequence[Value]) -> Filled:
    return Filled(Column(name, is_number=True, is_signed=True), Kind.SIGNED, values, 2)


def _in_risk(story: SessionStory) -> Sequence[Value]:
    """Return what each trip made over the loss planned at its entry; None where none was."""
    risks = numbers(story.trips, "risk")
    is_planned = risks > 0.0
    ratios = np.divide(story.results, risks, where=is_planned, out=risks)
    return known(ratios.round(6), is_planned)


def _went(count: int, found: Excursions | None) -> tuple[Sequence[Value], Sequence[Value]]:
    """Return how far trips went against their entry, and in its favour, in bps; None if unknown."""
    if found is None:
        return [None] * count, [None] * count
    against, in_favour = np.abs(found.adverse_bps), np.asarray(found.favourable_bps)
    return against.round(4).tolist(), in_favour.round(4).tolist()


def _floats(values: NDArray[np.int64]) -> Sequence[Value]:
    told: list[Value] = values.astype(np.float64).tolist()
    return told
