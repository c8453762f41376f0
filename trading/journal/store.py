"""The SQLite file: appended to by one writer, read by anyone at any time.

Durability, stated: a commit with ``is_durable`` is on the disk when it returns (WAL,
``synchronous=FULL``) and survives power loss; other commits survive the death of the process, and
power loss may take the last fraction of a second of them, never part of one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from trading.errors import JournalCorrupt, JournalError
from trading.journal.record import (
    GENESIS,
    SCHEMA_VERSION,
    Closing,
    Opening,
    Record,
    RecordKind,
    chain,
    decode_outputs,
)
from trading.model.events import Output, SessionEnded

_SCHEMA = """
CREATE TABLE record (
    sequence    INTEGER PRIMARY KEY,
    received_ns INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    input       BLOB NOT NULL,
    outputs     BLOB NOT NULL,
    digest      BLOB NOT NULL
) STRICT
"""
_INSERT = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT sequence, received_ns, kind, input, outputs, digest FROM record"

Row = tuple[int, int, str, bytes, bytes, bytes]


class JournalWriter:
    """Appends records. What ``append`` took is safe only after ``commit`` returned.

    Invariant: the file always holds a prefix of what was appended, never part of a record.
    """

    def __init__(self, connection: sqlite3.Connection, sequence: int, digest: bytes) -> None:
        """Go on after ``sequence``, whose digest is ``digest``; use ``create`` or ``reopen``."""
        self._connection = connection
        self._pending: list[Row] = []
        self._is_full_sync: bool | None = None
        self.sequence = sequence
        self.digest = digest

    @classmethod
    def create(cls, path: Path, opening: Opening) -> JournalWriter:
        """Make a new file whose first record, durable on return, is the opening.

        Raises:
            JournalError: when the file exists or cannot be written.
        """
        if path.exists():
            raise JournalError(f"{path} exists; a journal is never overwritten")
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under another name until the opening is in it: a journal that exists can be resumed.
        unborn = path.with_name(f"{path.name}.new")
        for left_over in (unborn, path.with_name(f"{unborn.name}-journal")):
            left_over.unlink(missing_ok=True)
        connection = _connect(unborn)
        try:
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute(_SCHEMA)
            predecessor = opening.predecessor
            origin = bytes.fromhex(predecessor.digest) if predecessor else GENESIS
            writer = cls(connection, -1, origin)
            writer.append(
                RecordKind.OPENING, opening.setup.opened_ns, msgspec.json.encode(opening), b""
            )
            writer.commit(is_durable=True)
        except sqlite3.Error as error:
            raise JournalError(f"{path}: cannot create the journal: {error}") from error
        finally:
            connection.close()
        unborn.replace(path)
        return cls(_connect_to_write(path), writer.sequence, writer.digest)

    @classmethod
    def reopen(cls, path: Path, sequence: int, digest: bytes) -> JournalWriter:
        """Go on with a journal whose last record the caller has read and checked.

        Raises:
            JournalError: when the file cannot be opened, or has grown since it was read.
        """
        if not path.exists():
            raise JournalError(f"{path} does not exist")
        connection = _connect_to_write(path)
        (last,) = connection.execute("SELECT max(sequence) FROM record").fetchone()
        if last != sequence:
            connection.close()
            raise JournalError(f"{path}: expected the last record to be {sequence}, was {last}")
        return cls(connection, sequence, digest)

    @property
    def has_pending(self) -> bool:
        """Whether something was appended since the last commit."""
        return bool(self._pending)

    def append(self, kind: RecordKind, received_ns: int, data: bytes, outputs: bytes) -> None:
        """Add a record to the transaction being gathered."""
        sequence = self.sequence + 1
        digest = chain(self.digest, sequence, received_ns, kind, data, outputs)
        self._pending.append((sequence, received_ns, kind, data, outputs, digest))
        self.sequence = sequence
        self.digest = digest

    def commit(self, *, is_durable: bool) -> None:
        """Write everything appended, in one transaction.

        Raises:
            JournalError: when it cannot be written (disk full, file lost); nothing of it is in
                the file, and the session must stop.
        """
        if not self._pending:
            return
        connection = self._connection
        try:
            if is_durable is not self._is_full_sync:
                connection.execute(f"PRAGMA synchronous={'FULL' if is_durable else 'NORMAL'}")
                self._is_full_sync = is_durable
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, self._pending)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise JournalError(
                f"records {self._pending[0][0]} to {self.sequence} could not be written: {error}"
            ) from error
        self._pending.clear()

    def close(self) -> None:
        """Commit durably, fold the write-ahead log into the file, and let go of it."""
        self.commit(is_durable=True)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class JournalReader:
    """Reads a journal, also while it is being written; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading.

        Raises:
            JournalError: when there is no such file, it is no journal, or of another schema.
        """
        if not path.exists():
            raise JournalError(f"{path} does not exist")
        self.path = path
        self._connection = _connect(path)
        try:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            self.opening = self._read_opening()
        except (sqlite3.Error, msgspec.DecodeError) as error:
            self._connection.close()
            raise JournalError(f"{path} is not a readable journal: {error}") from error
        if version != SCHEMA_VERSION:
            self._connection.close()
            raise JournalError(f"{path}: expected schema {SCHEMA_VERSION}, was {version}")

    def __enter__(self) -> Self:
        """Return the open reader."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._connection.close()

    def records(self, after: int = -1) -> Iterator[Record]:
        """Yield every record after a sequence number, in order."""
        query = f"{_SELECT} WHERE sequence > ? ORDER BY sequence"
        with closing(self._connection.execute(query, (after,))) as rows:
            for sequence, received_ns, kind, data, outputs, digest in rows:
                yield Record(
                    sequence=sequence,
                    received_ns=received_ns,
                    kind=RecordKind(kind),
                    input=data,
                    outputs=outputs,
                    digest=digest,
                )

    def outputs(self) -> Iterator[Output]:
        """Yield everything the engine gave out, in order: what reports and the like fold over."""
        query = "SELECT outputs FROM record WHERE length(outputs) > 0 ORDER BY sequence"
        with closing(self._connection.execute(query)) as rows:
            for (data,) in rows:
                yield from decode_outputs(data)

    def checked(self) -> Iterator[Record]:
        """Yield every record, in order, after checking its digest against its content.

        Raises:
            JournalCorrupt: at the first record that is missing or not what its digest says.
        """
        predecessor = self.opening.predecessor
        digest = bytes.fromhex(predecessor.digest) if predecessor else GENESIS
        expected = 0
        try:
            for record in self.records():
                if record.sequence != expected:
                    raise JournalCorrupt(str(self.path), expected, "the record is missing")
                digest = chain(
                    digest,
                    record.sequence,
                    record.received_ns,
                    record.kind,
                    record.input,
                    record.outputs,
                )
                if digest != record.digest:
                    raise JournalCorrupt(
                        str(self.path), expected, "its content does not match its digest"
                    )
                yield record
                expected += 1
        except (sqlite3.DatabaseError, ValueError) as error:
            raise JournalCorrupt(str(self.path), expected, f"unreadable: {error}") from error

    def last(self) -> Record:
        """Return the newest record."""
        query = f"{_SELECT} ORDER BY sequence DESC LIMIT 1"
        sequence, received_ns, kind, data, outputs, digest = self._connection.execute(
            query
        ).fetchone()
        return Record(
            sequence=sequence,
            received_ns=received_ns,
            kind=RecordKind(kind),
            input=data,
            outputs=outputs,
            digest=digest,
        )

    def closing(self) -> Closing | None:
        """Return the closing record; None while the session is open, or if it never closed."""
        last = self.last()
        if last.kind is not RecordKind.CLOSING:
            return None
        return msgspec.json.decode(last.input, type=Closing)

    def ended(self) -> SessionEnded | None:
        """Return how the session ended; None while it has not."""
        query = (
            "SELECT outputs FROM record WHERE length(outputs) > 0 ORDER BY sequence DESC LIMIT 1"
        )
        row = self._connection.execute(query).fetchone()
        if row is None:
            return None
        last = decode_outputs(row[0])[-1]
        return last if isinstance(last, SessionEnded) else None

    def _read_opening(self) -> Opening:
        row = self._connection.execute(f"{_SELECT} WHERE sequence = 0").fetchone()
        if row is None or row[2] != RecordKind.OPENING:
            raise JournalError(f"{self.path} has no opening record")
        return msgspec.json.decode(row[3], type=Opening)


def _connect_to_write(path: Path) -> sqlite3.Connection:
    connection = _connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        connection.close()
        raise JournalError(f"{path}: cannot be written: {error}") from error
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=5.0)
