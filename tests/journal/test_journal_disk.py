"""What a commit waits for: the disk where it must, nothing where nobody would miss the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.recorded_session import feed, frames, opening
from trading.engine import Engine
from trading.journal.disk import DiskWait
from trading.journal.machine import Machine
from trading.journal.store import JournalReader, JournalWriter
from trading.session.recorder import Recorder
from trading.venues.registry import venue_named

NOTHING, CHECKPOINTS, DISK = range(3)
"""``PRAGMA synchronous`` as SQLite numbers it."""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file of SQLite's."""
    with closing(sqlite3.connect(tmp_path / "any.db", isolation_level=None)) as opened:
        yield opened


def asked(connection: sqlite3.Connection, *, is_kept: bool) -> list[int]:
    """Return what SQLite waits for, as durable commits and others take turns."""
    disk = DiskWait(connection, is_kept=is_kept)
    found = []
    for is_durable in (True, False, False, True):
        disk.ask(is_durable=is_durable)
        found.append(connection.execute("PRAGMA synchronous").fetchone()[0])
    return found


def test_a_durable_commit_waits_for_the_disk(connection: sqlite3.Connection) -> None:
    """Another one only for the checkpoints, and each says anew."""
    assert [DISK, CHECKPOINTS, CHECKPOINTS, DISK] == asked(connection, is_kept=True)


def test_a_journal_that_is_thrown_away_never_waits(connection: sqlite3.Connection) -> None:
    """Not even where it is told that a commit must last."""
    assert [NOTHING] * 4 == asked(connection, is_kept=False)


def test_but_for_the_waiting_it_is_a_journal_like_any_other(tmp_path: Path) -> None:
    """The same steps give the same chain, to the last record."""
    digests = []
    for is_kept in (True, False):
        path = tmp_path / f"{is_kept}.db"
        begun = opening(minutes=1.0)
        machine = Machine(Engine(begun.setup), venue_named(begun.venue))
        journal = JournalWriter.create(path, begun, is_kept=is_kept)
        recorder = Recorder(machine, journal, begun.setup.opened_ns)
        feed(recorder, list(frames(20)))
        recorder.close()
        with JournalReader(path) as reader:
            digests.append([record.digest for record in reader.checked()])

    assert digests[0] == digests[1]
    assert len(digests[0]) > len(list(frames(20)))
