"""How each round trip's entry came to the venue: how long it took, and how old its market was.

An entry filled in several parts is told by the last one at the instant the round trip opened. A
round trip that was open before the session has no entry in its journal, and so neither number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reports.arrays import LEGS, integers, kinds, known, located
from reports.story import SessionStory
from trading.model.events import OrderFilled, RoundTripClosed
from trading.model.numbers import NS_PER_MS

_NO_ORDER: Final = -1


@dataclass(frozen=True, slots=True)
class Entries:
    """One of each for every round trip, in their order, in milliseconds; None where unknown.

    ``latency_ms`` is the entry order's way to the venue, ``quote_age_ms`` the age of the market
    data it was filled on.
    """

    latency_ms: tuple[float | None, ...]
    quote_age_ms: tuple[float | None, ...]


def entries(story: SessionStory) -> Entries:
    """Return how the entry of every round trip came about."""
    met = story.fill_arrays
    fills = [story.fills[place] for place in np.flatnonzero(met.is_entry)]
    at_ns, opened_ns = met.at_ns[met.is_entry], integers(story.trips, "opened_ns")
    filled = located(_moments(story, story.trips, opened_ns), _moments(story, fills, at_ns))
    age_ns = at_ns - integers(fills, "exchange_ns")
    ids = np.append(integers(fills, "order_id"), _NO_ORDER)[filled]
    orders = story.order_arrays
    ordered = located(ids, orders.ids)
    return Entries(_ms(orders.arrival_ns - orders.submitted_ns, ordered), _ms(age_ns, filled))


def _moments(
    story: SessionStory,
    records: Sequence[OrderFilled | RoundTripClosed],
    at_ns: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return a number for the instant and the position of every record."""
    symbols = {symbol: number for number, symbol in enumerate(story.instruments)}
    legs = kinds(records, "position_side", LEGS)
    if len(symbols) > 1:
        legs += len(LEGS) * np.array([symbols[each.symbol] for each in records], np.int64)
    return len(LEGS) * len(symbols) * (at_ns - story.span.from_ns) + legs


def _ms(spans_ns: NDArray[np.int64], places: NDArray[np.intp]) -> tuple[float | None, ...]:
    """Return the spans at these places; None for the place -1."""
    return known(np.append(spans_ns, 0)[places] / NS_PER_MS, places >= 0)
