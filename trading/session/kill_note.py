"""What is kept of whoever sets or clears a kill switch, in whichever place it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from trading.errors import ConfigError
from trading.io.clock import wall_ns
from trading.model.numbers import NS_PER_S

REASON_MOST: Final = 300
SET: Final = "set"
CLEARED: Final = "cleared"


class KillNote(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log: what was done to the switch, by whom, when and why."""

    at: str
    what: str
    who: str
    why: str
    host: str = ""
    """The machine it was done on; empty where it is the only one."""

    def __str__(self) -> str:
        """Return it as people read it."""
        where = f" on {self.host}" if self.host else ""
        return f"{self.at}  {self.what:<7} by {self.who}{where}: {self.why}"


def note_set(who: str, why: str) -> KillNote:
    """Return the note of whoever sets the switch now.

    Raises:
        ConfigError: when no reason is given.
    """
    _need("--reason", why, "why everything shall stop")
    return _note(SET, who, why)


def note_cleared(who: str, why: str, was: str) -> KillNote:
    """Return the note of whoever clears the switch now; ``was``: why it was set.

    Raises:
        ConfigError: when it is not said who clears it and why.
    """
    _need("--by", who, "the name of whoever answers for it")
    _need("--reason", why, "why it is safe to go on")
    return _note(CLEARED, who, f"{why.strip()}; it was set: {was}")


def _need(option: str, value: str, expected: str) -> None:
    if not value.strip():
        raise ConfigError(option, value, expected, f"say {option} TEXT")


def _note(what: str, who: str, why: str) -> KillNote:
    at = datetime.fromtimestamp(wall_ns() // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return KillNote(at=at, what=what, who=who, why=why.strip()[:REASON_MOST])
