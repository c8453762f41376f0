"""Does the money add up? Every sum a report shows is made again here, exactly, and compared.

The session's own invariants say it must. If it does not, the report says so on top, in red, with
both numbers: a result that does not add up is no result.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reports import formats
from reports.story import SessionStory
from trading.model.events import FundingBooked, LedgerReason
from trading.model.numbers import ZERO
from trading.model.sides import name_of

_NAMES = {
    LedgerReason.REALISED_PNL: "Realised profit, before costs",
    LedgerReason.FEE: "Trading fees",
    LedgerReason.FUNDING: "Funding",
    LedgerReason.LIQUIDATION_FEE: "Liquidation fees",
    LedgerReason.INSURANCE: "Insurance fund",
}
_ALWAYS = frozenset({LedgerReason.REALISED_PNL, LedgerReason.FEE, LedgerReason.FUNDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One reason why the wallet moved, and by how much in all."""

    reason: LedgerReason
    name: str
    amount: Decimal
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A claim of the journal, made again from its parts. Both sides are text, every digit shown."""

    claim: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        """Whether both sides are the same."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """``start`` plus every part is ``computed``; ``booked`` is what the session itself wrote."""

    start: Decimal
    parts: tuple[Part, ...]
    computed: Decimal
    booked: Decimal
    checks: tuple[Check, ...]

    @property
    def broken(self) -> tuple[Check, ...]:
        """The claims that do not hold."""
        return tuple(check for check in self.checks if not check.holds)

    def total(self, reason: LedgerReason) -> Decimal:
        """Return what one reason moved in all."""
        return sum((part.amount for part in self.parts if part.reason is reason), ZERO)


def add_up(story: SessionStory) -> Arithmetic:
    """Add the ledger up, and hold every claim of the journal against its parts."""
    amounts = dict.fromkeys(LedgerReason, ZERO)
    lines = dict.fromkeys(LedgerReason, 0)
    for line in story.ledger:
        amounts[line.reason] += line.amount
        lines[line.reason] += 1
    parts = tuple(
        Part(reason=reason, name=_NAMES[reason], amount=amounts[reason], lines=lines[reason])
        for reason in LedgerReason
        if reason in _ALWAYS or lines[reason]
    )
    computed = story.wallet_start + sum(amounts.values())
    booked = story.ending.wallet
    checks = [
        _money("start + realised + fees + funding + others = wallet at the end", booked, computed),
        _ledger_runs(story),
        _money(
            "the fees of all fills = the ledger's fees",
            amounts[LedgerReason.FEE],
            -sum((fill.fee for fill in story.fills), ZERO),
        ),
        _money(
            "the settlements booked = the ledger's funding",
            amounts[LedgerReason.FUNDING],
            sum((f.amount for f in story.funding if isinstance(f, FundingBooked)), ZERO),
        ),
        *_positions(story),
        *_trips(story, amounts),
        *_counts(story),
    ]
    return Arithmetic(
        start=story.wallet_start,
        parts=parts,
        computed=computed,
        booked=booked,
        checks=tuple(checks),
    )


def _money(claim: str, expected: Decimal, found: Decimal) -> Check:
    return Check(claim=claim, expected=formats.full(expected), found=formats.full(found))


def _ledger_runs(story: SessionStory) -> Check:
    """Hold every line against the one before: no number left out, every balance right."""
    number = story.opening.setup.head.counters.line
    balance = story.wallet_start
    claim = "every ledger line follows from the one before"
    for line in story.ledger:
        number += 1
        balance += line.amount
        if line.line != number or line.balance != balance:
            return Check(
                claim=claim,
                expected=f"line {number} with balance {formats.full(balance)}",
                found=f"line {line.line} with balance {formats.full(line.balance)}",
            )
    told = formats.count_of(len(story.ledger), "line")
    return Check(claim=claim, expected=told, found=told)


def _positions(story: SessionStory) -> list[Check]:
    """Hold each position against the sum of its fills."""
    summed = {name_of(each): each.quantity for each in story.opening.setup.head.positions}
    for fill in story.fills:
        name = name_of(fill)
        summed[name] = summed.get(name, ZERO) + fill.side.sign * fill.quantity
    told = {name_of(each): each.quantity for each in story.positions}
    return [
        Check(
            claim=f"the {name} position = the sum of its fills",
            expected=formats.full(told[name]),
            found=formats.full(summed.get(name, ZERO)),
        )
        for name in told
    ]


def _trips(story: SessionStory, amounts: dict[LedgerReason, Decimal]) -> list[Check]:
    """Hold round trips against their own parts and, from flat to flat, against the ledger."""
    net = sum((trip.net for trip in story.trips), ZERO)
    parts = sum((trip.gross - trip.fees + trip.funding for trip in story.trips), ZERO)
    checks = [_money("gross - fees + funding = net, over all round trips", net, parts)]
    if not story.opening.setup.head.positions and not story.open_positions:
        gross = sum((trip.gross for trip in story.trips), ZERO)
        fees = sum((trip.fees for trip in story.trips), ZERO)
        realised = amounts[LedgerReason.REALISED_PNL]
        checks.append(_money("the gross of all round trips = realised profit", realised, gross))
        fees_booked = -amounts[LedgerReason.FEE]
        checks.append(_money("the fees of all round trips = fees paid", fees_booked, fees))
    return checks


def _counts(story: SessionStory) -> list[Check]:
    """Hold what the session counted itself, and its last equity, against the records."""
    ending = story.ending
    checks = [
        Check(
            claim=f"the {name} the session counted = those recorded",
            expected=str(told),
            found=str(found),
        )
        for name, told, found in (
            ("fills", ending.fills, len(story.fills)),
            ("round trips", ending.round_trips, len(story.trips)),
        )
        if told is not None
    ]
    unrealised = story.equity.unrealised_end
    if ending.equity is not None and unrealised is not None:
        claim = "wallet + unrealised profit = equity at the end"
        checks.append(_money(claim, ending.equity, ending.wallet + unrealised))
    return checks
