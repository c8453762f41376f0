"""Journals of older schemas: brought to this one by adding, their chain as it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from trading.errors import JournalCorrupt, JournalError
from trading.journal.record import SCHEMA_VERSION, RecordKind
from trading.journal.schema import connect, migrate
from trading.journal.store import JournalReader, JournalWriter
from trading.model.events import SessionStarted

FROZEN = Path(__file__).with_name("schema1.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A closed journal of schema 1, made from its frozen SQL."""
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FROZEN.read_text(encoding="utf-8"))
    return path


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def _rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(
            "SELECT sequence, received_ns, kind, input, outputs, digest FROM record"
        ).fetchall()


def test_an_old_journal_is_migrated_when_it_is_opened(old: Path) -> None:
    """Every record stays as it was, the chain holds, and account and story are readable."""
    before = _rows(old)
    with JournalReader(old) as reader:
        records = list(reader.checked())
        found = reader.closing()
        outputs = list(reader.outputs())
        assert 1 == reader.opening.schema_version
        assert [] == reader.snapshots()

    assert (SCHEMA_VERSION, before) == (_version(old), _rows(old))
    assert len(before) == len(records)
    assert found is not None
    assert Decimal("10000.00") == found.head.wallet
    assert isinstance(outputs[0], SessionStarted)


def test_a_limit_an_old_journal_does_not_name_was_none(old: Path) -> None:
    """It is read with the rules it ran under, not with today's defaults."""
    with JournalReader(old) as reader:
        risk = reader.opening.setup.config.risk

    assert (0, 0.0, 0.0) == (
        risk.failures_in_a_row_max,
        risk.daily_loss_pct,
        risk.no_entry_last_s,
    )


@pytest.mark.parametrize("opening", ["[]", "{}", '{"setup":{"config":{"risk":[]}}}', "{"])
def test_what_is_no_opening_is_said(old: Path, opening: str) -> None:
    """Whatever stands in the first record: an error of the journal, naming the file."""
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("UPDATE record SET input = ? WHERE sequence = 0", (opening.encode(),))

    with pytest.raises(JournalError, match=r"journal\.db is not a readable journal"):
        JournalReader(old)


def test_a_migration_is_made_once(old: Path) -> None:
    """The first opening brings the file up, a second one finds nothing to do."""
    with closing(connect(old)) as database:
        assert (1, SCHEMA_VERSION) == (migrate(database, old), migrate(database, old))


def test_a_migrated_journal_goes_on_with_its_own_chain(old: Path) -> None:
    """A record appended to an old journal is chained the old way, and checks."""
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("DELETE FROM record WHERE kind = 'closing'")
    with JournalReader(old) as reader:
        last, schema = reader.last(), reader.opening.schema_version
    writer = JournalWriter.reopen(old, last.sequence, last.digest, schema)
    writer.append(RecordKind.EVENT, last.received_ns, b"{}", b"")
    writer.close()

    with JournalReader(old) as reader:
        assert last.sequence + 1 == list(reader.checked())[-1].sequence


def test_a_flipped_byte_of_an_old_journal_is_located(old: Path) -> None:
    """The old chain is checked by the old rule."""
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("UPDATE record SET received_ns = received_ns + 1 WHERE sequence = 3")
    with JournalReader(old) as reader, pytest.raises(JournalCorrupt, match="record 3: "):
        list(reader.checked())


def test_a_newer_journal_is_not_touched(old: Path) -> None:
    """A schema of the future is refused, with what to do."""
    with closing(sqlite3.connect(old)) as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(JournalError, match="expected schema 1 to 2, was 99; read it with"):
        JournalReader(old)

    assert 99 == _version(old)


def test_a_migration_that_cannot_be_written_says_so(old: Path) -> None:
    """A file that may only be read stays of its schema, and the remedy is named."""
    with (
        closing(sqlite3.connect(f"file:{old}?mode=ro", uri=True, isolation_level=None)) as file,
        pytest.raises(JournalError, match="is of schema 1 and cannot be brought to 2"),
    ):
        migrate(file, old)

    assert 1 == _version(old)
