"""The alert file: a line an alert, bounded in length and in size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks import alert_file
from tasks.alert_file import LINE_MOST, note_alert


def test_an_alert_is_one_line(tmp_path: Path) -> None:
    """Whatever it says: time, severity, kind, text, in the order they came."""
    folder = tmp_path / "var"
    path = note_alert(folder, "crashed", "error", "a run\ndied  of\tsomething")
    note_alert(folder, "halted", "critical", "x" * 10_000)

    first, second = path.read_text(encoding="utf-8").splitlines()
    assert first[10] == "T"
    assert first[20:] == " [error] crashed: a run died of something"
    assert len(second) == LINE_MOST


def test_the_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest file is never long, a few older ones are kept, and none beyond."""
    monkeypatch.setattr(alert_file, "BYTES_MOST", 200)
    for number in range(60):
        note_alert(tmp_path, "test", "info", f"alert {number}")

    names = sorted(each.name for each in tmp_path.glob("alerts.log*"))
    assert names == ["alerts.log", *(f"alerts.log.{number}" for number in range(1, 5))]
    assert all(each.stat().st_size < 300 for each in tmp_path.glob("alerts.log*"))
    kept = [int(line.rsplit(" ", 1)[1]) for name in names for line in _lines(tmp_path / name)]
    assert set(range(min(kept), 60)) == set(kept)
    assert len(kept) > 10


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
