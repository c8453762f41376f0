"""The proof: run a session again from its journal alone, and compare every record.

``verify`` uses the very code that ran live. A divergence is a verdict, never guessed around.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from trading.engine import Engine
from trading.engine.setup import EngineSetup
from trading.errors import JournalCorrupt, JournalError, SnapshotRefused
from trading.journal.machine import Machine
from trading.journal.record import GENESIS, Closing, Record, RecordKind, chain, decode_outputs
from trading.journal.snapshot import unpack
from trading.journal.source import source_digest
from trading.journal.state import state_digest
from trading.journal.store import JournalReader
from trading.venues.registry import venue_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What running a journal again showed."""

    is_identical: bool
    """Whether nothing differs: every digest, every output, every snapshot that is kept."""
    records: int
    digest: str
    """The last digest that was confirmed, in hex."""
    detail: str
    pruned: int = 0
    """Records that no longer have their input: the chain holds over them, nothing more is known."""
    snapshots: int = 0
    """Snapshots whose state was compared with the state of the second run."""

    def __str__(self) -> str:
        """Return the verdict in one line."""
        word = "DIFFERENT"
        if self.is_identical:
            word = "chain intact" if self.pruned else "identical"
        return f"{word}: {self.records} records, digest {self.digest[:16]}; {self.detail}"


@dataclass(slots=True)
class _Proof:
    """One journal being run again from its very first record."""

    reader: JournalReader
    machine: Machine
    records: int = 0
    digest: bytes = b""
    pruned: list[int] = field(default_factory=list)
    snapshots: int = 0

    def check(self, record: Record) -> str | None:
        """Run one record again; return how it differs, or None."""
        found, expected = record.outputs, b""
        is_lost = bool(self.pruned)
        if record.pruned_bytes is not None:
            self.pruned.append(record.sequence)
        elif record.kind is RecordKind.SNAPSHOT:
            difference = self._snapshot(record)
            if difference is not None:
                return difference
        elif record.kind is RecordKind.CLOSING:
            # By value: what an account has learnt to say since then is said by its default.
            if not is_lost and self.reader.closing() != Closing(head=self.machine.engine.head()):
                return f"record {record.sequence}: the closing account differs"
        elif not is_lost:
            expected = self.machine.again(record.kind, record.input, record.received_ns)
        if not self.pruned and found != expected:
            return _difference(record.sequence, record.kind, found, expected)
        self.records, self.digest = self.records + 1, record.digest
        return None

    def _snapshot(self, record: Record) -> str | None:
        """Compare a snapshot that is kept with the state of this run."""
        body = self.reader.snapshot_body(record)
        if body is None or self.pruned:
            return None
        self.snapshots += 1
        try:
            kept = unpack(body, self.reader.opening.setup.config)
        except SnapshotRefused as error:
            return f"record {record.sequence} (snapshot): {error}"
        if state_digest(kept) != state_digest(self.machine):
            return f"record {record.sequence} (snapshot): its state differs from the second run's"
        return None

    def verdict(self, difference: str | None) -> Verdict:
        """Return what was shown."""
        detail = difference
        if detail is None:
            detail = "session closed" if self._is_closed() else "session not closed"
            if self.snapshots:
                detail += f", {self.snapshots} snapshots equal the state"
            if self.pruned:
                detail += (
                    f"; the inputs of {len(self.pruned)} records from {self.pruned[0]} to "
                    f"{self.pruned[-1]} were pruned: what came of them, and of everything later, "
                    "is vouched for by the chain and can no longer be run again"
                )
        if self.reader.opening.source_digest != source_digest():
            detail += "; note: written by other code than this"
        return Verdict(
            is_identical=difference is None,
            records=self.records,
            digest=self.digest.hex(),
            detail=detail,
            pruned=len(self.pruned),
            snapshots=self.snapshots,
        )

    def _is_closed(self) -> bool:
        return self.reader.last().kind is RecordKind.CLOSING


def verify(path: Path) -> Verdict:
    """Run a session again from its start and name the first record that differs, or none.

    Every snapshot still kept is loaded and compared with the state of this run.

    Raises:
        JournalError: when the file is no journal.
    """
    with JournalReader(path) as reader:
        opening = reader.opening
        proof = _Proof(reader, Machine(Engine(opening.setup), venue_named(opening.venue)))
        try:
            for record in reader.checked():
                difference = proof.check(record)
                if difference is not None:
                    return proof.verdict(difference)
        except JournalCorrupt as error:
            return proof.verdict(str(error))
        return proof.verdict(None)


def replay(path: Path, seed: int | None = None) -> str:
    """Run a session's inputs again, with another seed if one is given; return the journal hash.

    The hash covers the inputs and the outputs they now have, so the same seed gives the same
    hash and, wherever chance matters, another seed another.

    Raises:
        JournalError: when the file is no journal.
    """
    with JournalReader(path) as reader:
        opening = reader.opening
        setup = opening.setup if seed is None else _seeded(opening.setup, seed)
        machine = Machine(Engine(setup), venue_named(opening.venue))
        digest = hashlib.sha256(GENESIS + msgspec.json.encode(setup)).digest()
        for record in reader.checked():
            if record.kind in {RecordKind.SNAPSHOT, RecordKind.CLOSING}:
                continue
            heard = reader.heard(record)
            outputs = machine.again(record.kind, heard, record.received_ns)
            digest = chain(digest, record.sequence, record.received_ns, record.kind, heard, outputs)
    return digest.hex()


def _seeded(setup: EngineSetup, seed: int) -> EngineSetup:
    data = msgspec.to_builtins(setup)
    data["config"]["seed"] = seed
    try:
        return msgspec.convert(data, EngineSetup)
    except msgspec.ValidationError as error:
        raise JournalError(f"seed {seed}: {error}") from error


def _difference(sequence: int, kind: RecordKind, found: bytes, expected: bytes) -> str:
    """Return the first output that differs, in words."""
    recorded, again = decode_outputs(found), decode_outputs(expected)
    for index, (one, other) in enumerate(zip(recorded, again, strict=False)):
        if one != other:
            return f"record {sequence} ({kind}), output {index}: recorded {one}, again {other}"
    return f"record {sequence} ({kind}): recorded {len(recorded)} outputs, again {len(again)}"
