"""What an account may still lose, and what it has used up: one record, over all its sessions.

It is part of what one session hands to the next, so that no restart, no new process and no new
session buys a fresh allowance. Days are UTC; times are session time; money is in the quote coin.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from trading.errors import OurBug
from trading.model.numbers import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, ZERO

FOR_EVER: Final = 1 << 62
"""End of a latch that only a person lifts."""


class Effect(StrEnum):
    """What a tripped breaker does, mildest first; each does what those before it do, too."""

    NO_ENTRIES = "no_entries"
    """Positions and their protection stay; nothing is opened."""
    FLATTEN = "flatten"
    """What is open is closed."""
    STOP = "stop"
    """The session ends, and the account starts none before the latch is over."""
    HALT = "halt"
    """Likewise, and only a person lifts it."""


class Latch(msgspec.Struct, frozen=True, kw_only=True):
    """A breaker that has tripped: what was measured, against what, and until when it holds."""

    code: str
    effect: Effect
    value: str
    limit: str
    at_ns: int
    until_ns: int

    @property
    def needs_person(self) -> bool:
        """Whether time alone does not lift it."""
        return self.until_ns >= FOR_EVER


class Allowances(msgspec.Struct, kw_only=True):
    """The account's record. Invariant: it only ever moves with session time, never back."""

    day: int = -1
    """Days since 1970 of the day under way; -1: no equity was known yet."""
    day_equity: Decimal = ZERO
    """Equity with which the day began."""
    peak_equity: Decimal = ZERO
    """The highest equity ever, since a person last cleared the drawdown."""
    losses_in_a_row: int = 0
    failures_in_a_row: int = 0
    """Sessions that broke off: the process died for good, the feed, or a limit of the machine."""
    stopped_out_ns: int | None = None
    """When the last round trip ended in its stop."""
    orders_ns: list[int] = []
    """Submissions of the last minute, oldest first."""
    errors_ns: dict[str, list[int]] = {}
    """The last hour's, by class: ``order_rejected``, ``strategy_failed``."""
    latches: dict[str, Latch] = {}

    def roll(self, now_ns: int, equity: Decimal) -> bool:
        """Begin a new UTC day where one has; True: it did, with this equity."""
        today = now_ns // NS_PER_DAY
        is_new = today > self.day
        if is_new:
            self.day = today
            self.day_equity = equity
        if equity > self.peak_equity:
            self.peak_equity = equity
        return is_new

    @property
    def next_day_ns(self) -> int:
        """Session time at which the day under way is over."""
        return (self.day + 1) * NS_PER_DAY

    def note_order(self, now_ns: int) -> None:
        """Count a submission."""
        del self.orders_ns[: bisect_right(self.orders_ns, now_ns - NS_PER_MINUTE)]
        insort(self.orders_ns, now_ns)

    def orders_in_minute(self, now_ns: int) -> int:
        """Return how many submissions the last minute had."""
        return len(self.orders_ns) - bisect_right(self.orders_ns, now_ns - NS_PER_MINUTE)

    def note_error(self, kind: str, now_ns: int) -> None:
        """Count an error of a class."""
        recent = [at for at in self.errors_ns.get(kind, ()) if now_ns - at < NS_PER_HOUR]
        self.errors_ns[kind] = [*recent, now_ns]

    def errors_in_hour(self, now_ns: int) -> dict[str, int]:
        """Return how many errors of each class the last hour had."""
        return {
            kind: sum(now_ns - at < NS_PER_HOUR for at in times)
            for kind, times in self.errors_ns.items()
        }

    def note_trip(self, net: Decimal, now_ns: int, *, was_stopped_out: bool) -> None:
        """Count a closed round trip; one that came out even leaves a streak as it is."""
        if net < ZERO:
            self.losses_in_a_row += 1
        elif net > ZERO:
            self.losses_in_a_row = 0
        if was_stopped_out:
            self.stopped_out_ns = now_ns

    def note_session(self, *, has_broken_off: bool) -> None:
        """Count a session that has run its course, or that could not."""
        self.failures_in_a_row = self.failures_in_a_row + 1 if has_broken_off else 0

    def clear(self, code: str) -> Latch | None:
        """Lift a latch and give back what it was about; None: there was none of that code.

        A loss is counted anew from the next equity that is known, a streak from nothing: else the
        next step would trip it again.
        """
        latch = self.latches.pop(code, None)
        if latch is None:
            return None
        match code:
            case "drawdown":
                self.peak_equity = ZERO
            case "daily_loss":
                self.day = -1
            case "losses_in_a_row":
                self.losses_in_a_row = 0
            case "errors":
                self.errors_ns = {}
            case "failures_in_a_row":
                self.failures_in_a_row = 0
            case _:
                raise OurBug(f"no breaker is called {code!r}")
        return latch
