"""The proof: a journal runs again to the byte, and whatever was changed is found."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.recorded_session import record
from trading.errors import JournalError
from trading.journal.__main__ import main
from trading.journal.store import JournalReader
from trading.journal.verify import replay, verify
from trading.model.events import LedgerPosted, OrderFilled, SessionEnded


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded session that traded."""
    return record(tmp_path_factory.mktemp("journal") / "journal.db")


def test_the_session_under_test_traded(journal: Path) -> None:
    """The proof is about something: fills, ledger lines, one end, and a ledger that adds up."""
    with JournalReader(journal) as reader:
        outputs = list(reader.outputs())
        start = reader.opening.setup.head.wallet
    fills = [output for output in outputs if isinstance(output, OrderFilled)]
    lines = [output for output in outputs if isinstance(output, LedgerPosted)]
    ends = [output for output in outputs if isinstance(output, SessionEnded)]

    assert len(fills) >= 6
    assert [start + sum(line.amount for line in lines)] == [end.wallet for end in ends]


def test_an_untouched_journal_is_identical(journal: Path) -> None:
    """Running the inputs again gives every output again, and the closing account."""
    verdict = verify(journal)

    assert verdict.is_identical, verdict.detail
    with JournalReader(journal) as reader:
        assert verdict.records == sum(1 for _ in reader.records())
        assert verdict.digest == reader.last().digest.hex()


@pytest.mark.parametrize("column", ["input", "outputs", "digest"])
@pytest.mark.parametrize("place", ["first", "fill", "last"])
def test_one_flipped_byte_is_located(
    journal: Path, tmp_path: Path, column: str, place: str
) -> None:
    """A changed byte anywhere makes verify name the very record it is in."""
    changed = tmp_path / "journal.db"
    changed.write_bytes(journal.read_bytes())
    with sqlite3.connect(changed) as database:
        where = {
            "first": "sequence = 0",
            "fill": "instr(outputs, CAST('OrderFilled' AS BLOB)) LIMIT 1",
            "last": "kind <> 'closing' ORDER BY sequence DESC LIMIT 1",
        }[place]
        sequence, blob = database.execute(
            f"SELECT sequence, {column} FROM record WHERE {where}"  # noqa: S608 - our constants
        ).fetchone()
        data = bytearray(blob)
        if not data:
            pytest.skip("this record has no bytes in that column")
        data[len(data) // 2] ^= 1
        database.execute(
            f"UPDATE record SET {column} = ? WHERE sequence = ?",  # noqa: S608 - our constants
            (bytes(data), sequence),
        )
    database.close()

    if place == "first":  # without an opening that can be trusted there is nothing to run again
        with pytest.raises(JournalError, match=r"record 0: its content|not a readable journal"):
            verify(changed)
        return
    verdict = verify(changed)

    assert not verdict.is_identical
    assert f"record {sequence}" in verdict.detail


def test_a_missing_record_is_located(journal: Path, tmp_path: Path) -> None:
    """A record cut out of the middle is named as missing."""
    changed = tmp_path / "journal.db"
    changed.write_bytes(journal.read_bytes())
    with sqlite3.connect(changed) as database:
        database.execute("DELETE FROM record WHERE sequence = 20")
    database.close()

    verdict = verify(changed)

    assert (verdict.is_identical, verdict.records) == (False, 20)
    assert "record 20: the record is missing" in verdict.detail


def test_replay_hash_depends_on_the_seed_and_on_nothing_else(journal: Path) -> None:
    """Same seed, same journal hash, twice; another seed, another hash."""
    first, second, other = replay(journal), replay(journal), replay(journal, seed=2)

    assert first == second
    assert first != other


def test_every_seed_gives_a_session_that_adds_up(tmp_path: Path) -> None:
    """Whatever the seed, the session ends once, flat, with a ledger that adds up."""
    for seed in range(5):
        path = record(tmp_path / f"{seed}.db", seed=seed)
        with JournalReader(path) as reader:
            outputs = list(reader.outputs())
            start = reader.opening.setup.head.wallet
            closing = reader.closing()
        moved = sum(output.amount for output in outputs if isinstance(output, LedgerPosted))
        ends = [output for output in outputs if isinstance(output, SessionEnded)]

        assert closing is not None
        assert (closing.head.wallet, closing.head.positions) == (start + moved, ())
        assert [end.equity for end in ends] == [closing.head.wallet]


def test_commands_speak(journal: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``verify`` prints identical and returns 0, ``show`` tells the story, a bad file is said."""
    assert main(["verify", str(journal)]) == 0
    assert capsys.readouterr().out.startswith("identical: ")
    assert main(["show", str(journal)]) == 0
    story = capsys.readouterr().out
    assert "PAPER session" in story
    assert "filled at" in story
    assert "session ended: completed" in story
    assert main(["replay", str(journal), "--seed", "3"]) == 0
    assert len(capsys.readouterr().out.strip()) == 64
    missing = tmp_path / "none.db"
    assert main(["verify", str(missing)]) == 2
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / "text.db").write_text("not a database", encoding="utf-8")
    assert main(["verify", str(tmp_path / "text.db")]) == 2
