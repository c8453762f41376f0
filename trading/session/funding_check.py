"""Was every funding settlement of the session booked exactly once, at the venue's own numbers?

What the journal has is read once (``Journalled``), what the venue's history has is asked for, and
``compare`` puts one against the other: every settlement of either side gets a verdict, and every
difference is named with both numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Final

import msgspec

from trading.account.funding import STAMP_JITTER_NS, funding_payment
from trading.io.rest import RestClient
from trading.journal.store import JournalReader
from trading.model.events import (
    FundingBooked,
    FundingNeverPublished,
    FundingSettled,
    FundingUnknown,
    Output,
    PositionChanged,
)
from trading.model.numbers import NS_PER_S, ZERO
from trading.model.sides import PositionKey, PositionMode, PositionSide
from trading.session.paths import SessionPaths
from trading.session.world import World
from trading.venues.registry import venue_named

WITHIN_S: Final = 10.0
CLOCKS_NS: Final = 5 * NS_PER_S


class SettlementVerdict(StrEnum):
    """What the comparison of one settlement shows."""

    EQUAL = "equal"
    NOT_HELD = "not_held"
    """Nothing was held, and nothing was booked."""
    MISSING = "missing"
    TWICE = "twice"
    DIFFERS = "differs"
    OWED = "owed"
    """Known to be owed; the account's next session asks for it again."""
    UNPUBLISHED = "unpublished"
    """Given up after a day without a rate; nothing is booked."""
    NOT_IN_HISTORY = "not_in_history"
    """Booked here, and the venue's history has no such settlement."""


CLEAN: Final = frozenset({SettlementVerdict.EQUAL, SettlementVerdict.NOT_HELD})


class SettlementCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One settlement: what the venue's history has, and what the journal has.

    Rate, mark and expected are the venue's; 0 where its history does not have the settlement.
    """

    settlement_ns: int
    held: Decimal
    rate: Decimal
    mark: Decimal
    expected: Decimal
    booked: tuple[Decimal, ...]
    verdict: SettlementVerdict
    differences: tuple[str, ...] = ()
    """Each number that is not the same on both sides, by name."""
    position_side: PositionSide = PositionSide.BOTH


class FundingCheck(msgspec.Struct, frozen=True, kw_only=True):
    """All settlements in the session's window."""

    settlements: tuple[SettlementCheck, ...]

    @property
    def is_clean(self) -> bool:
        """Whether everything held was booked once, at the venue's numbers."""
        return all(each.verdict in CLEAN for each in self.settlements)

    @property
    def summary(self) -> str:
        """One line for people."""
        if not self.settlements:
            return "no funding settlement in the session"
        told = ", ".join(map(_told, self.settlements))
        return f"{len(self.settlements)} funding settlements ({told})"


class Journalled(msgspec.Struct, kw_only=True):
    """What a session's journal has to say of funding."""

    held: list[tuple[int, Decimal]]
    """When the position changed, and to what; the first is what was carried in."""
    booked: dict[int, list[FundingBooked]] = {}
    owed: set[int] = set()
    unpublished: set[int] = set()

    def see(self, output: Output, key: PositionKey) -> None:
        """Take one output of the journal, if it is of this position."""
        match output:
            case PositionChanged() if (output.symbol, output.position_side) == key:
                self.held.append((output.at_ns, output.quantity))
            case FundingBooked() if (output.symbol, output.position_side) == key:
                self.booked.setdefault(output.settlement_ns, []).append(output)
            case FundingUnknown() if (output.symbol, output.position_side) == key:
                self.owed.add(output.settlement_ns)
            case FundingNeverPublished() if (output.symbol, output.position_side) == key:
                self.unpublished.add(output.settlement_ns)
            case _:
                return


async def check_funding(paths: SessionPaths, world: World) -> FundingCheck:
    """Compare the journal with the venue's history.

    Raises:
        VenueError: when the history cannot be had.
    """
    with JournalReader(paths.journal) as reader:
        setup = reader.opening.setup
        symbol = setup.config.symbol
        last_ns = reader.last().received_ns
        carried = {each.key: each.quantity for each in setup.head.positions}
        keys = [(symbol, side) for side in PositionMode(setup.config.position_mode).sides]
        journalled = {key: Journalled(held=[(0, carried.get(key, ZERO))]) for key in keys}
        for output in reader.outputs():
            for key, each in journalled.items():
                each.see(output, key)
        venue = venue_named(reader.opening.venue)
        seed = setup.config.seed
    end_ns = max(last_ns, setup.opened_ns + 1)
    request = venue.funding_history_request(symbol, setup.opened_ns, end_ns)
    async with RestClient(world.rest_url, venue, world.clock(), Random(f"{seed} check")) as rest:
        reply = await rest.get(request, within_s=WITHIN_S)
    decoded = venue.decode_reply(request, reply.body, reply.received_ns)
    settled = [event for event in decoded if isinstance(event, FundingSettled)]
    return compare_each(journalled, settled, setup.opened_ns, end_ns)


def compare_each(
    journalled: Mapping[PositionKey, Journalled],
    settled: Sequence[FundingSettled],
    opened_ns: int,
    end_ns: int,
) -> FundingCheck:
    """Return a verdict on every settlement of each position of a symbol, oldest first."""
    checks = [
        msgspec.structs.replace(check, position_side=side)
        for (_, side), each in journalled.items()
        for check in compare(each, settled, opened_ns, end_ns).settlements
    ]
    return FundingCheck(settlements=tuple(sorted(checks, key=lambda each: each.settlement_ns)))


def compare(
    journalled: Journalled, settled: Iterable[FundingSettled], opened_ns: int, end_ns: int
) -> FundingCheck:
    """Return a verdict on every settlement that either side has, oldest first.

    ``opened_ns`` and ``end_ns`` bound what the history was asked for: a settlement booked for a
    time before the session (it was owed) is not in it, and no difference.
    """
    checks = [_check(event, journalled) for event in settled]
    known_ns = [each.settlement_ns for each in checks]
    for settlement_ns, lines in journalled.booked.items():
        is_known = _at(known_ns, settlement_ns) in known_ns
        if not is_known and opened_ns <= settlement_ns < end_ns:
            checks.append(_not_in_history(settlement_ns, lines))
    return FundingCheck(settlements=tuple(sorted(checks, key=lambda each: each.settlement_ns)))


def _told(check: SettlementCheck) -> str:
    differences = f" [{'; '.join(check.differences)}]" if check.differences else ""
    side = "" if check.position_side is PositionSide.BOTH else f" {check.position_side}"
    return f"{check.settlement_ns}{side}: {check.verdict}{differences}"


def _at(times: Iterable[int], settlement_ns: int) -> int:
    """Return the one of our times that a settlement of the venue's history means."""
    near = (at for at in times if abs(at - settlement_ns) <= STAMP_JITTER_NS)
    return next(near, settlement_ns)


def _held_at(held: list[tuple[int, Decimal]], at_ns: int) -> Decimal:
    return [quantity for changed_ns, quantity in held if changed_ns < at_ns][-1]


def _check(settled: FundingSettled, journalled: Journalled) -> SettlementCheck:
    at_ns, booked = settled.settlement_ns, journalled.booked
    lines = booked.get(_at(booked, at_ns), [])
    held = _held_at(journalled.held, at_ns)
    expected = funding_payment(lines[0].quantity if lines else held, settled.mark, settled.rate)
    differences = tuple(_differences(lines, expected, settled, held, journalled))
    if _at(journalled.owed, at_ns) in journalled.owed:
        verdict = SettlementVerdict.OWED
    elif len(lines) > 1:
        verdict = SettlementVerdict.TWICE
    elif lines:
        verdict = SettlementVerdict.DIFFERS if differences else SettlementVerdict.EQUAL
    elif _at(journalled.unpublished, at_ns) in journalled.unpublished:
        verdict = SettlementVerdict.UNPUBLISHED
    else:
        verdict = SettlementVerdict.MISSING if held else SettlementVerdict.NOT_HELD
    return SettlementCheck(
        settlement_ns=at_ns,
        held=held,
        rate=settled.rate,
        mark=settled.mark,
        expected=expected,
        booked=tuple(line.amount for line in lines),
        verdict=verdict,
        differences=differences,
    )


def _differences(
    lines: list[FundingBooked],
    expected: Decimal,
    settled: FundingSettled,
    held: Decimal,
    journalled: Journalled,
) -> Iterator[str]:
    """Yield every number that is not the same in the journal and at the venue."""
    if not lines:
        if held:
            yield f"amount: booked nothing, the venue's numbers give {expected} on {held}"
        return
    if len(lines) > 1:
        yield f"lines: booked {len(lines)}, the venue settles once"
    line = lines[0]
    for name, ours, theirs in (
        ("rate", line.rate, settled.rate),
        ("mark", line.mark, settled.mark),
        ("amount", line.amount, expected),
    ):
        if ours != theirs:
            yield f"{name}: booked {ours}, the venue has {theirs}"
    # Our clock and the venue's differ by less than this; a change so near may belong to either.
    is_sure = all(abs(at_ns - settled.settlement_ns) > CLOCKS_NS for at_ns, _ in journalled.held)
    if is_sure and line.quantity != held:
        yield f"quantity: booked on {line.quantity}, held {held}"


def _not_in_history(settlement_ns: int, lines: list[FundingBooked]) -> SettlementCheck:
    line = lines[0]
    return SettlementCheck(
        settlement_ns=settlement_ns,
        held=line.quantity,
        rate=ZERO,
        mark=ZERO,
        expected=ZERO,
        booked=tuple(each.amount for each in lines),
        verdict=SettlementVerdict.NOT_IN_HISTORY,
        differences=(f"settlement: booked {line.amount}, the venue's history has none",),
    )
