"""The alerts of a day: all that the file still has, each of its own day."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from reports.day.alerts import Alert, alerts_of
from tasks import alert_file
from tasks.alert_file import note_alert

DAY = date(2026, 11, 21)


def alert(hour: int, text: str, day: int = 21) -> Alert:
    """Return an alert of an hour."""
    at = datetime(2026, 11, day, hour, tzinfo=UTC)
    return Alert(at=at, severity="critical", kind="session-halted", text=text)


def test_a_day_has_its_own_alerts(tmp_path: Path) -> None:
    """Across the files that were rotated, oldest first, and none of the days around it."""
    told = [alert(23, "before", 20), alert(1, "one: two"), alert(4, "three"), alert(0, "after", 22)]
    for name, part in (("alerts.log.2", told[:1]), ("alerts.log.1", told[1:2])):
        (tmp_path / name).write_text(f"{part[0].line}\n", encoding="utf-8")
    rest = "\n".join(each.line for each in told[2:])
    (tmp_path / "alerts.log").write_text(rest, encoding="utf-8")

    assert tuple(told[1:3]) == alerts_of(tmp_path, DAY)


def test_a_torn_line_is_an_alert_of_its_own(tmp_path: Path) -> None:
    """It is told where it stands, as what it is; it hides nothing after it."""
    lines = f"{alert(1, 'one').line}\n2026-11-21T0\n{alert(2, 'two').line}\n"
    (tmp_path / "alerts.log").write_text(lines, encoding="utf-8")
    one, torn, two = alerts_of(tmp_path, DAY)

    assert ("one", "two") == (one.text, two.text)
    assert ("error", "unreadable line", "2026-11-21T0", one.at) == (
        torn.severity,
        torn.kind,
        torn.text,
        torn.at,
    )


def test_without_a_file_there_is_no_alert(tmp_path: Path) -> None:
    """A machine that never had one."""
    assert () == alerts_of(tmp_path, DAY)


def test_what_is_noted_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writer and reader agree on the line, hostile text and all."""
    noon_ns = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
    monkeypatch.setattr(alert_file, "wall_ns", lambda: noon_ns)
    note_alert(tmp_path, "crashed", "error", "a run\ndied: [of] <b>something</b>")
    (found,) = alerts_of(tmp_path, DAY)

    assert ("error", "crashed", "a run died: [of] <b>something</b>") == (
        found.severity,
        found.kind,
        found.text,
    )
    assert not found.is_calm
