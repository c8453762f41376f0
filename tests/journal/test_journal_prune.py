"""Retention: what a session heard may go; what came of it stays, and stays proven."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import msgspec
import pytest

from tests.support.recorded_session import begin, feed, frames, opening
from trading.errors import JournalCorrupt, JournalError
from trading.journal.__main__ import main
from trading.journal.prune import age_days, prune
from trading.journal.record import RecordKind
from trading.journal.store import JournalReader
from trading.journal.verify import replay, verify
from trading.model.numbers import NS_PER_DAY
from trading.replay.past_session import PastSession
from trading.session.resume import resume


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed session that traded, with a snapshot in it."""
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    recorder = begin(path, opening(minutes=1.0))
    listed = list(frames(85))
    feed(recorder, listed[:400])
    recorder.snapshot()
    feed(recorder, listed[400:])
    recorder.close()
    return path


@pytest.fixture
def journal(recorded: Path, tmp_path: Path) -> Path:
    """A copy to prune."""
    return Path(copyfile(recorded, tmp_path / "journal.db"))


def change(path: Path, sequence: int, changed: str) -> None:
    """Change a record behind the journal's back."""
    statement = f"UPDATE record SET {changed} WHERE sequence = ?"  # noqa: S608 - our constants
    with closing(sqlite3.connect(path)) as file, file:
        assert file.execute(statement, (sequence,)).rowcount == 1


def test_what_came_of_it_stays(recorded: Path, journal: Path) -> None:
    """Every output, word, digest and the closing account are the same; the file is smaller."""
    done = prune(journal)

    with JournalReader(recorded) as whole, JournalReader(journal) as pruned:
        assert list(whole.outputs()) == list(pruned.outputs())
        assert whole.closing() == pruned.closing()
        assert [] == pruned.snapshots()
        heard = 0
        for before, after in zip(whole.checked(), pruned.checked(), strict=True):
            assert (before.outputs, before.digest) == (after.outputs, after.digest)
            if before.kind in {RecordKind.FRAME, RecordKind.REPLY}:
                heard += 1
                assert (len(before.input), 32) == (after.pruned_bytes, len(after.input))
            else:
                assert before == after
    assert heard == done.records > 500
    assert done.proof.startswith("identical: ")
    assert done.bytes_before / 2 > done.bytes_after == journal.stat().st_size


def test_the_chain_still_holds_and_says_what_is_gone(recorded: Path, journal: Path) -> None:
    """``verify`` follows the same chain to the same end, and claims no second run."""
    prune(journal)
    whole, verdict = verify(recorded), verify(journal)

    assert (True, whole.records, whole.digest) == (
        verdict.is_identical,
        verdict.records,
        verdict.digest,
    )
    assert str(verdict).startswith("chain intact: ")
    assert "can no longer be run again" in verdict.detail


@pytest.mark.parametrize(
    "changed",
    [
        "input = zeroblob(32)",
        "pruned_bytes = pruned_bytes + 1",
        "outputs = CAST(replace(outputs, '1', '2') AS BLOB)",
        "pruned_bytes = NULL",
    ],
)
def test_a_change_after_pruning_is_located(journal: Path, changed: str) -> None:
    """Hash, length and outputs of a pruned record are covered by the chain as its input was."""
    prune(journal)
    with JournalReader(journal) as reader:
        sequence = next(r.sequence for r in reader.records() if r.pruned_bytes and r.outputs)
    change(journal, sequence, changed)

    verdict = verify(journal)

    assert not verdict.is_identical
    assert f"record {sequence}: " in verdict.detail


def test_pruning_twice_changes_nothing_more(journal: Path) -> None:
    """The second time there is nothing left to drop."""
    prune(journal)
    before = verify(journal)

    again = prune(journal)

    assert (0, before) == (again.records, verify(journal))
    assert again.proof.startswith("chain intact: ")


def test_it_can_be_read_meanwhile(recorded: Path, journal: Path) -> None:
    """A reader under way sees the journal as it was when its query began."""
    with JournalReader(recorded) as whole, JournalReader(journal) as reader:
        reading = reader.records()
        begun = [next(reading) for _ in range(10)]
        prune(journal)

        assert list(whole.records()) == [*begun, *reading]


@pytest.mark.parametrize(
    "run",
    [replay, lambda path: list(PastSession(path).heard())],
    ids=["replay", "as a feed"],
)
def test_what_was_pruned_is_not_run_again(journal: Path, run: Callable[[Path], object]) -> None:
    """Whoever asks for an input that is gone is told so, and gets nothing in its place."""
    prune(journal)

    with pytest.raises(JournalCorrupt, match=r"record 1: its input was pruned"):
        run(journal)


def test_an_open_session_is_kept_whole(tmp_path: Path) -> None:
    """It may have to be resumed: nothing is dropped, and it resumes."""
    path = tmp_path / "journal.db"
    recorder = begin(path, opening(minutes=1.0))
    feed(recorder, list(frames(5)))
    recorder.journal.close()

    with pytest.raises(JournalError, match="expected a closed session"):
        prune(path)

    with JournalReader(path) as reader:
        assert resume(reader).replayed > 50


def test_what_cannot_be_proven_is_kept_whole(journal: Path) -> None:
    """Nobody gets rid of the evidence that something is wrong."""
    change(journal, 20, "outputs = x'5b5d'")
    before = journal.read_bytes()

    with pytest.raises(JournalError, match=r"its proof fails: DIFFERENT: .* record 20"):
        prune(journal)

    assert before == journal.read_bytes()


def test_an_old_chain_needs_its_inputs(tmp_path: Path) -> None:
    """Schema 1 chained the inputs themselves: without them nothing could be checked."""
    path = tmp_path / "journal.db"
    frozen = Path(__file__).with_name("schema1.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as file:
        file.executescript(frozen)

    with pytest.raises(JournalError, match="of schema 1"):
        prune(path)


def test_a_journal_of_other_code_is_held_by_its_chain(tmp_path: Path) -> None:
    """It cannot be run again by this code, so its chain is checked, and no more is claimed."""
    path = tmp_path / "journal.db"
    foreign = msgspec.structs.replace(opening(minutes=0.2), source_digest="of another day")
    recorder = begin(path, foreign)
    feed(recorder, list(frames(40)))
    recorder.close()

    assert prune(path).proof.startswith("chain intact over ")
    change(path, 20, "outputs = x'5b5d'")
    with pytest.raises(JournalCorrupt, match="record 20: "):
        prune(path)


def test_age_is_counted_from_the_last_record(journal: Path) -> None:
    """In days, by the session's own time."""
    with JournalReader(journal) as reader:
        last_ns = reader.last().received_ns

    assert 2.5 == age_days(journal, last_ns + 5 * NS_PER_DAY // 2)


def test_the_command_says_what_it_did(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a file; too young is kept; one that cannot be pruned does not stop the others."""
    assert 0 == main(["prune", str(journal), "--older-than-days", "100000"])
    assert "kept: " in capsys.readouterr().out
    assert 2 == main(["prune", str(tmp_path / "none.db"), str(journal)])
    said = capsys.readouterr()
    assert "does not exist" in said.err
    assert f"{journal}: inputs of " in said.out
