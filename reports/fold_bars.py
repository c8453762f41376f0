"""The fold that gives every bar one cause: what came of it, or what stood in the way.

To a bar belongs what happens from its close to the next one's. The causes add up to the bars.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from reports.story import Counted
from trading.model.events import (
    CandleClosed,
    EntriesResumed,
    EntriesSuspended,
    IntentRaised,
    IntentRefused,
    OrderSubmitted,
    Output,
    PositionChanged,
    SessionEnding,
    StrategyFailed,
)
from trading.model.intents import Enter
from trading.model.numbers import NS_PER_S
from trading.model.orders import OrderRole
from trading.model.sides import PositionKey
from trading.risk.codes import DECISIONS

UNTRADABLE = "late, unconfirmed, or not wholly heard"
IN_POSITION = "a position was open, and it was left as it was"
SENT = "an entry was sent"
OTHER = "an exit or a change was asked for"
FAILED = "the strategy failed"
NOTHING = "the strategy wanted nothing"
ENDING = "the session was ending"


class BarCauses:
    """Counts the session's bars by cause."""

    __slots__ = ("_cause", "_counts", "_held", "_is_ending", "_opened_ns", "_rank", "_shut")

    def __init__(self, opened_ns: int, held: Mapping[PositionKey, Decimal]) -> None:
        """Begin at the session's opening; ``held``: signed quantities carried in."""
        self._opened_ns = opened_ns
        self._held = dict(held)
        self._shut: dict[str, None] = {}
        self._is_ending = False
        self._counts: Counter[str] = Counter()
        self._cause = ""
        self._rank = 0

    def see(self, output: Output) -> None:
        """Take one output; those that are no cause are none of its concern."""
        match output:
            case CandleClosed():
                self._close()
                if output.open_ns + output.interval_s * NS_PER_S > self._opened_ns:
                    self._cause, self._rank = self._standing(output), 0
            case EntriesSuspended():
                self._shut[_rule(output.reason)] = None
            case EntriesResumed():
                self._shut.pop(_rule(output.reason), None)
            case PositionChanged():
                self._held[output.symbol, output.position_side] = output.quantity
            case SessionEnding():
                self._is_ending = True
            case StrategyFailed():
                self._came(FAILED, 1)
            case IntentRaised():
                if not isinstance(output.intent, Enter):
                    self._came(OTHER, 2)
            case IntentRefused():
                self._came(f"refused: {DECISIONS.get(output.rule, output.rule)}", 3)
            case OrderSubmitted():
                if output.request.role is OrderRole.ENTRY:
                    self._came(SENT, 4)
            case _:
                return

    def counted(self) -> tuple[Counted, ...]:
        """Return the causes, the most frequent first; their counts add up to the bars."""
        self._close()
        return tuple(
            Counted(name=name, count=count, detail="")
            for name, count in sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        )

    def _standing(self, bar: CandleClosed) -> str:
        """Return what stands in the way as the bar closes; ``NOTHING`` does."""
        if not (bar.is_confirmed and not bar.is_backfilled and bar.is_heard):
            return UNTRADABLE
        if self._is_ending:
            return ENDING
        if any(held for (symbol, _), held in self._held.items() if symbol == bar.symbol):
            return IN_POSITION
        shut = next(iter(self._shut), None)
        return NOTHING if shut is None else f"entries shut: {DECISIONS.get(shut, shut)}"

    def _came(self, cause: str, rank: int) -> None:
        """Take note of what came of the bar under way; the strongest stands."""
        if self._cause and rank > self._rank:
            self._cause, self._rank = cause, rank

    def _close(self) -> None:
        if self._cause:
            self._counts[self._cause] += 1
            self._cause = ""


def _rule(reason: str) -> str:
    """Return the rule of ``SYMBOL rule: detail``."""
    return reason.partition(":")[0].rpartition(" ")[2]
