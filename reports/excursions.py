"""How far each round trip went against its entry, and in its favour, before it was over.

Measured on the session's prices (the middle of the book, or its bars): ``s * (price - E) / E`` at
the worst and at the best instant, never on the wrong side of 0, because it began at its entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from reports.story import SessionStory
from reports.tape.path import PricePath
from trading.model.events import RoundTripClosed
from trading.model.numbers import BPS


@dataclass(frozen=True, slots=True)
class Excursion:
    """``adverse`` is at most 0 and ``favourable`` at least 0, both in bps of the entry price."""

    trip_id: int
    adverse_bps: float
    favourable_bps: float


def excursions(story: SessionStory, path: PricePath | None) -> tuple[Excursion, ...]:
    """Return each round trip's excursions, in their order; none where there are no prices."""
    if path is None:
        return ()
    return tuple(_excursion(trip, path) for trip in story.trips)


def edge_ratio(found: tuple[Excursion, ...]) -> float | None:
    """Return the mean favourable over the mean adverse excursion; None where nothing went wrong.

    About 1 where entries are chance; it says nothing of exits.
    """
    adverse = -fmean(each.adverse_bps for each in found) if found else 0.0
    return fmean(each.favourable_bps for each in found) / adverse if adverse else None


def _excursion(trip: RoundTripClosed, path: PricePath) -> Excursion:
    entry = float(trip.entry_price)
    low, high = path.extremes(trip.opened_ns, trip.closed_ns) or (entry, entry)
    low, high = min(low, float(trip.exit_price)), max(high, float(trip.exit_price))
    moves = [trip.side.sign * (price - entry) / entry * float(BPS) for price in (low, high)]
    return Excursion(trip.trip_id, min(0.0, *moves), max(0.0, *moves))
