"""The un-killed twin of a killed session: the same inputs, through an engine nobody ever killed.

Where a process was replaced the journal holds a ``SessionResumed``; the twin is told only that the
time has come. All it hears else are the very records of the journal. So the two may differ only
in what the kill itself hid, and the journal marks that: an entry given up because nobody saw its
fill, a stop or target settled from bars of the time in between, a bar that was heard only in part
and so gave the strategy no turn, a settlement that waits for such bars. And time: an ending that
was interrupted has all of it again, and an outage is not held against the feed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from tests.simulation.victim import states_of
from trading.engine import Engine
from trading.journal.machine import Machine
from trading.journal.record import Record, RecordKind, decode_event, decode_outputs, encode_outputs
from trading.journal.store import JournalReader
from trading.model.events import (
    AttemptStarted,
    CandleClosed,
    FundingHistoryRequested,
    OrderCanceled,
    OrderFilled,
    Output,
    SessionEnding,
    SessionResumed,
    TimerFired,
)
from trading.model.numbers import NS_PER_S
from trading.venues.registry import venue_named

WAITING_NS = 90 * NS_PER_S
"""The bar a silence ended in is over within a minute, and confirmed soon after."""
UNSEEN = "nobody was there to see its fill"


@dataclass
class Comparison:
    """How a killed session compares with its twin."""

    attempts_ns: list[int] = field(default_factory=list)
    """When each later attempt took over."""
    from_snapshots: int = 0
    """How many attempts began at a snapshot, not at the first record."""
    marks: list[str] = field(default_factory=list)
    """What the journal says was hidden by a kill, and so may differ from here on."""
    difference: str | None = None
    """The first output in which the twin differs; None when it never does."""
    states: dict[int, set[str]] = field(default_factory=dict)
    """The states the engine was in after the records that were asked for."""

    @property
    def is_same(self) -> bool:
        """Whether the kills changed nothing at all."""
        return self.difference is None and not self.marks

    def complaints(self) -> list[str]:
        """Return a difference that no mark explains."""
        if self.difference is None or self.marks:
            return []
        return [f"unlike its un-killed twin, unmarked: {self.difference}"]


def compare(path: Path, records: Iterable[int] = ()) -> Comparison:
    """Run a session's inputs through itself again and through its twin.

    ``records`` are sequence numbers after which the states are wanted.
    """
    wanted = set(records)
    found = Comparison()
    blind: list[tuple[int, int]] = []
    is_ending = False
    with JournalReader(path) as reader:
        venue = venue_named(reader.opening.venue)
        killed = Machine(Engine(reader.opening.setup), venue)
        twin = Machine(Engine(reader.opening.setup), venue)
        for record in reader.checked():
            killed.again(record.kind, record.input, record.received_ns)
            if record.sequence in wanted:
                found.states[record.sequence] = states_of(killed.engine)
            outputs = decode_outputs(record.outputs)
            resumed = _blind(record)
            found.attempts_ns += [received_ns for _, received_ns in resumed]
            found.from_snapshots += sum(
                isinstance(o, AttemptStarted) and o.snapshot > 0 for o in outputs
            )
            if found.difference is not None:
                continue
            found.marks.extend(str(output) for output in outputs if _is_mark(output))
            if resumed and is_ending:
                found.marks.append(f"record {record.sequence}: an ending begins again")
            is_ending = is_ending or any(isinstance(o, SessionEnding) for o in outputs)
            if not found.marks:
                expected = decode_outputs(_untold(twin, record))
                heard = tuple(o for o in outputs if not isinstance(o, AttemptStarted))
                blind.extend(resumed)
                if resumed and _is_given_up(expected) and not _is_given_up(heard):
                    found.marks.append(f"record {record.sequence}: the outage was no silence")
                elif heard != expected and _is_turn_missed(heard, expected):
                    found.marks.append(f"record {record.sequence}: a bar heard only in part")
                elif _is_settlement_waiting(heard, expected, record.received_ns, blind):
                    found.marks.append(f"record {record.sequence}: a settlement waits for bars")
                else:
                    found.difference = _difference(record.sequence, heard, expected)
    return found


def _is_given_up(outputs: tuple[Output, ...]) -> bool:
    return any(isinstance(o, SessionEnding) and o.reason == "feed_failed" for o in outputs)


def _blind(record: Record) -> list[tuple[int, int]]:
    """Return the span nobody listened in, if this record tells of one."""
    event = decode_event(record.input) if record.kind is RecordKind.EVENT else None
    return [(event.last_ns, event.received_ns)] if isinstance(event, SessionResumed) else []


def _is_turn_missed(heard: tuple[Output, ...], expected: tuple[Output, ...]) -> bool:
    """Tell whether all that is missing is what the strategy wanted at a bar not wholly heard.

    The journal marks such bars themselves; up to the first of them, and but for their marks,
    nothing may differ, and nothing may come after it that the twin does not have, too.
    """
    marked = (n for n, o in enumerate(heard, 1) if isinstance(o, CandleClosed) and not o.is_heard)
    first = next(marked, 0)
    whole = [replace(o, is_heard=True) if isinstance(o, CandleClosed) else o for o in heard]
    twins = iter(expected)
    is_same_before = bool(first) and whole[:first] == list(expected[:first])
    return is_same_before and all(output in twins for output in whole)


def _is_settlement_waiting(
    heard: tuple[Output, ...],
    expected: tuple[Output, ...],
    received_ns: int,
    blind: list[tuple[int, int]],
) -> bool:
    """Tell whether all that differs is when a settlement's rate is asked for, soon after a kill.

    Until the bars of the silence have told whether the position was still held, nothing is owed.
    """
    is_recent = any(0 <= received_ns - end_ns <= WAITING_NS for _, end_ns in blind)
    return heard != expected and _unasked(heard) == _unasked(expected) and is_recent


def _unasked(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    return tuple(o for o in outputs if not isinstance(o, FundingHistoryRequested))


def _untold(twin: Machine, record: Record) -> bytes:
    """Apply a record to the twin, which hears of no kill."""
    if _blind(record):
        return encode_outputs(twin.event(TimerFired(record.received_ns)))
    return twin.again(record.kind, record.input, record.received_ns)


def _is_mark(output: Output) -> bool:
    match output:
        case OrderCanceled():
            return output.reason == UNSEEN
        case OrderFilled():
            return output.evidence.startswith("backfill")
        case _:
            return False


def _difference(
    sequence: int, heard: tuple[Output, ...], expected: tuple[Output, ...]
) -> str | None:
    for one, other in zip(heard, expected, strict=False):
        if one != other:
            return f"record {sequence}: {one}, the twin {other}"
    if len(heard) != len(expected):
        return f"record {sequence}: {len(heard)} outputs, the twin's {len(expected)}"
    return None
