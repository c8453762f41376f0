"""The file itself: whole steps for every reader at any time, and a word for what is unreadable."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from tests.support.recorded_session import begin, feed, frames, opening, record
from trading.errors import JournalCorrupt, JournalError
from trading.journal.record import Record, RecordKind
from trading.journal.store import JournalReader, JournalWriter

STEPS = 300


def written(path: Path) -> Iterator[JournalWriter]:
    """Yield the writer of a new session after each step it has made safe."""
    recorder = begin(path, opening(minutes=1.0))
    recorder.journal.commit(is_durable=True)
    yield recorder.journal
    for item in list(frames(60))[:STEPS]:
        feed(recorder, [item])
        recorder.journal.commit(is_durable=False)
        yield recorder.journal
    recorder.close()


def test_a_reader_sees_the_file_as_it_was_when_it_began(tmp_path: Path) -> None:
    """What is written while it reads is for the next one, which finds all of it."""
    writing = written(tmp_path / "journal.db")
    safe = next(writing).sequence
    with JournalReader(tmp_path / "journal.db") as reader:
        reading = reader.records()
        begun = [next(reading)]
        last = [next(writing).sequence for _ in range(20)][-1]
        assert safe == [*begun, *reading][-1].sequence
        assert last == list(reader.checked())[-1].sequence > safe
    for _ in writing:
        pass


def test_readers_and_the_writer_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """At any time of a session under way: an unbroken chain, never shorter than before."""
    path = tmp_path / "journal.db"
    thread = Thread(target=lambda: list(written(path)))
    thread.start()
    found: list[list[Record]] = []
    while not found or found[-1][-1].kind is not RecordKind.CLOSING:
        if path.exists():
            with JournalReader(path) as reader:
                found.append(list(reader.checked()))
    thread.join()

    lengths = [len(each) for each in found]
    assert sorted(lengths) == lengths
    assert lengths[-1] > STEPS
    assert len(set(lengths)) > 1, "it was read while it was written"


@pytest.mark.parametrize("value", ["x'5b7b'", "'text'", "x'5b7b2274797065223a22576861747d5d'"])
def test_outputs_that_cannot_be_read_name_their_record(tmp_path: Path, value: str) -> None:
    """Half a JSON, a text in place of bytes, an output nobody knows: no decoder's own error."""
    path = record(tmp_path / "journal.db")
    with JournalReader(path) as reader:
        sequence = next(r.sequence for r in reader.records() if r.outputs)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE loose AS SELECT * FROM record")
        file.execute("DROP TABLE record")
        file.execute("ALTER TABLE loose RENAME TO record")
        statement = f"UPDATE record SET outputs = {value} WHERE sequence = ?"  # noqa: S608
        file.execute(statement, (sequence,))

    with (
        JournalReader(path) as reader,
        pytest.raises(JournalCorrupt, match=f"record {sequence}: its outputs are unreadable"),
    ):
        list(reader.outputs())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("pruned_bytes", "x'5b'"),
        ("pruned_bytes", "'text'"),
        ("received_ns", "x'5b'"),
        ("received_ns", "1.5"),
        ("input", "NULL"),
        ("digest", "7"),
        ("kind", "7"),
    ],
)
def test_a_column_of_another_kind_is_found(tmp_path: Path, column: str, value: str) -> None:
    """A row damaged so that its columns shift is named, whatever stands where a number was."""
    path = record(tmp_path / "journal.db")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE loose AS SELECT * FROM record")
        file.execute("DROP TABLE record")
        file.execute("ALTER TABLE loose RENAME TO record")
        file.execute(f"UPDATE record SET {column} = {value} WHERE sequence = 3")  # noqa: S608

    with JournalReader(path) as reader, pytest.raises(JournalCorrupt, match="record 3: "):
        list(reader.checked())


def test_a_journal_is_never_overwritten(tmp_path: Path) -> None:
    """A second beginning under the same name is refused, and the first stays as it is."""
    path = record(tmp_path / "journal.db")
    before = path.read_bytes()

    with pytest.raises(JournalError, match="a journal is never overwritten"):
        JournalWriter.create(path, opening())

    assert before == path.read_bytes()


def test_a_journal_that_has_grown_is_not_gone_on_with(tmp_path: Path) -> None:
    """Whoever resumes must have read the very last record, or would write over another's."""
    path = record(tmp_path / "journal.db")
    with JournalReader(path) as reader:
        last, schema = reader.last(), reader.opening.schema_version

    with pytest.raises(JournalError, match=f"was {last.sequence}"):
        JournalWriter.reopen(path, last.sequence - 1, last.digest, schema)
    with pytest.raises(JournalError, match="does not exist"):
        JournalWriter.reopen(tmp_path / "none.db", 0, b"", schema)
