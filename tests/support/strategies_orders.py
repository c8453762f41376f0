"""Strategies that ask for every kind of order, found by dotted path."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

import msgspec

from trading.model.intents import (
    AmendEntry,
    CancelEntries,
    CancelEntry,
    Enter,
    Exit,
    Intent,
    MoveProtection,
)
from trading.model.numbers import NS_PER_S
from trading.model.orders import OrderStatus, Side, TimeInForce, Trail, TriggerSource
from trading.model.sides import PositionMode
from trading.strategy.base import Strategy
from trading.strategy.view import PositionView, View

HERE = "tests.support.strategies_orders"
ASKED: list[Wishes] = []
"""Every strategy of wishes made so far: a test asks the newest what it was answered."""


def script(*wishes: Intent | None) -> dict[str, float | int | bool | str]:
    """Return the parameters of ``Wishes`` for one wish a call, None for none."""
    return {"wishes": msgspec.json.encode(wishes).decode()}


@dataclass(kw_only=True)
class Wishes(Strategy):
    """Wants what its list says, one wish a call, on prints; then nothing more."""

    decides_on_trades: ClassVar[bool] = True
    wishes: str = "[]"
    """A JSON array of intents, null for a call without one."""
    watched: str = ""
    """A client id whose status is asked at every call."""
    statuses: list[OrderStatus | None] = field(init=False, default_factory=list)
    stops: list[Decimal | None] = field(init=False, default_factory=list)
    sides: list[tuple[PositionView, PositionView]] = field(init=False, default_factory=list)
    """The long and the short as they were seen at every call."""
    nets: list[Decimal] = field(init=False, default_factory=list)
    _left: list[Intent | None] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Read the list, and make oneself known to the test."""
        self._left = msgspec.json.decode(self.wishes, type=list[Intent | None])
        ASKED.append(self)

    def decide(self, view: View) -> Intent | None:
        """Take the next wish off the list."""
        self.statuses.append(view.entry_status(self.watched))
        long, short = view.long, view.short
        self.stops.append(long.stop_price or short.stop_price)
        self.sides.append((long, short))
        self.nets.append(view.position)
        return self._left.pop(0) if self._left else None


@dataclass(kw_only=True)
class EveryKind(Strategy):
    """On each bar does something drawn by lot, of everything a strategy may ask for."""

    stop_bps: float = 6.0
    _names: int = field(init=False, default=0)

    def decide(self, view: View) -> Intent | None:
        """Enter in some way, or change, take back or close what there is."""
        rng, mid = view.rng, view.mid
        if mid is None:
            return None
        tick = Decimal(repr(mid)) * Decimal("0.00002")
        if not view.is_flat:
            return self._hold(view, tick)
        if not view.has_entry:
            return self._enter(view, Decimal(repr(mid)), tick)
        name = f"entry {self._names}"
        match rng.randint(0, 5):
            case 0:
                return CancelEntry(client_id=name)
            case 1:
                price = Decimal(repr(mid)) + tick * rng.randint(-8, 8)
                return AmendEntry(client_id=name, limit_price=price)
            case 2:
                return AmendEntry(client_id=name, quantity=Decimal("0.01"))
            case _:
                return None

    def _hold(self, view: View, tick: Decimal) -> Intent | None:
        stop, side = view.stop_price, 1 if view.position > 0 else -1
        match view.rng.randint(0, 5):
            case 0:
                return Exit()
            case 1 | 2 if stop is not None:
                return MoveProtection(stop_price=stop + side * tick)
            case _:
                return None

    def _enter(self, view: View, mid: Decimal, tick: Decimal) -> Enter:
        rng = view.rng
        side = rng.choice(list(Side))
        sign = side.sign
        self._names += rng.choice((0, 1, 1, 1))
        limit = rng.choice((None, mid - sign * tick * rng.randint(-5, 8)))
        trigger = rng.choice((None, None, mid + sign * tick * rng.randint(1, 8)))
        kinds = [TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD]
        tif = rng.choice(kinds if limit is None else [*kinds, TimeInForce.POST_ONLY])
        entry = limit or trigger or mid
        away = entry * Decimal(repr(self.stop_bps)) / 10_000
        target = rng.choice((None, entry + sign * away))
        return Enter(
            side=side,
            stop_price=entry - sign * away,
            target_price=target,
            limit_price=limit,
            trigger_price=trigger,
            trigger_by=rng.choice((TriggerSource.LAST, TriggerSource.LAST, TriggerSource.MARK)),
            time_in_force=tif,
            good_for_s=rng.choice((2.5, 70.0)) if tif is TimeInForce.GTD else None,
            target_is_limit=target is not None and rng.random() < 0.5,
            trail=rng.choice((None, Trail(callback_bps=Decimal(10)))),
            hold_s=rng.choice((None, 5.0, 90.0)),
            client_id=f"entry {self._names}",
            oco=rng.choice(("", "pair")),
        )


@dataclass(kw_only=True)
class BothSides(Strategy):
    """In hedge mode: on each bar does something drawn by lot with the long, or with the short."""

    stop_bps: float = 6.0

    def decide(self, view: View) -> Intent | None:
        """Enter what is not held; move or close what is."""
        rng, mid = view.rng, view.mid
        side = rng.choice(list(Side))
        seen = view.long if side is Side.BUY else view.short
        which = PositionMode.HEDGE.opened_by(side)
        if mid is None:
            return None
        at, tick = Decimal(repr(mid)), Decimal(repr(mid)) * Decimal("0.00002")
        if not seen.quantity:
            if seen.has_entry:
                return rng.choice((None, CancelEntries(position_side=which)))
            away = at * Decimal(repr(self.stop_bps)) / 10_000
            return Enter(
                side=side,
                stop_price=at - side.sign * away,
                target_price=rng.choice((None, at + side.sign * away)),
                limit_price=rng.choice((None, at - side.sign * tick)),
                oco=rng.choice(("", "", "pair")),
            )
        if seen.stop_price is not None and rng.random() < 0.5:
            moved = seen.stop_price + side.sign * tick
            return MoveProtection(stop_price=moved, position_side=which)
        return rng.choice((None, Exit(position_side=which), Exit()))


@dataclass(kw_only=True)
class BothSidesOnTrades(BothSides):
    """The same on every print."""

    decides_on_trades: ClassVar[bool] = True


@dataclass(kw_only=True)
class EveryKindOnTrades(EveryKind):
    """The same on prints, at most one thing in ``every_s``."""

    decides_on_trades: ClassVar[bool] = True
    every_s: float = 1.0
    _next_ns: int = field(init=False, default=0)

    def decide(self, view: View) -> Intent | None:
        """Wait for the next turn."""
        if view.now_ns < self._next_ns:
            return None
        self._next_ns = view.now_ns + round(self.every_s * NS_PER_S)
        return super().decide(view)
