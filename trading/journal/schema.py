"""The tables of a journal, and how a file of an older schema becomes one of this.

A migration only adds: no record, and no digest, of an older journal is ever rewritten, so its chain
and every successor that names it stay as they were.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from trading.errors import JournalError
from trading.journal.record import SCHEMA_VERSION

_RECORD: Final = """
CREATE TABLE record (
    sequence     INTEGER PRIMARY KEY,
    received_ns  INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    input        BLOB NOT NULL,
    outputs      BLOB NOT NULL,
    digest       BLOB NOT NULL,
    pruned_bytes INTEGER
) STRICT
"""
_SNAPSHOT: Final = "CREATE TABLE snapshot (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"

_MIGRATIONS: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {1: ("ALTER TABLE record ADD COLUMN pruned_bytes INTEGER", _SNAPSHOT)}
)
"""By the version a file has: what makes it one of the next version."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a journal's file; transactions are begun by hand."""
    return sqlite3.connect(path, isolation_level=None, timeout=5.0)


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty file a journal of this schema."""
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.execute(_RECORD)
    connection.execute(_SNAPSHOT)


def migrate(connection: sqlite3.Connection, path: Path) -> int:
    """Bring a journal to this schema, in one transaction; return the version it had.

    Raises:
        JournalError: when it is of a newer schema, or cannot be written.
        sqlite3.DatabaseError: when it is no database.
    """
    had = _version(connection)
    if had == SCHEMA_VERSION:
        return had
    if had not in _MIGRATIONS:
        raise JournalError(
            f"{path}: expected schema {min(_MIGRATIONS)} to {SCHEMA_VERSION}, was {had}; "
            "read it with the version of this project that wrote it"
        )
    try:
        connection.execute("BEGIN IMMEDIATE")
        for version in range(_version(connection), SCHEMA_VERSION):
            for statement in _MIGRATIONS[version]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise JournalError(
            f"{path}: is of schema {had} and cannot be brought to {SCHEMA_VERSION}: {error}; "
            "make the file writable, or read a copy of it"
        ) from error
    return had


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
