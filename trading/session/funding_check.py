"""Was every funding settlement of the session booked exactly once, at the venue's own numbers?"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Final

import msgspec

from trading.account.funding import STAMP_JITTER_NS, funding_payment
from trading.account.position import Position
from trading.io.rest import RestClient
from trading.journal.store import JournalReader
from trading.model.events import FundingBooked, FundingSettled, FundingUnknown, PositionChanged
from trading.model.numbers import ZERO
from trading.session.paths import SessionPaths
from trading.session.world import World
from trading.venues.registry import venue_named

WITHIN_S: Final = 10.0


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


class SettlementCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One settlement: what the venue's history has, and what the journal has."""

    settlement_ns: int
    held: Decimal
    rate: Decimal
    mark: Decimal
    expected: Decimal
    booked: tuple[Decimal, ...]
    verdict: SettlementVerdict


class FundingCheck(msgspec.Struct, frozen=True, kw_only=True):
    """All settlements in the session's window."""

    settlements: tuple[SettlementCheck, ...]

    @property
    def is_clean(self) -> bool:
        """Whether everything held was booked once, at the venue's numbers."""
        clean = {SettlementVerdict.EQUAL, SettlementVerdict.NOT_HELD}
        return all(each.verdict in clean for each in self.settlements)

    @property
    def summary(self) -> str:
        """One line for people."""
        if not self.settlements:
            return "no funding settlement in the session"
        told = ", ".join(f"{each.settlement_ns}: {each.verdict}" for each in self.settlements)
        return f"{len(self.settlements)} funding settlements ({told})"


async def check_funding(paths: SessionPaths, world: World) -> FundingCheck:
    """Compare the journal with the venue's history.

    Raises:
        VenueError: when the history cannot be had.
    """
    with JournalReader(paths.journal) as reader:
        setup = reader.opening.setup
        last_ns = reader.last().received_ns
        held: list[tuple[int, Decimal]] = [(0, _carried(setup.head.positions, setup.config.symbol))]
        booked: dict[int, list[FundingBooked]] = {}
        owed: set[int] = set()
        for output in reader.outputs():
            match output:
                case PositionChanged():
                    held.append((output.at_ns, output.quantity))
                case FundingBooked():
                    booked.setdefault(output.settlement_ns, []).append(output)
                case FundingUnknown():
                    owed.add(output.settlement_ns)
                case _:
                    continue
        venue = venue_named(reader.opening.venue)
        seed = setup.config.seed
    request = venue.funding_history_request(
        setup.config.symbol, setup.opened_ns, max(last_ns, setup.opened_ns + 1)
    )
    async with RestClient(world.rest_url, venue, world.clock(), Random(f"{seed} check")) as rest:
        reply = await rest.get(request, within_s=WITHIN_S)
    settled = [
        event
        for event in venue.decode_reply(request, reply.body, reply.received_ns)
        if isinstance(event, FundingSettled)
    ]
    return FundingCheck(
        settlements=tuple(
            _check(event, _held_at(held, event.settlement_ns), booked, owed) for event in settled
        )
    )


def _at(times: Iterable[int], settlement_ns: int) -> int:
    """Return the one of our times that a settlement of the venue's history means."""
    near = (at for at in times if abs(at - settlement_ns) <= STAMP_JITTER_NS)
    return next(near, settlement_ns)


def _carried(positions: tuple[Position, ...], symbol: str) -> Decimal:
    return sum((each.quantity for each in positions if each.symbol == symbol), ZERO)


def _held_at(held: list[tuple[int, Decimal]], at_ns: int) -> Decimal:
    return [quantity for changed_ns, quantity in held if changed_ns < at_ns][-1]


def _check(
    settled: FundingSettled,
    held: Decimal,
    booked: dict[int, list[FundingBooked]],
    owed: set[int],
) -> SettlementCheck:
    lines = booked.get(_at(booked, settled.settlement_ns), [])
    quantity = lines[0].quantity if lines else held
    expected = funding_payment(quantity, settled.mark, settled.rate)
    if _at(owed, settled.settlement_ns) in owed:
        verdict = SettlementVerdict.OWED
    elif len(lines) > 1:
        verdict = SettlementVerdict.TWICE
    elif lines:
        is_equal = lines[0].amount == expected
        verdict = SettlementVerdict.EQUAL if is_equal else SettlementVerdict.DIFFERS
    else:
        verdict = SettlementVerdict.MISSING if held else SettlementVerdict.NOT_HELD
    return SettlementCheck(
        settlement_ns=settled.settlement_ns,
        held=held,
        rate=settled.rate,
        mark=settled.mark,
        expected=expected,
        booked=tuple(line.amount for line in lines),
        verdict=verdict,
    )
