"""What the alert file says of a day: the alerts of this machine, one a line.

``var/alerts.log`` and the older ones beside it, ``alerts.log.1`` and so on. The file is bounded, so
a day long ago may be told by fewer lines than were written on it, or by none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Self

FILE: Final = "alerts.log"
_LINE: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) \[(\w+)\] ([^:]+): (.*)")
_CALM: Final = frozenset({"info"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert; ``at`` is UTC, to the second."""

    at: datetime
    severity: str
    kind: str
    text: str

    @property
    def line(self) -> str:
        """The alert as the file keeps it: one line, whatever it says."""
        told = f"{self.at:%Y-%m-%dT%H:%M:%SZ} [{self.severity}] {self.kind}: {self.text}"
        return " ".join(told.split())

    @property
    def is_calm(self) -> bool:
        """Whether it only tells, and nobody has to look."""
        return self.severity in _CALM

    @classmethod
    def read(cls, line: str, before: datetime) -> Self:
        """Return a line's alert; one that cannot be read is told as such, at the time before it."""
        found = _LINE.fullmatch(line)
        if found is None:
            return cls(at=before, severity="error", kind="unreadable line", text=line)
        at = datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return cls(at=at, severity=found[2], kind=found[3], text=found[4])


def alerts_of(var_dir: Path, day: date) -> tuple[Alert, ...]:
    """Return the alerts of a day of UTC, oldest first; none where there is no alert file.

    Raises:
        OSError: when a file is there and cannot be read.
    """
    older = sorted(var_dir.glob(f"{FILE}.[0-9]*"), key=lambda each: -int(each.suffix[1:]))
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = []
    for file in (*older, var_dir / FILE):
        if not file.exists():
            continue
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            alert = Alert.read(line, at)
            at = alert.at
            found.append(alert)
    return tuple(alert for alert in found if alert.at.date() == day)
