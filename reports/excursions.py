"""How far each round trip went against its entry, and in its favour, before it was over.

Measured on the session's prices (the middle of the book, or its bars): ``s * (price - E) / E`` at
the worst and at the best instant, never on the wrong side of 0, because it began at its entry.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from reports.arrays import integers, numbers
from reports.story import SessionStory
from reports.tape.path import PricePath
from trading.model.numbers import BPS


@dataclass(frozen=True, slots=True)
class Excursions:
    """One of each for every round trip, in their order, in bps of its entry price; at least one.

    Adverse ones are at most 0, favourable ones at least 0.
    """

    adverse_bps: array[float]
    favourable_bps: array[float]

    @property
    def adverse_mean_bps(self) -> float:
        """Mean of the adverse ones."""
        return fmean(self.adverse_bps)

    @property
    def favourable_mean_bps(self) -> float:
        """Mean of the favourable ones."""
        return fmean(self.favourable_bps)

    @property
    def edge_ratio(self) -> float | None:
        """Mean favourable over mean adverse one; None where nothing went wrong.

        About 1 where entries are chance; it says nothing of exits.
        """
        adverse = -self.adverse_mean_bps
        return self.favourable_mean_bps / adverse if adverse else None


def excursions(story: SessionStory, path: PricePath | None) -> Excursions | None:
    """Return every round trip's excursions; None where there is none, or no prices."""
    trips = story.trips
    if path is None or not trips:
        return None
    entry, left = numbers(trips, "entry_price"), numbers(trips, "exit_price")
    low, high = path.extremes(integers(trips, "opened_ns"), integers(trips, "closed_ns"))
    signs = np.array([trip.side.sign for trip in trips])
    # No step between entry and exit is no number: the exit is then all there is.
    ends = [
        signs * (price - entry) / entry * float(BPS)
        for price in (np.fmin(low, left), np.fmax(high, left))
    ]
    return Excursions(
        array("d", np.minimum(0.0, np.minimum(*ends)) + 0.0),
        array("d", np.maximum(0.0, np.maximum(*ends))),
    )
