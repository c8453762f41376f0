"""The SQLite file: appended to by one writer, read by anyone at any time.

Durability, stated: a commit with ``is_durable`` is on the disk when it returns (WAL,
``synchronous=FULL``) and survives power loss; other commits survive the death of the process, and
power loss may take the last fraction of a second of them, never part of one. A journal that is
thrown away once it is read (``is_kept=False``) waits for no disk at all (``disk``).

Reading never blocks the writer, nor it a reader (WAL): a reader sees the file as it was when its
query began.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from trading.errors import JournalCorrupt, JournalError
from trading.journal.damage import DAMAGE, readable
from trading.journal.disk import DiskWait
from trading.journal.opening import read_opening
from trading.journal.record import (
    GENESIS,
    SCHEMA_VERSION,
    Closing,
    Opening,
    Record,
    RecordKind,
    SnapshotNote,
    chain,
    decode_outputs,
)
from trading.journal.schema import connect, create_tables, migrate
from trading.model.events import Output, SessionEnded

SNAPSHOTS_KEPT: Final = 3
"""Bodies of snapshots kept: the newest, and two to fall back on."""
_INSERT = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, NULL)"
_INSERT_SNAPSHOT = "INSERT INTO snapshot VALUES (?, ?)"
_DROP_SNAPSHOTS = (
    "DELETE FROM snapshot WHERE sequence NOT IN "
    "(SELECT sequence FROM snapshot ORDER BY sequence DESC LIMIT ?)"
)
_SELECT = "SELECT sequence, received_ns, kind, input, outputs, digest, pruned_bytes FROM record"

Row = tuple[int, int, str, bytes, bytes, bytes]


class JournalWriter:
    """Appends records. What ``append`` took is safe only after ``commit`` returned.

    Invariant: the file always holds a prefix of what was appended, never part of a record.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        sequence: int,
        digest: bytes,
        schema: int,
        disk: DiskWait,
    ) -> None:
        """Go on after ``sequence``, whose digest is ``digest``; use ``create`` or ``reopen``."""
        self._connection = connection
        self._disk = disk
        self.schema = schema
        self._pending: list[Row] = []
        self._pending_bodies: list[tuple[int, bytes]] = []
        self.permit: Callable[[], None] | None = None
        """Asked before each commit; what it raises keeps the commit from being made."""
        self.sequence = sequence
        self.digest = digest

    @classmethod
    def create(cls, path: Path, opening: Opening, *, is_kept: bool = True) -> JournalWriter:
        """Make a new file whose first record, durable on return if it is kept, is the opening.

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
        connection = connect(unborn)
        try:
            disk = DiskWait(connection, is_kept=is_kept)
            disk.ask(is_durable=True)
            create_tables(connection)
            writer = cls(connection, -1, _origin(opening), SCHEMA_VERSION, disk)
            writer.append(
                RecordKind.OPENING, opening.setup.opened_ns, msgspec.json.encode(opening), b""
            )
            writer.commit(is_durable=True)
        except sqlite3.Error as error:
            raise JournalError(f"{path}: cannot create the journal: {error}") from error
        finally:
            connection.close()
        unborn.replace(path)
        connection = _connect_to_write(path)
        disk = DiskWait(connection, is_kept=is_kept)
        return cls(connection, writer.sequence, writer.digest, SCHEMA_VERSION, disk)

    @classmethod
    def reopen(cls, path: Path, sequence: int, digest: bytes, schema: int) -> JournalWriter:
        """Go on with a journal whose last record the caller has read and checked.

        ``schema`` is the one its opening names: its chain goes on as it began.

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
        disk = DiskWait(connection, is_kept=True)
        return cls(connection, sequence, digest, schema, disk)

    @property
    def has_pending(self) -> bool:
        """Whether something was appended since the last commit."""
        return bool(self._pending)

    def append(self, kind: RecordKind, received_ns: int, data: bytes, outputs: bytes) -> None:
        """Add a record to the transaction being gathered."""
        sequence = self.sequence + 1
        digest = chain(self.digest, sequence, received_ns, kind, data, outputs, self.schema)
        self._pending.append((sequence, received_ns, kind, data, outputs, digest))
        self.sequence = sequence
        self.digest = digest

    def append_snapshot(self, received_ns: int, note: SnapshotNote, body: bytes | None) -> None:
        """Add the state after the newest record; only the newest few bodies are kept."""
        self.append(RecordKind.SNAPSHOT, received_ns, msgspec.json.encode(note), b"")
        if body is not None:
            self._pending_bodies.append((self.sequence, body))

    def commit(self, *, is_durable: bool) -> None:
        """Write everything appended, in one transaction.

        Raises:
            JournalError: when it cannot be written (disk full, file lost); nothing of it is in
                the file, and the session must stop.
        """
        if not self._pending:
            return
        if self.permit is not None:
            self.permit()
        connection = self._connection
        try:
            self._disk.ask(is_durable=is_durable)
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, self._pending)
            for each in self._pending_bodies:
                connection.execute(_INSERT_SNAPSHOT, each)
                connection.execute(_DROP_SNAPSHOTS, (SNAPSHOTS_KEPT,))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise JournalError(
                f"records {self._pending[0][0]} to {self.sequence} could not be written: {error}"
            ) from error
        self._pending.clear()
        self._pending_bodies.clear()

    def let_go(self) -> None:
        """Close the file without what was appended since the last commit."""
        self._pending.clear()
        self._connection.close()

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
            JournalError: when there is no such file, it is no journal, or of a newer schema. One
                of an older schema is migrated first, which only adds to it.
        """
        if not path.exists():
            raise JournalError(f"{path} does not exist")
        self.path = path
        self._connection = connect(path)
        try:
            migrate(self._connection, path)
            self.opening = self._read_opening()
        except JournalError:
            self._connection.close()
            raise
        except DAMAGE as error:
            self._connection.close()
            raise JournalError(f"{path} is not a readable journal: {error}") from error

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
            for row in rows:
                yield _record(row)

    def outputs(self) -> Iterator[Output]:
        """Yield everything the engine gave out, in order: what reports and the like fold over.

        Raises:
            JournalError: at the first record whose outputs cannot be read.
        """
        query = "SELECT sequence, outputs FROM record WHERE length(outputs) > 0 ORDER BY sequence"
        sequence = 0
        try:
            with closing(self._connection.execute(query)) as rows:
                for sequence, data in rows:  # noqa: B007 - the error below names it
                    yield from decode_outputs(data)
        except DAMAGE as error:
            raise JournalCorrupt(
                str(self.path), sequence, f"its outputs are unreadable: {error}"
            ) from error

    def checked(self, after: Record | None = None) -> Iterator[Record]:
        """Yield every record, in order, after checking its digest against its content.

        ``after``: a record whose digest is trusted; the chain is then checked from there on.

        Raises:
            JournalCorrupt: at the first record that is missing or not what its digest says.
        """
        digest = _origin(self.opening) if after is None else after.digest
        last = -1 if after is None else after.sequence
        expected = last + 1
        try:
            for record in self.records(last):
                if record.sequence != expected:
                    raise JournalCorrupt(str(self.path), expected, "the record is missing")
                if not record.follows(digest, self.opening.schema_version):
                    raise JournalCorrupt(
                        str(self.path), expected, "its content does not match its digest"
                    )
                yield record
                digest = record.digest
                expected += 1
        except DAMAGE as error:
            raise JournalCorrupt(str(self.path), expected, f"unreadable: {error}") from error

    def heard(self, record: Record) -> bytes:
        """Return the input of a record.

        Raises:
            JournalCorrupt: when it was pruned.
        """
        if record.pruned_bytes is not None:
            raise JournalCorrupt(
                str(self.path), record.sequence, "its input was pruned: it cannot be run again"
            )
        return record.input

    def record(self, sequence: int) -> Record:
        """Return one record, unchecked.

        Raises:
            JournalCorrupt: when there is none of that number, or it is not readable.
        """
        with readable(self.path, sequence, "it"):
            row = self._connection.execute(f"{_SELECT} WHERE sequence = ?", (sequence,)).fetchone()
            if row is not None:
                return _record(row)
        raise JournalCorrupt(str(self.path), sequence, "the record is missing")

    def snapshots(self) -> list[int]:
        """Return after which records a snapshot's body is kept, newest first.

        Raises:
            JournalCorrupt: when the file does not tell.
        """
        query = "SELECT sequence FROM snapshot ORDER BY sequence DESC"
        with readable(self.path, 0, "which snapshots are kept"):
            return [sequence for (sequence,) in self._connection.execute(query)]

    def snapshot_body(self, record: Record) -> bytes | None:
        """Return the body of a snapshot record, as its note describes it; None: it is not kept.

        Raises:
            JournalCorrupt: when the body is not the one the chain vouches for.
        """
        query = "SELECT body FROM snapshot WHERE sequence = ?"
        with readable(self.path, record.sequence, "its snapshot"):
            note = msgspec.json.decode(record.input, type=SnapshotNote)
            row = self._connection.execute(query, (record.sequence,)).fetchone()
        if row is None:
            return None
        if hashlib.sha256(row[0]).hexdigest() != note.sha256:
            raise JournalCorrupt(
                str(self.path), record.sequence, "the snapshot does not match its digest"
            )
        return bytes(row[0])

    def last(self) -> Record:
        """Return the newest record.

        Raises:
            JournalCorrupt: when it cannot be read, here and below.
        """
        query = f"{_SELECT} ORDER BY sequence DESC LIMIT 1"
        with readable(self.path, 0, "the newest record"):
            return _record(self._connection.execute(query).fetchone())

    def closing(self) -> Closing | None:
        """Return the closing record; None while the session is open, or if it never closed."""
        last = self.last()
        if last.kind is not RecordKind.CLOSING:
            return None
        with readable(self.path, last.sequence, "the closing account"):
            return msgspec.json.decode(last.input, type=Closing)

    def ended(self) -> SessionEnded | None:
        """Return how the session ended; None while it has not."""
        query = (
            "SELECT outputs FROM record WHERE length(outputs) > 0 ORDER BY sequence DESC LIMIT 1"
        )
        with readable(self.path, 0, "the last output"):
            row = self._connection.execute(query).fetchone()
            last = None if row is None else decode_outputs(row[0])[-1]
        return last if isinstance(last, SessionEnded) else None

    def _read_opening(self) -> Opening:
        row = self._connection.execute(f"{_SELECT} WHERE sequence = 0").fetchone()
        if row is None or row[2] != RecordKind.OPENING:
            raise JournalError(f"{self.path} has no opening record")
        opening = read_opening(row[3])
        if not _record(row).follows(_origin(opening), opening.schema_version):
            raise JournalCorrupt(str(self.path), 0, "its content does not match its digest")
        return opening


def _origin(opening: Opening) -> bytes:
    """Return the digest before a journal's first record."""
    predecessor = opening.predecessor
    return bytes.fromhex(predecessor.digest) if predecessor else GENESIS


def _record(row: tuple[int, int, str, bytes, bytes, bytes, int | None]) -> Record:
    sequence, received_ns, kind, data, outputs, digest, pruned_bytes = row
    return Record(
        sequence=sequence,
        received_ns=received_ns,
        kind=RecordKind(kind),
        input=data,
        outputs=outputs,
        digest=digest,
        pruned_bytes=pruned_bytes,
    )


def _connect_to_write(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        connection.close()
        raise JournalError(f"{path}: cannot be written: {error}") from error
    return connection
