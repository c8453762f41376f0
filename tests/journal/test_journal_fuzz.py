"""A journal damaged anywhere: found and named, or harmless; never trusted, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.recorded_session import record
from trading.errors import JournalError
from trading.journal.store import JournalReader
from trading.journal.verify import verify


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded session that traded."""
    return record(tmp_path_factory.mktemp("fuzz") / "journal.db")


def content(path: Path) -> list[object]:
    """Return everything a reader may ask a journal for."""
    with JournalReader(path) as reader:
        return [
            reader.opening,
            list(reader.checked()),
            list(reader.outputs()),
            reader.last(),
            reader.ended(),
            reader.closing(),
            reader.snapshots(),
        ]


def check(journal: Path, damaged: bytes) -> None:
    """Hold what is promised of any file at all."""
    path = journal.with_name("damaged.db")
    path.write_bytes(damaged)
    for left_over in ("-wal", "-shm"):
        path.with_name(f"{path.name}{left_over}").unlink(missing_ok=True)
    try:
        is_identical = verify(path).is_identical
    except JournalError:
        is_identical = False
    try:
        found = content(path)
    except JournalError:
        return
    # What can be read whole is what was written, or verify has said that it is not.
    assert not is_identical or content(journal) == found


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0), put=st.binary(min_size=1, max_size=40))
def test_damage_anywhere_is_found_or_harmless(journal: Path, place: int, put: bytes) -> None:
    """Some bytes changed, in any page, header and free space included."""
    whole = journal.read_bytes()
    at = place % len(whole)

    check(journal, whole[:at] + put + whole[at + len(put) :])


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0))
def test_a_journal_cut_off_anywhere_is_found(journal: Path, place: int) -> None:
    """Down to nothing."""
    whole = journal.read_bytes()

    check(journal, whole[: place % len(whole)])


@settings(max_examples=40, deadline=None)
@given(first=st.integers(0), second=st.integers(0))
def test_pages_that_changed_places_are_found(journal: Path, first: int, second: int) -> None:
    """As a disk may do that lies about what it wrote."""
    whole = journal.read_bytes()
    pages = [whole[at : at + 4_096] for at in range(0, len(whole), 4_096)]
    a, b = first % len(pages), second % len(pages)
    pages[a], pages[b] = pages[b], pages[a]

    check(journal, b"".join(pages))


@settings(max_examples=60, deadline=None)
@given(text=st.binary(max_size=200))
def test_any_file_at_all_is_refused_in_words(journal: Path, text: bytes) -> None:
    """What is no journal says so."""
    check(journal, text)
