"""The fold that answers "why did it not trade": bars, intents, refusals, orders, fills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reports.story import Counted, Funnel, OrderLife, Span, Suspension
from trading.model.events import (
    CandleClosed,
    EntriesResumed,
    EntriesSuspended,
    IntentRaised,
    IntentRefused,
)
from trading.model.intents import (
    AmendEntry,
    CancelEntries,
    CancelEntry,
    Enter,
    Exit,
    MoveProtection,
)
from trading.model.numbers import NS_PER_S
from trading.model.orders import PROTECTIVE, OrderRole, OrderStatus


@dataclass(slots=True)
class _Refusals:
    count: int = 0
    detail: str = ""


@dataclass(slots=True)
class _Shut:
    count: int = 0
    since_ns: int | None = None
    detail: str = ""
    spans: list[Span] = field(default_factory=list)

    def end(self, at_ns: int) -> None:
        if self.since_ns is not None:
            self.spans.append(Span(from_ns=self.since_ns, to_ns=at_ns))
            self.since_ns = None

    def told(self, rule: str, until_ns: int) -> Suspension:
        spans = list(self.spans)
        if self.since_ns is not None:
            spans.append(Span(from_ns=self.since_ns, to_ns=until_ns))
        return Suspension(
            rule=rule,
            count=self.count,
            total_ns=sum(span.length_ns for span in spans),
            detail=self.detail,
            spans=tuple(spans),
        )


class FunnelFold:
    """Counts what the strategy saw and wanted, and where it was lost."""

    __slots__ = (
        "_opened_ns",
        "_refused",
        "_shut",
        "bars",
        "bars_before",
        "failures",
        "tradable",
        "wanted",
    )

    def __init__(self, opened_ns: int) -> None:
        """Begin with nothing seen."""
        self._opened_ns = opened_ns
        self._refused: dict[str, _Refusals] = {}
        self._shut: dict[str, _Shut] = {}
        self.bars: list[CandleClosed] = []
        self.bars_before = 0
        self.failures = 0
        self.tradable = 0
        self.wanted: dict[type, int] = dict.fromkeys(
            (Enter, Exit, CancelEntries, CancelEntry, AmendEntry, MoveProtection), 0
        )

    def bar(self, output: CandleClosed) -> None:
        """Take a bar, of the warm-up or the session; late or unconfirmed ones are not traded."""
        if output.open_ns + output.interval_s * NS_PER_S <= self._opened_ns:
            self.bars_before += 1
            return
        self.bars.append(output)
        if output.is_confirmed and not output.is_backfilled:
            self.tradable += 1

    def raised(self, output: IntentRaised) -> None:
        """Count a wish by its kind."""
        self.wanted[type(output.intent)] += 1

    def refused(self, output: IntentRefused) -> None:
        """Count a refusal by its rule; the newest one's arithmetic stands for all."""
        refusals = self._refused.setdefault(output.rule, _Refusals())
        refusals.count += 1
        refusals.detail = f"{output.detail}; {output.remedy}"

    def suspended(self, output: EntriesSuspended) -> None:
        """Begin a time without entries, by its rule."""
        rule = _rule(output.reason)
        shut = self._shut.setdefault(rule, _Shut())
        shut.count += 1
        shut.detail = output.reason
        if shut.since_ns is None:
            shut.since_ns = output.at_ns

    def resumed(self, output: EntriesResumed) -> None:
        """End a time without entries."""
        shut = self._shut.get(_rule(output.reason))
        if shut is not None:
            shut.end(output.at_ns)

    def story(
        self, orders: tuple[OrderLife, ...], causes: tuple[Counted, ...], until_ns: int
    ) -> Funnel:
        """Return the whole, with what became of the session's orders."""
        own = [order for order in orders if not order.is_carried]
        entries = [order for order in own if order.request.role is OrderRole.ENTRY]
        protective = [order for order in own if order.request.role in PROTECTIVE]
        return Funnel(
            bars_before=self.bars_before,
            bars=len(self.bars),
            causes=causes,
            tradable=self.tradable,
            strategy_failures=self.failures,
            entries_wanted=self.wanted[Enter],
            exits_wanted=self.wanted[Exit],
            recalls_wanted=self.wanted[CancelEntries] + self.wanted[CancelEntry],
            refused=tuple(
                Counted(name=rule, count=each.count, detail=each.detail)
                for rule, each in sorted(self._refused.items(), key=lambda item: -item[1].count)
            ),
            entry_orders=len(entries),
            closing_orders=len(own) - len(entries) - len(protective),
            protective_orders=len(protective),
            rejected=_by_reason(orders, OrderStatus.REJECTED),
            canceled=_by_reason(entries, OrderStatus.CANCELED),
            filled_entries=sum(1 for order in entries if order.fills),
            fills=sum(order.fills for order in orders),
            suspensions=tuple(shut.told(rule, until_ns) for rule, shut in self._shut.items()),
        )


def _rule(reason: str) -> str:
    """Return ``SYMBOL rule`` of a suspension's ``SYMBOL rule: detail``."""
    return reason.partition(":")[0]


def _by_reason(orders: Iterable[OrderLife], status: OrderStatus) -> tuple[Counted, ...]:
    counts: dict[str, int] = {}
    for order in orders:
        if order.status is status:
            counts[order.why] = counts.get(order.why, 0) + 1
    return tuple(
        Counted(name=why, count=count)
        for why, count in sorted(counts.items(), key=lambda item: -item[1])
    )
