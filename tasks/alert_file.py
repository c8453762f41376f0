"""The alert file: one line an alert, on this machine, when nobody else can be told any more.

``var/alerts.log``, rotated by size; older ones are ``alerts.log.1`` and so on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock

from reports.day.alerts import FILE, Alert
from trading.io.clock import wall_ns
from trading.model.numbers import NS_PER_S

BYTES_MOST: Final = 1_000_000
FILES_MOST: Final = 5
LINE_MOST: Final = 2_000


def note_alert(var_dir: Path, kind: str, severity: str, text: str) -> Path:
    """Append one line; return the file.

    Raises:
        OSError: when it cannot be written.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    path = var_dir / FILE
    at = datetime.fromtimestamp(wall_ns() // NS_PER_S, UTC)
    line = Alert(at=at, severity=severity, kind=kind, text=text).line[:LINE_MOST]
    with FileLock(var_dir / ".alerts.lock"):
        if path.exists() and path.stat().st_size > BYTES_MOST:
            _rotate(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    return path


def _rotate(path: Path) -> None:
    """Move every file one further; the oldest is lost."""
    for number in range(FILES_MOST - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
        if newer.exists():
            newer.replace(older)
