"""What must be true of every closed session, whatever happened to it: read from its journal alone.

Shared by the kill campaign, the deterministic simulation and the soak. Judges outputs and account;
knows nothing of how the session was hurt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from tests.support.sound_report import report_complaints
from trading.account.funding import funding_payment
from trading.account.head import AccountHead
from trading.engine.setup import EngineSetup
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import (
    FundingBooked,
    FundingUnknown,
    LedgerPosted,
    OrderFilled,
    OrderSubmitted,
    Output,
    PositionChanged,
    SessionEnded,
    SessionStarted,
)
from trading.model.numbers import NS_PER_S, ZERO, seconds_to_ns
from trading.model.orders import OrderRole
from trading.model.sides import PositionKey, PositionSide

MONEY_QUANTUM = Decimal("1e-8")
ENDING_NS_MOST = 21 * NS_PER_S
"""Session time that ending may take past the deadline."""


def complaints(path: Path) -> list[str]:
    """Return what is wrong with a closed session; an empty list where nothing is."""
    with JournalReader(path) as reader:
        setup = reader.opening.setup
        closing = reader.closing()
        outputs = list(reader.outputs())
    if closing is None:
        return ["the session never closed"]
    verdict = verify(path)
    return [
        *([] if verdict.is_identical else [f"verify: {verdict.detail}"]),
        *about_the_end(outputs),
        *about_money(setup.head, closing.head, outputs),
        *about_cash(setup.head, closing.head, outputs),
        *about_fills(setup, closing.head, outputs),
        *about_funding(outputs),
        *about_the_throttle(setup, outputs),
        *report_complaints(path),
    ]


def about_the_end(outputs: Sequence[Output]) -> Iterator[str]:
    """Complain unless there is one beginning and one end, the last word; time never goes back."""
    ends = [at for at, output in enumerate(outputs) if isinstance(output, SessionEnded)]
    if ends != [len(outputs) - 1]:
        yield f"expected one SessionEnded, the last of {len(outputs)} outputs, was at {ends}"
    starts = sum(isinstance(output, SessionStarted) for output in outputs)
    if starts != 1:
        yield f"expected one SessionStarted, were {starts}"
    back = [(a, b) for a, b in pairwise(outputs) if b.at_ns < a.at_ns]
    if back:
        yield f"time went back {len(back)} times, first at {back[0][1]}"


def about_money(
    before: AccountHead, after: AccountHead, outputs: Sequence[Output]
) -> Iterator[str]:
    """Complain unless every line adds up and none is missing or told twice."""
    lines = [output for output in outputs if isinstance(output, LedgerPosted)]
    balance = before.wallet
    for expected, line in enumerate(lines, before.counters.line + 1):
        balance += line.amount
        if (line.line, line.balance) != (expected, balance):
            yield f"expected ledger line {expected} with balance {balance}, was {line}"
            return
    if balance != after.wallet:
        yield f"expected wallet {balance}, was {after.wallet}"
    ended = outputs[-1] if outputs else None
    if isinstance(ended, SessionEnded) and ended.wallet != after.wallet:
        yield f"the last record says wallet {ended.wallet}, the closing one {after.wallet}"


def about_cash(before: AccountHead, after: AccountHead, outputs: Sequence[Output]) -> Iterator[str]:
    """Complain unless the wallet is what buying, selling, fees and funding alone make of it.

    Only where the session was flat at both ends: then profit is cash in minus cash out, whatever
    the account thinks of averages. Each booking may round by half a quantum.
    """
    if before.positions or after.positions:
        return
    cash, roundings = before.wallet, 1
    for output in outputs:
        if isinstance(output, OrderFilled):
            cash -= output.side.sign * output.price * output.quantity + output.fee
            roundings += 2
        elif isinstance(output, FundingBooked):
            cash += output.amount
    if abs(cash - after.wallet) > MONEY_QUANTUM * roundings:
        yield f"fills, fees and funding make a wallet of {cash}, the account has {after.wallet}"


def about_fills(setup: EngineSetup, after: AccountHead, outputs: Sequence[Output]) -> Iterator[str]:
    """Complain unless fills are numbered without hole, lie on the lattice and make the position."""
    fills = [output for output in outputs if isinstance(output, OrderFilled)]
    first = setup.head.counters.fill + 1
    numbers = [fill.fill_id for fill in fills]
    if numbers != list(range(first, first + len(fills))):
        yield f"fill numbers are not {first} and on: {numbers}"
    held: dict[PositionKey, Decimal] = {each.key: each.quantity for each in setup.head.positions}
    instruments = {each.symbol: each for each in setup.instruments}
    for output in outputs:
        if isinstance(output, OrderFilled):
            key = output.symbol, output.position_side
            held[key] = held.get(key, ZERO) + output.side.sign * output.quantity
            instrument = instruments[output.symbol]
            if output.quantity <= ZERO or not instrument.has_quantity(output.quantity):
                yield f"quantity off the lattice: {output}"
            if not instrument.has_price(output.price):
                yield f"price off the lattice: {output}"
        elif isinstance(output, PositionChanged):
            expected = held[output.symbol, output.position_side]
            if output.quantity != expected:
                yield f"expected position {expected}, was {output}"
    final = {each.key: each.quantity for each in after.positions}
    if final != {key: quantity for key, quantity in held.items() if quantity}:
        yield f"expected positions {held} at the end, were {final}"


def about_funding(outputs: Sequence[Output]) -> Iterator[str]:
    """Complain unless a settlement is told once a position and its payment is exact."""
    told: set[tuple[str, PositionSide, int]] = set()
    for output in outputs:
        if not isinstance(output, FundingBooked | FundingUnknown):
            continue
        settlement = (output.symbol, output.position_side, output.settlement_ns)
        if settlement in told:
            yield f"a settlement is told twice: {output}"
        told.add(settlement)
        if isinstance(output, FundingBooked):
            expected = funding_payment(output.quantity, output.mark, output.rate)
            if output.amount != expected:
                yield f"expected a payment of {expected}, was {output}"


def about_the_throttle(setup: EngineSetup, outputs: Sequence[Output]) -> Iterator[str]:
    """Complain when two entries lie nearer to each other than the throttle allows."""
    least_ns = seconds_to_ns(setup.config.risk.entry_interval_s)
    last_ns = setup.head.last_entry_ns
    for output in outputs:
        if isinstance(output, OrderSubmitted) and output.request.role is OrderRole.ENTRY:
            if last_ns is not None and output.at_ns - last_ns < least_ns:
                since_s = (output.at_ns - last_ns) / NS_PER_S
                yield f"order {output.order_id} enters {since_s:.1f} s after the last entry"
            last_ns = output.at_ns
