"""What one session of an account hands to the next: everything it owns, owes and has promised."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from trading.account.allowances import Allowances
from trading.account.funding import OwedFunding
from trading.account.position import Position
from trading.account.trips import OpenTrip
from trading.model.events import EquityMarked
from trading.model.margin import MarginMode
from trading.model.orders import Order, OrderStatus


class Counters(msgspec.Struct, kw_only=True):
    """The last numbers given out; numbers are never reused within an account."""

    order: int = 0
    fill: int = 0
    trip: int = 0
    line: int = 0
    intent: int = 0


class SpentId(msgspec.Struct, frozen=True, kw_only=True):
    """A client order id that is spent, and what became of the one order it means."""

    symbol: str
    client_id: str
    order_id: int
    status: OrderStatus
    filled: Decimal


class AccountHead(msgspec.Struct, frozen=True, kw_only=True):
    """The account between two steps, complete.

    ``orders`` are the live ones: the protection of a carried position. ``last_entry_ns`` keeps
    the entry throttle over restarts.
    """

    wallet: Decimal
    margin_mode: MarginMode | None = None
    """What stands behind its positions; None: it has none, or is older than margin."""
    counters: Counters = msgspec.field(default_factory=Counters)
    positions: tuple[Position, ...] = ()
    trips: tuple[OpenTrip, ...] = ()
    orders: tuple[Order, ...] = ()
    client_ids: tuple[SpentId, ...] = ()
    owed: tuple[OwedFunding, ...] = ()
    unpublished: tuple[OwedFunding, ...] = ()
    """Settlements whose rate the venue never told, and nobody asks for any more."""
    funding_booked_ns: dict[str, int] = {}
    funding_next_ns: dict[str, int] = {}
    funding_interval_ns: dict[str, int] = {}
    last_entry_ns: int | None = None
    as_of_ns: int = 0
    """Exchange time up to which the market was heard; what came after, bars must tell."""
    unheard: tuple[tuple[int, int], ...] = ()
    """Stretches of exchange time before that of which no bar has told yet."""
    marked: EquityMarked | None = None
    """At the last marks known, where positions are carried; what the next result begins at."""
    sessions: int = 0
    allowances: Allowances = msgspec.field(default_factory=Allowances)
    """What it may still lose, and what holds it back."""
