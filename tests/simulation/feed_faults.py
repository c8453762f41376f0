"""What a session must make of each fault of its feed: one table, for the suite and the command.

A row is a script and the evidence it must leave in the journal. Evidence is told in short words
(``book: dead``, ``reconnect``, ``rejected: HTML``), so that the table can be read by anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading.model.events import (
    CandleClosed,
    CandleGap,
    ConnectionNoted,
    EntriesResumed,
    EntriesSuspended,
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
from trading.model.orders import OrderRole

NO_ENTRIES: Final = "no entries"
RECONNECT: Final = "reconnect"
FILLED: Final = "gap filled and marked"


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
    Row(name="no fault", script="", never=(RECONNECT, FILLED), outcomes=("completed",)),
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


def evidence(outputs: Sequence[Output]) -> Counter[str]:
    """Return what a session shows of what happened to it, and how often."""
    seen: Counter[str] = Counter()
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
            case EntriesSuspended():
                seen[NO_ENTRIES] += 1
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
    is_suspended = False
    for output in outputs:
        if isinstance(output, EntriesSuspended | EntriesResumed):
            is_suspended = isinstance(output, EntriesSuspended)
        elif isinstance(output, OrderSubmitted) and output.request.role is OrderRole.ENTRY:
            found += ["an entry while entries were suspended"] if is_suspended else []
    return found
