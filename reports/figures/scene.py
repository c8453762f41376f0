"""What a price figure shows of a symbol: bars, fills, what joins them, and levels.

Of things that would lie on one another in the picture the first is kept: a hundred thousand round
trips take no more room in it than it has. Highs and lows of the price are never lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reports.figures.decimate import Bar, distinct, drawn
from reports.figures.track import COLUMNS
from reports.story import OrderLife, SessionStory, Span
from trading.model.events import OrderFilled
from trading.model.orders import OrderRole, Side

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
    fills = [fill for fill in story.fills if fill.symbol == symbol]
    if not bars and not fills:
        return None
    prices = np.array([float(fill.price) for fill in fills])
    edges = [*(bar.low for bar in bars), *(bar.high for bar in bars)]
    if fills:
        edges += [float(prices.min()), float(prices.max())]
    levels = _Levels.of(story, symbol)
    low, high, is_near = _bounds(min(edges), max(edges), levels.prices)
    cells = _Cells(story.span, low, high)
    is_entry = np.array([fill.role is OrderRole.ENTRY for fill in fills], dtype=bool)
    times = np.array([fill.at_ns for fill in fills], dtype=np.int64)
    places = cells.columns(times), cells.rows(prices)
    is_bought = np.array([fill.side is Side.BUY for fill in fills], dtype=bool)
    kinds = 2 * _numbered([fill.role for fill in fills]) + is_bought
    entries, exits = _paired(is_entry)
    alike = np.zeros(exits.size, dtype=np.int64)
    joined = distinct(alike, *(place[each] for each in (entries, exits) for place in places))
    return Scene(
        span=story.span,
        bars=bars,
        fills=[fills[place] for place in distinct(kinds, *places)],
        exits=[(fills[entries[place]], fills[exits[place]]) for place in joined],
        levels=levels.distinct(cells, is_near),
        low=low,
        high=high,
        entered=int(np.count_nonzero(is_entry)),
        left=len(fills) - int(np.count_nonzero(is_entry)),
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


def _numbered(roles: list[OrderRole]) -> NDArray[np.int64]:
    """Return a number for each role, told apart by which object it is: an enum hashes slowly."""
    objects = np.array([id(role) for role in roles], dtype=np.int64)
    return np.unique(objects, return_inverse=True)[1].astype(np.int64)


def _paired(is_entry: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return every fill that left a position, and the newest entry before it."""
    places = np.arange(is_entry.size)
    newest = np.maximum.accumulate(np.where(is_entry, places, -1))
    exits = np.flatnonzero(~is_entry & (newest >= 0))
    return newest[exits], exits


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


@dataclass(frozen=True, slots=True)
class _Levels:
    """The orders that had a trigger price, and those prices."""

    orders: list[OrderLife]
    prices: Prices
    span: Span

    @classmethod
    def of(cls, story: SessionStory, symbol: str) -> _Levels:
        """Return a symbol's levels."""
        orders, prices = [], []
        for order in story.orders:
            request = order.request
            if request.trigger_price is not None and request.symbol == symbol:
                orders.append(order)
                prices.append(float(request.trigger_price))
        return cls(orders, np.array(prices, dtype=np.float64), story.span)

    def distinct(self, cells: _Cells, is_near: NDArray[np.bool_]) -> list[Level]:
        """Return those that are drawn."""
        near = np.flatnonzero(is_near)
        orders = [self.orders[place] for place in near]
        from_ns = np.array([order.submitted_ns for order in orders], dtype=np.int64)
        from_ns = np.maximum(from_ns, self.span.from_ns)
        to_ns = np.array([order.ended_ns or self.span.to_ns for order in orders], dtype=np.int64)
        roles = _numbered([order.request.role for order in orders])
        kept = distinct(
            roles, cells.columns(from_ns), cells.columns(to_ns), cells.rows(self.prices[near])
        )
        return [
            Level(
                orders[place].request.role,
                int(from_ns[place]),
                int(to_ns[place]),
                float(self.prices[near[place]]),
            )
            for place in kept
        ]
