"""Bring a machine to where a journal ends: from the newest snapshot that can be trusted, and on.

A snapshot is a cache. One that is missing, unreadable or not what the chain vouches for is passed
over for an earlier one, and in the end for running everything again; what was wrong is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.engine import Engine
from trading.errors import JournalCorrupt, JournalError
from trading.journal.machine import Machine
from trading.journal.record import Record, RecordKind
from trading.journal.snapshot import unpack
from trading.journal.source import source_digest
from trading.journal.store import JournalReader, JournalWriter
from trading.session.recorder import Recorder
from trading.strategy.view import FrameFactory
from trading.venues.registry import venue_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A recorder that stands where its journal ends, and how it got there."""

    recorder: Recorder
    snapshot: int
    """The record whose snapshot was used; 0: everything was run again."""
    replayed: int
    """Records run again after it."""
    doubts: str
    """Why a newer snapshot was not used; empty when the newest one was, or there was none."""


@dataclass(slots=True)
class _Start:
    machine: Machine
    after: Record | None = None
    doubts: list[str] = field(default_factory=list)


def resume(reader: JournalReader, frame: FrameFactory | None = None) -> Resumed:
    """Return the session as its journal left it, every record on the way checked.

    From a snapshot on that is the tail alone, so the time it takes does not grow with the session.
    What lies before it is vouched for by the chain's digest at the snapshot; ``verify`` looks at
    every byte.

    Raises:
        JournalCorrupt: when a record does not match its digest, or no longer gives the outputs
            it gave; nothing is written then.
    """
    start = _newest_start(reader, frame)
    last = start.after
    received_ns = last.received_ns if last is not None else 0
    replayed = 0
    for record in reader.checked(last):
        outputs = start.machine.again(record.kind, reader.heard(record), record.received_ns)
        if outputs != record.outputs:
            raise JournalCorrupt(
                str(reader.path),
                record.sequence,
                "running it again gives other outputs: this is other code than wrote it",
            )
        last, received_ns, replayed = record, record.received_ns, replayed + 1
    if last is None:
        raise JournalError(f"{reader.path} holds no record")
    schema = reader.opening.schema_version
    snapshot = start.after
    since = (
        (snapshot.sequence, snapshot.received_ns)
        if snapshot is not None
        else (0, reader.opening.setup.opened_ns)
    )
    journal = JournalWriter.reopen(reader.path, last.sequence, last.digest, schema)
    return Resumed(
        recorder=Recorder(start.machine, journal, received_ns, since=since),
        snapshot=since[0],
        replayed=replayed,
        doubts="; ".join(start.doubts),
    )


def _newest_start(reader: JournalReader, frame: FrameFactory | None) -> _Start:
    """Return the newest state that can be trusted; at worst the one before the first record."""
    opening = reader.opening
    doubts: list[str] = []
    try:
        kept = reader.snapshots()
    except JournalCorrupt as error:
        kept, doubts = [], [str(error)]
    if kept and opening.source_digest != source_digest():
        kept, doubts = [], ["its snapshots were taken by other code"]
    for sequence in kept:
        try:
            record = reader.record(sequence)
            before = reader.record(sequence - 1)
            if record.kind is not RecordKind.SNAPSHOT:
                raise JournalCorrupt(str(reader.path), sequence, "is no snapshot")
            if not record.follows(before.digest, opening.schema_version):
                raise JournalCorrupt(
                    str(reader.path), sequence, "its content does not match its digest"
                )
            body = reader.snapshot_body(record)
            if body is not None:
                machine = unpack(body, opening.setup.config, frame)
                return _Start(machine, record, doubts)
        except JournalError as error:
            doubts.append(str(error))
    machine = Machine(Engine(opening.setup, frame=frame), venue_named(opening.venue))
    return _Start(machine, None, doubts)
