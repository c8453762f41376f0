"""A journal told in words: what ``show`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from trading.journal.store import JournalReader
from trading.model.events import (
    CandleClosed,
    EquityMarked,
    LedgerPosted,
    OrderFilled,
    Output,
    RoundTripClosed,
    SessionEnded,
)
from trading.model.numbers import NS_PER_S

_QUIET = (EquityMarked,)


def utc(at_ns: int) -> str:
    """Return a time as ``HH:MM:SS.mmm`` UTC."""
    whole, rest = divmod(at_ns, NS_PER_S)
    clock = datetime.fromtimestamp(whole, UTC).strftime("%H:%M:%S")
    return f"{clock}.{rest // 1_000_000:03d}"


def tell(reader: JournalReader, *, has_all: bool) -> Iterator[str]:
    """Yield the session's story line by line; equity samples only with ``has_all``."""
    opening = reader.opening
    setup = opening.setup
    config = setup.config
    day = datetime.fromtimestamp(setup.opened_ns // NS_PER_S, UTC).strftime("%Y-%m-%d")
    yield f"PAPER session {setup.session_id} of account {config.account}, {day} UTC"
    yield f"{config.strategy} on {config.symbol}, {config.minutes:g} minutes, seed {config.seed}"
    yield f"wallet {setup.head.wallet} at the start; config {opening.config_digest[:12]}"
    for output in reader.outputs():
        if has_all or not isinstance(output, _QUIET):
            yield f"{utc(output.at_ns)}  {sentence(output)}"
    if reader.ended() is None:
        yield "the session has not ended"


def sentence(output: Output) -> str:
    """Return one output as a person would say it."""
    match output:
        case OrderFilled():
            return (
                f"{output.role} {output.side} {output.quantity} {output.symbol} filled at "
                f"{output.price} as {output.liquidity}, fee {output.fee} ({output.evidence})"
            )
        case LedgerPosted():
            return f"ledger {output.line}: {output.reason} {output.amount:+} -> {output.balance}"
        case RoundTripClosed():
            return (
                f"round trip {output.trip_id} closed: {output.side} {output.quantity} from "
                f"{output.entry_price} to {output.exit_price}, net {output.net:+} "
                f"({output.reason_in}; {output.reason_out})"
            )
        case CandleClosed():
            return f"bar {utc(output.open_ns)} closed at {output.close}"
        case SessionEnded():
            return (
                f"session ended: {output.outcome} ({output.reason}) {output.detail} "
                f"wallet {output.wallet}, {output.fills} fills"
            )
        case _:
            fields = msgspec.structs.asdict(output)
            del fields["at_ns"]
            told = ", ".join(f"{name} {value}" for name, value in fields.items() if value != "")
            return f"{type(output).__name__}: {told}"
