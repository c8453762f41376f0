"""The command: rebuild, schema and query, and what they say when they cannot."""

from pathlib import Path

import pytest

from reports.history.__main__ import main, schema_text, table_text
from reports.history.schema import TABLES
from reports.history.store import Answer
from tests.support import told_scenarios


def test_rebuild_then_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One session in; the newest are shown without a query, any other query as a table or CSV."""
    folder = tmp_path / "first" / "one"
    folder.mkdir(parents=True)
    told_scenarios.killed(folder / "journal.db")
    where = ["--var-dir", str(tmp_path)]

    assert (0, "1 session\n") == (main([*where, "rebuild"]), capsys.readouterr().out)
    assert 0 == main([*where, "query"])
    shown = capsys.readouterr().out
    assert "killed" in shown
    assert shown.startswith("opened ")
    query = "SELECT account, result_net FROM session"
    assert 0 == main([*where, "query", "--csv", query])
    assert "account,result_net\ndefault,-12.378800000000\n" == capsys.readouterr().out


def test_a_journal_left_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1 and the folder is named."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "journal.db").write_bytes(b"")

    assert 1 == main(["--var-dir", str(tmp_path), "rebuild"])
    assert capsys.readouterr().err.startswith("left out: a/b: ")


def test_no_history_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Asking nothing ends in 1 and the command that makes one."""
    assert 1 == main(["--var-dir", str(tmp_path), "query"])
    assert "rebuild" in capsys.readouterr().err


def test_the_schema_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """Each table with its row, each column with its meaning."""
    assert 0 == main(["schema"])
    told = capsys.readouterr().out

    assert f"{schema_text()}\n" == told
    for table in TABLES:
        assert f"{table.name}: {table.row}" in told
        assert all(column.meaning in told for column in table.columns)


def test_a_table_is_aligned_and_cut() -> None:
    """Columns line up; nothing is empty, a long cell ends in an ellipsis, of lines the first."""
    answer = Answer(("a", "long"), [(1, "x" * 50), (None, "one\ntwo")])

    assert f"a  long\n1  {'x' * 39}…\n   one\n" == table_text(answer)
