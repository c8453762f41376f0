"""The day report as a flow and as a command: files, artifact, and words where there is nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prefect import State
from prefect.artifacts import Artifact

from flows.day_report import day_report, main, yesterday
from flows.naming import VAR_ENVIRONMENT
from reports.history.store import history_file
from tests.support import told_scenarios

pytestmark = [pytest.mark.usefixtures("harness"), pytest.mark.timeout(120)]

DAY = date(2026, 11, 21)


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One session of that day, of which no history knows."""
    folder = tmp_path / "var" / "first" / "one"
    folder.mkdir(parents=True)
    told_scenarios.killed(folder / "journal.db")
    (tmp_path / "var" / "first" / "bad").mkdir()
    (tmp_path / "var" / "first" / "bad" / "journal.db").write_bytes(b"no journal")
    monkeypatch.setenv(VAR_ENVIRONMENT, str(tmp_path / "var"))
    return tmp_path / "var"


def test_a_day_is_reported_and_shown(var: Path) -> None:
    """The history is made where there is none; the state says the day; the artifact is the page."""

    async def ran() -> tuple[State[None], str]:
        running: Awaitable[State[None]] = day_report(DAY, return_state=True)  # type: ignore[assignment]
        state = await running
        shown = await Artifact.aget("paper-day")
        assert shown is not None
        return state, str(shown.data)

    state, shown = asyncio.run(ran())

    assert state.is_completed()
    assert (state.message or "").startswith("1 session on 1 account: 1 killed. On bitunix: ")
    assert history_file(var).is_file()
    assert shown == (var / "days" / f"{DAY}.md").read_text(encoding="utf-8")
    assert (var / "index.html").is_file()


def test_the_command_says_where_it_lies(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, the sentence, and the page's path."""
    code = main(["--day", str(DAY), "--var-dir", str(var)])

    assert 0 == code
    told = capsys.readouterr().out
    assert "1 session on 1 account" in told
    assert str(var / "days" / f"{DAY}.html") in told


def test_a_history_that_is_none_is_said(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 and the remedy."""
    history_file(var).write_bytes(b"not a database at all" * 1_000)

    assert 1 == main(["--day", str(DAY), "--var-dir", str(var)])
    assert "the query was refused" in capsys.readouterr().out


def test_yesterday_is_the_day_before_this_one() -> None:
    """In UTC, whatever the machine's zone."""
    assert (datetime.now(UTC).date() - yesterday()).days in {1, 2}  # noqa: TID251
