"""What a session must make of each fault of its feed: one table, for the suite and the command.

``python -m tests.simulation.feed_faults`` plays every row and prints what came of it. A row is a
script and the evidence it must leave in the journal. Evidence is told in short words
(``book: dead``, ``reconnect``, ``rejected: HTML``), so that the table can be read by anybody.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tests.support.faulty_session import FaultySession
from tests.support.recorded_session import OPENED_NS
from trading.model.events import (
    CandleClosed,
    CandleGap,
    ConnectionNoted,
    EntriesResumed,
    EntriesSuspended,
    FeedStage,
    FeedStageChanged,
    FundingUnknown,
    LedgerPosted,
    MessageIgnored,
    OrderFilled,
    OrderSubmitted,
    Output,
    PositionChanged,
    ReconnectRequested,
    SessionEnded,
)
from trading.model.numbers import NS_PER_S
from trading.model.orders import OrderRole

BEFORE_MIDNIGHT_NS: Final = 1_790_035_200 * NS_PER_S - 70 * NS_PER_S
"""70 s before a funding settlement: 2026-09-22 00:00 UTC."""
NO_ENTRIES: Final = "no entries"
RECONNECT: Final = "reconnect"
FILLED: Final = "gap filled and marked"
ANSWERS: Final = (NO_ENTRIES, RECONNECT, FILLED, "bar not confirmed", "stopped out")
"""Evidence of what was done about a fault; the rest is evidence of the fault."""
OWN_REASONS: Final = ("losses_in_a_row", "session_end")
"""Reasons for no entries that have nothing to do with the feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault: how it is made, what must be seen of it, and how the session may end."""

    name: str
    script: str
    seen: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ("completed", "degraded")
    minutes: float = 2.5
    stop_s: float = 60.0
    """Silence after which the session gives up."""
    is_held: bool = False
    """One position from the first seconds to the end, over a funding settlement after 70 s."""


ROWS: Final = (
    Row(name="no fault", script="", never=(NO_ENTRIES, RECONNECT, FILLED), outcomes=("completed",)),
    Row(
        name="one channel silent for 12 s",
        script="connection:2+20s silence book for 12s",
        seen=("book: stale", NO_ENTRIES),
        never=(RECONNECT, "price: stale"),
    ),
    Row(
        name="one channel silent for 40 s",
        script="connection:2+20s silence price for 40s",
        seen=("price: stale", "price: dead", NO_ENTRIES, RECONNECT),
    ),
    Row(
        name="deaf for good",
        script="connection:2+30s deaf",
        seen=("book: stale", "candle: dead", NO_ENTRIES, RECONNECT),
        outcomes=("feed_failed",),
    ),
    Row(
        name="frozen, pings live",
        script="connection:2+20s frozen for 40s",
        seen=("book: stale", "book: dead", NO_ENTRIES, RECONNECT),
    ),
    Row(
        name="half-open socket",
        script="connection:2+20s half-open",
        seen=("book: stale", "book: dead", NO_ENTRIES, RECONNECT),
    ),
    Row(
        name="connection dropped",
        script="connection:2+20s drop",
        seen=("lost", NO_ENTRIES),
        never=("book: dead",),
    ),
    Row(
        name="dropped and refused for 2 minutes, with patience",
        script="connection:2+30s drop; connection:2+30s refuse for 2m",
        seen=("lost", "book: dead", NO_ENTRIES, FILLED),
        outcomes=("degraded",),
        minutes=4.0,
        stop_s=600.0,
    ),
    Row(
        name="HTML instead of JSON",
        script="connection:2+20s html for 40s",
        seen=("ignored: HTML instead of JSON", "book: dead", NO_ENTRIES, RECONNECT),
    ),
    Row(
        name="garbage",
        script="connection:2+20s garbage for 40s",
        seen=("ignored: JSON is malformed", "book: dead", NO_ENTRIES, RECONNECT),
    ),
    Row(
        name="truncated frames",
        script="connection:2+20s truncated for 12s",
        seen=("ignored: Input data was truncated", "book: stale", NO_ENTRIES),
    ),
    Row(
        name="oversized frames",
        script="connection:2+20s oversized for 5s",
        seen=("lost", NO_ENTRIES),
    ),
    Row(
        name="a fifth of the pushes lost",
        script="connection:2+5s lossy 20",
        never=("book: dead",),
        outcomes=("completed",),
    ),
    Row(
        name="every push twice",
        script="connection:2+5s duplicates",
        seen=("ignored: duplicate",),
        never=(RECONNECT,),
        outcomes=("completed",),
    ),
    Row(
        name="out of order",
        script="connection:2+5s out-of-order",
        seen=("ignored: out of order",),
        never=(RECONNECT,),
    ),
    Row(
        name="a stale replay",
        script="connection:2+40s replay 30s for 60s",
        seen=("ignored: out of order", "book: dead", NO_ENTRIES, RECONNECT),
    ),
    Row(
        name="candles late by 12 s",
        script="connection:2+30s late-candle 12s for 60s",
        seen=("candle: stale", NO_ENTRIES),
        never=("book: stale",),
    ),
    Row(
        name="bars missing from REST",
        script="0s kline-gaps",
        seen=("bar not confirmed",),
        minutes=4.5,
    ),
    Row(
        name="REST limited for 5 s",
        script="connection:2+18s rate-limit for 5s",
        seen=(),
        never=("rest failed", RECONNECT),
        outcomes=("completed",),
    ),
    Row(
        name="REST limited for good",
        script="connection:2+18s rate-limit",
        seen=("rest failed", "bar not confirmed"),
    ),
    Row(
        name="REST errors 502",
        script="connection:2+18s error 502 for 60s",
        seen=("rest failed", "bar not confirmed"),
    ),
    Row(
        name="maintenance",
        script="connection:2+30s maintenance; connection:2+30s drop",
        seen=("lost", NO_ENTRIES, "book: dead"),
        outcomes=("feed_failed",),
    ),
    Row(
        name="a fatal code",
        script="connection:2+18s fatal",
        seen=("rest failed",),
        outcomes=("feed_failed",),
    ),
    Row(
        name="the venue's clock 5 s ahead, and back",
        script="connection:2+20s clock 5s for 30s",
        seen=("ignored: out of order",),
        never=(RECONNECT,),
    ),
    Row(
        name="the venue's clock 40 s behind",
        script="connection:2+20s clock -40s for 50s",
        seen=("ignored: out of order", "book: dead", NO_ENTRIES, RECONNECT),
    ),
    Row(
        name="no funding rate over a settlement",
        script="0s no-funding",
        seen=("funding unknown",),
        outcomes=("degraded",),
        is_held=True,
    ),
    Row(
        name="crossed books",
        script="connection:2+20s crossed for 12s",
        seen=("ignored: crossed", "book: stale", NO_ENTRIES),
    ),
    Row(
        name="a price spike of 300 bps",
        script="connection:2+18s spike -300 for 20s",
        seen=("stopped out",),
        is_held=True,
    ),
)


def played(row: Row) -> FaultySession:
    """Return a row's session, over."""
    session = FaultySession(
        row.script,
        minutes=row.minutes,
        stop_s=row.stop_s,
        opened_ns=BEFORE_MIDNIGHT_NS if row.is_held else OPENED_NS,
        strategy="tests.support.strategies_live:HoldOver" if row.is_held else "pulse",
    )
    session.run()
    return session


def evidence(outputs: Sequence[Output]) -> Counter[str]:
    """Return what a session shows of what happened to it, and how often."""
    seen: Counter[str] = Counter()
    has_begun = False
    for output in outputs:
        match output:
            case FeedStageChanged():
                seen[f"{output.channel}: {output.stage}"] += 1
            case ReconnectRequested():
                seen[RECONNECT] += 1
            case ConnectionNoted(is_up=False):
                seen["lost"] += 1
            case MessageIgnored(channel="rest"):
                seen["rest failed"] += 1
            case MessageIgnored():
                seen[f"ignored: {output.reason.partition(',')[0].partition(' (')[0]}"] += 1
            case EntriesResumed():
                has_begun = True
            case EntriesSuspended() if has_begun:
                seen[NO_ENTRIES] += not any(own in output.reason for own in OWN_REASONS)
            case CandleGap():
                seen["bars missing"] += 1
            case CandleClosed(is_confirmed=False):
                seen["bar not confirmed"] += 1
            case FundingUnknown():
                seen["funding unknown"] += 1
            case OrderFilled(role=OrderRole.STOP):
                seen["stopped out"] += 1
            case _:
                continue
    seen[FILLED] = sum(_backfilled(outputs))
    return +seen


def _backfilled(outputs: Sequence[Output]) -> Iterator[bool]:
    """Tell of each bar after the first connection whether it was fetched instead of heard."""
    is_live = False
    for output in outputs:
        is_live = is_live or isinstance(output, ConnectionNoted)
        if isinstance(output, CandleClosed):
            yield is_live and output.is_backfilled


def wrongs(row: Row, outputs: Sequence[Output], wallet: Decimal) -> list[str]:
    """Return what is wrong with what a session made of a fault; nothing, where all is right."""
    seen = evidence(outputs)
    found = [f"expected {word!r}" for word in row.seen if not _matches(word, seen)]
    found += [f"never expected {word!r}" for word in row.never if _matches(word, seen)]
    ends = [output for output in outputs if isinstance(output, SessionEnded)]
    if len(ends) != 1 or outputs[-1] is not ends[0]:
        return [*found, f"expected one end, the last word, was {len(ends)}"]
    if ends[0].outcome not in row.outcomes:
        found.append(f"expected {' or '.join(row.outcomes)}, was {ends[0].outcome}")
    return [*found, *lost(outputs, wallet)]


def _matches(word: str, seen: Counter[str]) -> bool:
    return any(each.startswith(word) for each in seen)


def lost(outputs: Sequence[Output], wallet: Decimal) -> list[str]:
    """Return what was lost: an amount, a fill, a position, or the rule of no entries."""
    found = []
    lines = [output for output in outputs if isinstance(output, LedgerPosted)]
    (end,) = (output for output in outputs if isinstance(output, SessionEnded))
    if wallet + sum((line.amount for line in lines), Decimal(0)) != end.wallet:
        found.append("the ledger does not add up to the wallet")
    fills = [output.fill_id for output in outputs if isinstance(output, OrderFilled)]
    if fills != sorted(set(fills)):
        found.append("a fill twice, or out of order")
    positions = [output for output in outputs if isinstance(output, PositionChanged)]
    if positions and positions[-1].quantity and "could not be closed" not in end.detail:
        found.append("a position was left open and nobody said so")
    reasons: set[str] = set()
    for output in outputs:
        if isinstance(output, EntriesSuspended):
            reasons.add(output.reason.partition(":")[0])
        elif isinstance(output, EntriesResumed):
            reasons.discard(output.reason.partition(":")[0])
        elif isinstance(output, OrderSubmitted) and output.request.role is OrderRole.ENTRY:
            found += [f"an entry in spite of: {'; '.join(sorted(reasons))}"] if reasons else []
    return found


def main() -> int:
    """Play every row and print the table; return 1 when anything was lost or not seen."""
    is_wrong = False
    sys.stdout.write("| fault | script | what was seen | what was done | end | lost |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    for row in ROWS:
        session = played(row)
        found = wrongs(row, session.outputs, session.setup.head.wallet)
        is_wrong = is_wrong or bool(found)
        seen = evidence(session.outputs)
        (end,) = (output for output in session.outputs if isinstance(output, SessionEnded))
        cells = (
            row.name,
            f"`{row.script}`" if row.script else "",
            "; ".join(_briefly(seen)) or "nothing",
            ", ".join(answer for answer in ANSWERS if answer in seen) or "nothing",
            end.outcome,
            "; ".join(found) or "nothing",
        )
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
    return is_wrong


def _briefly(seen: Counter[str]) -> Iterator[str]:
    """Tell the evidence of a fault; channels of one stage together."""
    for stage in (FeedStage.STALE, FeedStage.DEAD):
        channels = [each.partition(":")[0] for each in seen if each.endswith(f": {stage}")]
        if channels:
            yield f"{', '.join(sorted(channels))} {stage}"
    stages = tuple(f": {stage}" for stage in FeedStage)
    yield from sorted(w for w in seen if w not in ANSWERS and not w.endswith(stages))


if __name__ == "__main__":
    sys.exit(main())
