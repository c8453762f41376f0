"""The proof: run a session again from its journal alone, and compare every record.

``verify`` uses the very code that ran live. A divergence is a verdict, never guessed around.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from trading.engine import Engine
from trading.engine.setup import EngineSetup
from trading.errors import JournalCorrupt, JournalError
from trading.journal.machine import Machine
from trading.journal.record import GENESIS, Closing, RecordKind, chain, decode_outputs
from trading.journal.source import source_digest
from trading.journal.store import JournalReader
from trading.venues.registry import venue_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What running a journal again showed."""

    is_identical: bool
    records: int
    digest: str
    """The last digest that was confirmed, in hex."""
    detail: str

    def __str__(self) -> str:
        """Return the verdict in one line."""
        word = "identical" if self.is_identical else "DIFFERENT"
        return f"{word}: {self.records} records, digest {self.digest[:16]}; {self.detail}"


def verify(path: Path) -> Verdict:
    """Run a session again and name the first record that differs, or none.

    Raises:
        JournalError: when the file is no journal.
    """
    confirmed, digest = 0, b""
    with JournalReader(path) as reader:
        opening = reader.opening
        note = (
            ""
            if opening.source_digest == source_digest()
            else ("; note: written by other code than this")
        )
        machine = Machine(Engine(opening.setup), venue_named(opening.venue))
        try:
            for record in reader.checked():
                if record.kind is RecordKind.CLOSING:
                    closing = Closing(head=machine.engine.head())
                    found, expected = record.input, msgspec.json.encode(closing)
                else:
                    found = record.outputs
                    expected = machine.again(record.kind, record.input, record.received_ns)
                if found != expected:
                    return Verdict(
                        is_identical=False,
                        records=confirmed,
                        digest=digest.hex(),
                        detail=_difference(record.sequence, record.kind, found, expected) + note,
                    )
                confirmed, digest = confirmed + 1, record.digest
        except JournalCorrupt as error:
            return Verdict(
                is_identical=False, records=confirmed, digest=digest.hex(), detail=str(error)
            )
    state = "closed" if machine.engine.has_ended else "not closed"
    return Verdict(
        is_identical=True, records=confirmed, digest=digest.hex(), detail=f"session {state}{note}"
    )


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
            if record.kind is RecordKind.CLOSING:
                continue
            outputs = machine.again(record.kind, record.input, record.received_ns)
            digest = chain(
                digest, record.sequence, record.received_ns, record.kind, record.input, outputs
            )
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
    if kind is RecordKind.CLOSING:
        return f"record {sequence}: the closing account differs"
    recorded, again = decode_outputs(found), decode_outputs(expected)
    for index, (one, other) in enumerate(zip(recorded, again, strict=False)):
        if one != other:
            return f"record {sequence} ({kind}), output {index}: recorded {one}, again {other}"
    return f"record {sequence} ({kind}): recorded {len(recorded)} outputs, again {len(again)}"
