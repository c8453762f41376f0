"""The history: what goes in comes out, again is instead, and a rebuild is the same."""

from decimal import Decimal
from pathlib import Path

import duckdb
import filelock
import pytest

from reports.history import store
from reports.history.schema import SESSION, TABLES, VERSION
from reports.history.store import ask, history_file, rebuild, remember, remember_refusal
from reports.session import write_refusal_report, write_session_report
from tests.support import told_scenarios
from tests.support.recorded_session import record
from tests.support.told_refusal import REFUSAL
from trading.errors import HistoryError


def written(var_dir: Path, name: str = "one") -> Path:
    """Write a session and its report below a folder of sessions; return its own folder."""
    folder = var_dir / "first" / name
    folder.mkdir(parents=True)
    told_scenarios.funded(folder / "journal.db")
    return folder


def remembered(var_dir: Path, folder: Path) -> None:
    """Report a session and put it into the history."""
    assessed = write_session_report(folder / "journal.db", folder, "identical: 12 records")
    remember(var_dir, assessed, folder)


def dump(var_dir: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    return {table.name: ask(var_dir, f"FROM {table.name} ORDER BY ALL").rows for table in TABLES}


def test_a_session_is_found_again(tmp_path: Path) -> None:
    """Result, parts, trades, fills and equity, to the last digit."""
    remembered(tmp_path, written(tmp_path))
    query = """
        SELECT account, outcome, result_net, fees, funding, round_trips, folder, replay,
               strftime(opened, '%H:%M')
        FROM session
    """

    assert [
        (
            "first",
            "degraded",
            Decimal("-1.251000000000"),
            Decimal("-10.386000000000"),
            Decimal("-0.865000000000"),
            1,
            "first/one",
            "identical: 12 records",
            "04:00",
        )
    ] == [("first", *row[1:]) for row in ask(tmp_path, query).rows]
    assert [(Decimal("10.386"), 2)] == ask(tmp_path, "SELECT sum(fee), count(*) FROM fill").rows
    assert [(Decimal("-1.251"),)] == ask(tmp_path, "SELECT sum(net) FROM trade").rows
    (sampled,) = ask(tmp_path, "SELECT arg_max(equity, sampled) FROM equity").rows
    assert (9_998.749,) == sampled


def test_again_is_instead(tmp_path: Path) -> None:
    """A report written twice is one session."""
    folder = written(tmp_path)
    remembered(tmp_path, folder)
    first = dump(tmp_path)
    remembered(tmp_path, folder)

    assert first == dump(tmp_path)


def test_a_rebuild_is_the_same(tmp_path: Path) -> None:
    """From journals and refusals alone, the file comes out row by row as the flow had kept it."""
    folder = written(tmp_path)
    remembered(tmp_path, folder)
    other = tmp_path / "second" / "two"
    other.mkdir(parents=True)
    assessed = write_session_report(record(other / "journal.db"), other, "identical: all")
    remember(tmp_path, assessed, other)
    refused = tmp_path / "second" / "three"
    write_refusal_report(refused, REFUSAL)
    remember_refusal(tmp_path, REFUSAL, refused)
    (tmp_path / "second" / "latest").symlink_to("two", target_is_directory=True)
    before = dump(tmp_path)
    history_file(tmp_path).unlink()
    done = rebuild(tmp_path)

    assert (3, ()) == (done.sessions, done.unreadable)
    assert before == dump(tmp_path)
    assert 3 == len(before["session"])
    assert ["history.duckdb", "history.duckdb.lock"] == sorted(
        path.name for path in tmp_path.iterdir() if path.is_file()
    )


def test_a_proof_of_another_journal_is_no_proof(tmp_path: Path) -> None:
    """A summary that speaks of other records is not believed."""
    folder = written(tmp_path)
    remembered(tmp_path, folder)
    (folder / "journal.db").unlink()
    told_scenarios.one_trade(folder / "journal.db")
    rebuild(tmp_path)

    assert [("",)] == ask(tmp_path, "SELECT replay FROM session").rows


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A journal that is none, and a summary of nothing known, are left out in words."""
    written(tmp_path)
    for name, file in (("bad", "journal.db"), ("odd", "summary.json")):
        (tmp_path / "first" / name).mkdir()
        (tmp_path / "first" / name / file).write_bytes(b"{}")
    (tmp_path / "first" / "empty").mkdir()
    done = rebuild(tmp_path)

    assert 1 == done.sessions
    assert ["first/bad", "first/odd"] == [told.partition(":")[0] for told in done.unreadable]


def test_a_question_changes_nothing(tmp_path: Path) -> None:
    """What is no question is refused, and so is one nobody understands."""
    remembered(tmp_path, written(tmp_path))

    for query in ("DELETE FROM session", "SELECT nothing FROM nowhere"):
        with pytest.raises(HistoryError, match="the query was refused"):
            ask(tmp_path, query)
    assert [(1,)] == ask(tmp_path, "SELECT count(*) FROM session").rows


def test_no_history_says_how_to_make_one(tmp_path: Path) -> None:
    """Asking before there is one names the command."""
    with pytest.raises(HistoryError, match=r"python -m reports\.history rebuild"):
        ask(tmp_path, "FROM session")


def test_another_schema_is_not_touched(tmp_path: Path) -> None:
    """A file of another version, or of no database, is refused with the remedy."""
    folder = written(tmp_path)
    remembered(tmp_path, folder)
    with duckdb.connect(history_file(tmp_path)) as history:
        history.execute("UPDATE version SET number = 99")

    with pytest.raises(HistoryError, match=f"expected schema {VERSION}, was 99"):
        remembered(tmp_path, folder)
    history_file(tmp_path).write_bytes(b"not a database at all" * 1_000)
    with pytest.raises(HistoryError, match="cannot be used"):
        remembered(tmp_path, folder)


def test_a_turn_is_waited_for_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process has the file, a question ends in words."""
    remembered(tmp_path, written(tmp_path))
    monkeypatch.setattr(store, "WAIT_S", 0.05)
    with (
        filelock.FileLock(f"{history_file(tmp_path)}.lock"),
        pytest.raises(HistoryError, match="taken for"),
    ):
        ask(tmp_path, "FROM session")


def test_the_schema_is_in_the_file(tmp_path: Path) -> None:
    """Every column carries its meaning as a comment of the database."""
    remembered(tmp_path, written(tmp_path))
    query = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'session'"

    assert {(column.name, column.meaning) for column in SESSION.columns} == set(
        ask(tmp_path, query).rows
    )
