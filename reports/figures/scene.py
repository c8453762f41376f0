"""What a price figure shows of a symbol: bars, fills, what joins them, and levels.

Of things that would lie on one another in the picture the first is kept: a hundred thousand round
trips take no more room in it than it has. Highs and lows of the price are never lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reports.arrays import ROLES, SIDES
from reports.figures.decimate import Bar, distinct, drawn
from reports.figures.track import COLUMNS
from reports.story import SessionStory, Span
from trading.model.events import OrderFilled
from trading.model.orders import OrderRole

_ACROSS: Final = 320
_UP: Final = 110
"""Cells of a picture: three pixels each of the wide one."""
_NEAR: Final = 1.5
"""A level further away than so many times what was traded is told, not drawn."""

Times = NDArray[np.int64]
Prices = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Level:
    """A stop or target and how long it stood."""

    role: OrderRole
    from_ns: int
    to_ns: int
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A symbol as it is drawn, between two prices.

    ``exits`` pair an entry's last fill with one that left it. ``entered`` and ``left`` count all
    fills, ``far`` the levels too far away to draw.
    """

    span: Span
    bars: list[Bar]
    fills: list[OrderFilled]
    exits: list[tuple[OrderFilled, OrderFilled]]
    levels: list[Level]
    low: float
    high: float
    entered: int
    left: int
    far: int


def scene_of(story: SessionStory, symbol: str) -> Scene | None:
    """Return what is drawn of a symbol; None when the journal has neither a bar nor a fill."""
    bars = drawn([bar for bar in story.bars if bar.symbol == symbol], COLUMNS // 4)
    of_symbol = _of(symbol, story, (fill.symbol for fill in story.fills))
    places = np.arange(len(story.fills))[of_symbol]
    if not bars and not places.size:
        return None
    met = story.fill_arrays.at(of_symbol)
    edges = [*(bar.low for bar in bars), *(bar.high for bar in bars)]
    if places.size:
        edges += [float(met.prices.min()), float(met.prices.max())]
    levels = _Levels.of(story, symbol)
    low, high, is_near = _bounds(min(edges), max(edges), levels.prices)
    cells = _Cells(story.span, low, high)
    spots, is_entry = (cells.columns(met.at_ns), cells.rows(met.prices)), met.is_entry
    shown = places[distinct(len(SIDES) * met.roles + met.sides, *spots)]
    entries, exits = _paired(is_entry, met.legs)
    alike = np.zeros(exits.size, dtype=np.int64)
    joined = distinct(alike, *(spot[each] for each in (entries, exits) for spot in spots))
    pairs = zip(places[entries[joined]], places[exits[joined]], strict=True)
    return Scene(
        span=story.span,
        bars=bars,
        fills=[story.fills[place] for place in shown],
        exits=[(story.fills[entry], story.fills[left]) for entry, left in pairs],
        levels=levels.distinct(cells, is_near),
        low=low,
        high=high,
        entered=int(np.count_nonzero(is_entry)),
        left=places.size - int(np.count_nonzero(is_entry)),
        far=int(np.count_nonzero(~is_near)),
    )


def _bounds(low: float, high: float, levels: Prices) -> tuple[float, float, NDArray[np.bool_]]:
    """Return the prices at the edges, and which levels lie near enough to be drawn."""
    room = _NEAR * (high - low) or abs(high) * 0.001
    is_near = (low - room <= levels) & (levels <= high + room)
    near = levels[is_near]
    if near.size:
        low, high = min(low, float(near.min())), max(high, float(near.max()))
    margin = 0.06 * (high - low) or abs(high) * 0.0005
    return low - margin, high + margin, is_near


def _paired(
    is_entry: NDArray[np.bool_], legs: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return every fill that left a position, after the newest entry into the same one."""
    entries, exits = [], []
    for leg in np.unique(legs):
        places = np.flatnonzero(legs == leg)
        newest = np.maximum.accumulate(np.where(is_entry[places], places, -1))
        has_left = ~is_entry[places] & (newest >= 0)
        entries.append(newest[has_left])
        exits.append(places[has_left])
    nothing = np.array([], dtype=np.intp)
    return np.concatenate([nothing, *entries]), np.concatenate([nothing, *exits])


@dataclass(frozen=True, slots=True)
class _Cells:
    """The picture's cells over time and price."""

    span: Span
    low: float
    high: float

    def columns(self, times: Times) -> NDArray[np.int64]:
        """Return the columns of instants."""
        shares = (times - self.span.from_ns) / max(self.span.length_ns, 1)
        return (shares.clip(0.0, 1.0) * _ACROSS).astype(np.int64)

    def rows(self, prices: Prices) -> NDArray[np.int64]:
        """Return the rows of prices."""
        shares = (prices - self.low) / (self.high - self.low)
        return (shares.clip(0.0, 1.0) * _UP).astype(np.int64)


def _of(symbol: str, story: SessionStory, symbols: Iterable[str]) -> NDArray[np.bool_] | slice:
    """Return which records are a symbol's; of a session of one symbol all are."""
    if len(story.instruments) == 1:
        return slice(None)
    return np.array([each == symbol for each in symbols], dtype=bool)


@dataclass(frozen=True, slots=True)
class _Levels:
    """The trigger prices of a symbol's orders, and how long each stood."""

    prices: Prices
    roles: NDArray[np.int64]
    from_ns: Times
    to_ns: Times

    @classmethod
    def of(cls, story: SessionStory, symbol: str) -> _Levels:
        """Return a symbol's levels."""
        orders, span = story.order_arrays, story.span
        chosen = np.zeros(orders.triggers.size, dtype=bool)
        chosen[_of(symbol, story, (order.request.symbol for order in story.orders))] = True
        chosen &= ~np.isnan(orders.triggers)
        ended_ns = orders.ended_ns[chosen]
        return cls(
            orders.triggers[chosen],
            orders.roles[chosen],
            np.maximum(orders.submitted_ns[chosen], span.from_ns),
            np.where(ended_ns < 0, span.to_ns, ended_ns),
        )

    def distinct(self, cells: _Cells, is_near: NDArray[np.bool_]) -> list[Level]:
        """Return those that are drawn."""
        near = np.flatnonzero(is_near)
        times = cells.columns(self.from_ns[near]), cells.columns(self.to_ns[near])
        kept = near[distinct(self.roles[near], *times, cells.rows(self.prices[near]))]
        return [
            Level(
                ROLES[self.roles[place]],
                int(self.from_ns[place]),
                int(self.to_ns[place]),
                float(self.prices[place]),
            )
            for place in kept
        ]
