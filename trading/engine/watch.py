"""Watches what a step gave out, for the account's allowances, and does what a tripped one says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from trading.account.allowances import Allowances, Effect, Latch
from trading.model.events import (
    BreakerCleared,
    BreakerTripped,
    LedgerPosted,
    OrderRejected,
    OrderSubmitted,
    Output,
    RoundTripClosed,
    StrategyFailed,
)
from trading.model.orders import OrderRole
from trading.risk.breakers import Breakers

CLOCK = "the clock"
"""Who lifts a latch whose time is over."""
BROKEN_OFF = frozenset({"abandoned", "feed_failed", "limit"})
"""Reasons for which a session ends that nobody asked to end, and no rule of trading."""
RUN_OUT = "deadline"
STOPS = frozenset({OrderRole.STOP, OrderRole.LIQUIDATION})


class Watch:
    """The account's breakers, fed by everything that leaves the engine."""

    __slots__ = ("breakers",)

    def __init__(self, breakers: Breakers) -> None:
        """Watch for these breakers."""
        self.breakers = breakers

    def see(self, outputs: Iterable[Output]) -> bool:
        """Count what a step gave out; True: money moved, so the breakers want to be checked."""
        allowances = self.breakers.allowances
        wants_check = False
        for output in outputs:
            kind = type(output)
            if kind in _COUNTS:
                count = _COUNTS[kind]
                if count is None or count(allowances, output):
                    wants_check = True
        return wants_check

    def ended(self, reason: str | None) -> None:
        """Count how a session ends; a person's or a breaker's own word leaves a streak as it is."""
        if reason == RUN_OUT or reason in BROKEN_OFF:
            self.breakers.allowances.note_session(has_broken_off=reason != RUN_OUT)

    def check(self, now_ns: int, equity: Decimal | None, out: list[Output]) -> list[Latch]:
        """Measure; give out what tripped and what is over; return what tripped."""
        latches = self.breakers.allowances.latches
        before = tuple(latches)
        tripped = self.breakers.check(now_ns, equity)
        if not tripped and not before:
            return tripped
        over = set(before) - set(latches)
        out.extend(
            BreakerCleared(at_ns=now_ns, code=code, who=CLOCK, why="its time is over")
            for code in sorted(over)
        )
        out.extend(
            BreakerTripped(
                at_ns=now_ns,
                code=latch.code,
                effect=str(latch.effect),
                value=latch.value,
                limit=latch.limit,
                until_ns=latch.until_ns,
                needs_person=latch.needs_person,
            )
            for latch in tripped
        )
        return tripped

    def clear(self, code: str, who: str, why: str, now_ns: int, out: list[Output]) -> None:
        """Lift one latch, or every one, by a person's word."""
        allowances = self.breakers.allowances
        out.extend(
            BreakerCleared(at_ns=now_ns, code=each, who=who, why=why)
            for each in ([code] if code else sorted(allowances.latches))
            if allowances.clear(each) is not None
        )


def _order(allowances: Allowances, order: OrderSubmitted) -> bool:
    # A bracket's legs are the venue's own doing, not another word to it.
    if not order.parent_id:
        allowances.note_order(order.at_ns)
    return False


def _rejection(allowances: Allowances, rejection: OrderRejected) -> bool:
    allowances.note_error("order_rejected", rejection.at_ns)
    return True


def _failure(allowances: Allowances, failure: StrategyFailed) -> bool:
    allowances.note_error("strategy_failed", failure.at_ns)
    return True


def _trip(allowances: Allowances, trip: RoundTripClosed) -> bool:
    was_stopped_out = trip.reason_out in STOPS
    allowances.note_trip(trip.net, trip.at_ns, was_stopped_out=was_stopped_out)
    return False


_COUNTS: Final[Mapping[type[Output], Callable[[Allowances, Any], bool] | None]] = {
    OrderSubmitted: _order,
    OrderRejected: _rejection,
    StrategyFailed: _failure,
    RoundTripClosed: _trip,
    LedgerPosted: None,
}
"""What counts against an allowance, and how; True: the breakers want to be checked.

None: nothing is counted, but money moved.
"""


def worst(latches: Sequence[Latch]) -> Latch:
    """Return the latch with the strongest effect. Duty of the caller: there is one."""
    strength = list(Effect)
    return max(latches, key=lambda latch: strength.index(latch.effect))
