"""What a journal holds: an opening, one record per input with its outputs, a closing.

A record's digest covers its predecessor's, so one changed byte shows in every later digest. It
covers the input by its SHA-256, so that the chain still holds where old inputs are dropped.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from trading.account.head import AccountHead
from trading.engine.setup import EngineSetup
from trading.model.events import Output, ShellInput
from trading.venues.base import RestRequest

SCHEMA_VERSION: Final = 2
"""1: the chain covered the input itself, and there were no snapshots."""
GENESIS: Final = bytes(32)
"""The digest before the first record of an account's first session."""


class RecordKind(StrEnum):
    """What a record's input is."""

    OPENING = "opening"
    FRAME = "frame"
    """A WebSocket frame, the very bytes received."""
    REPLY = "reply"
    """A REST reply: what was asked, and the very bytes of the body."""
    EVENT = "event"
    """Something of the shell's own: a timer, a control word, a lost connection."""
    SNAPSHOT = "snapshot"
    """No input: the state after the record before it, or why it could not be kept."""
    CLOSING = "closing"


NO_INPUT: Final = frozenset({RecordKind.OPENING, RecordKind.SNAPSHOT, RecordKind.CLOSING})
"""Kinds that are no input of the engine."""


class Predecessor(msgspec.Struct, frozen=True, kw_only=True):
    """The account's session before this one, by its last digest."""

    session_id: str
    digest: str


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """The first record: everything needed to run the session again, and where it came from."""

    schema_version: int
    setup: EngineSetup
    config_digest: str
    source_digest: str
    """SHA-256 over the source of ``trading``: the code that wrote the journal."""
    versions: dict[str, str]
    venue: str
    endpoint: dict[str, str]
    predecessor: Predecessor | None = None


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """The last record: the account as the next session takes it over."""

    head: AccountHead


class SnapshotNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot record holds: the body itself lies beside the chain, the newest few only."""

    sha256: str
    """Of the body, in hex; empty where there is none."""
    bytes: int
    refused: str = ""
    """Why the state could not be kept; from then on a resume runs everything again."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One row: an input, what the engine made of it, and the chain's digest after it."""

    sequence: int
    received_ns: int
    kind: RecordKind
    input: bytes
    outputs: bytes
    digest: bytes
    pruned_bytes: int | None = None
    """How long the input was before it was dropped; ``input`` is then its SHA-256."""

    def follows(self, previous: bytes, schema: int) -> bool:
        """Tell whether this record, as it is, is what its digest says, after ``previous``."""
        if self.pruned_bytes is not None:
            found = _link(previous, self, self.pruned_bytes, self.input)
        else:
            found = chain(
                previous,
                self.sequence,
                self.received_ns,
                self.kind,
                self.input,
                self.outputs,
                schema,
            )
        return found == self.digest


_HEADER = struct.Struct(">32sqq9sqq")
_ENCODER = msgspec.json.Encoder()
_OUTPUTS: msgspec.json.Decoder[tuple[Output, ...]] = msgspec.json.Decoder(tuple[Output, ...])
_EVENT: msgspec.json.Decoder[ShellInput] = msgspec.json.Decoder(ShellInput)
_REQUEST = msgspec.json.Decoder(RestRequest)


def chain(
    previous: bytes,
    sequence: int,
    received_ns: int,
    kind: RecordKind,
    data: bytes,
    outputs: bytes,
    schema: int = SCHEMA_VERSION,
) -> bytes:
    """Return the SHA-256 of a record and of everything before it, as a journal of a schema has it.

    ``schema`` is the one of the journal's opening: a migrated journal keeps its chain.
    """
    header = _HEADER.pack(previous, sequence, received_ns, kind.encode(), len(data), len(outputs))
    inner = data if schema == 1 else hashlib.sha256(data).digest()
    return hashlib.sha256(header + inner + outputs).digest()


def _link(previous: bytes, record: Record, size: int, sha256: bytes) -> bytes:
    """Return the digest of a record of whose input only length and SHA-256 are left."""
    header = _HEADER.pack(
        previous,
        record.sequence,
        record.received_ns,
        record.kind.encode(),
        size,
        len(record.outputs),
    )
    return hashlib.sha256(header + sha256 + record.outputs).digest()


def encode_outputs(outputs: Iterable[Output]) -> bytes:
    """Return outputs as one JSON array; no bytes at all where there are none."""
    listed = tuple(outputs)
    return _ENCODER.encode(listed) if listed else b""


def decode_outputs(data: bytes) -> tuple[Output, ...]:
    """Return the outputs of a record."""
    return _OUTPUTS.decode(data) if data else ()


def encode_event(event: ShellInput) -> bytes:
    """Return an input of the shell's own as JSON."""
    return _ENCODER.encode(event)


def decode_event(data: bytes) -> ShellInput:
    """Return an input of the shell's own."""
    return _EVENT.decode(data)


def encode_reply(request: RestRequest, body: bytes) -> bytes:
    """Return a REST reply: one line of JSON with the request, then the body untouched."""
    return _ENCODER.encode(request) + b"\n" + body


def decode_reply(data: bytes) -> tuple[RestRequest, bytes]:
    """Return a reply's request and body."""
    head, _, body = data.partition(b"\n")
    return _REQUEST.decode(head), body
