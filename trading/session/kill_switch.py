"""The kill switch: one file; while it is there nothing trades. Set, show and clear it.

Latched: every running session sees it within a fraction of a second (the supervisor sees to those
that cannot), preflight refuses while it is set, and no runner ever removes it. Anybody may also
make the file by hand; its text is the reason. Who set and cleared it, when and why, is kept in a
log beside it.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from trading.errors import ConfigError
from trading.io.clock import wall_ns
from trading.io.files import write_atomic
from trading.model.numbers import NS_PER_S
from trading.session.paths import KILL_ENVIRONMENT, kill_file, var_dir

REASON_MOST: Final = 300


class KillNote(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log: what was done to the switch, by whom, when and why."""

    at: str
    what: str
    who: str
    why: str

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{self.at}  {self.what:<7} by {self.who}: {self.why}"


def kill_reason(switch: Path) -> str | None:
    """Return why the switch is set; None while it is not.

    A file that is there and cannot be read is a set switch.
    """
    if not switch.exists():
        return None
    try:
        text = switch.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"unreadable: {error}"
    return " ".join(text.split())[:REASON_MOST] or "no reason given"


def set_switch(switch: Path, *, who: str, why: str) -> bool:
    """Set the switch; False where it was set already, and keeps its first reason.

    Raises:
        ConfigError: when no reason is given.
        OSError: when the file cannot be written.
    """
    _need("--reason", why, "why everything shall stop")
    note = _note("set", who, why)
    switch.parent.mkdir(parents=True, exist_ok=True)
    is_new = not switch.exists()
    if is_new:
        write_atomic(switch, f"{why.strip()} (set by {who} at {note.at})\n".encode())
    _log(switch, note)
    return is_new


def clear_switch(switch: Path, *, who: str, why: str) -> bool:
    """Clear the switch; False where it was not set.

    Raises:
        ConfigError: when it is not said who clears it and why.
        OSError: when the file cannot be removed: it is still set then.
    """
    _need("--by", who, "the name of whoever answers for it")
    _need("--reason", why, "why it is safe to go on")
    if not switch.exists():
        return False
    _log(switch, _note("cleared", who, f"{why.strip()}; it was set: {kill_reason(switch)}"))
    switch.unlink()
    return True


def kill_log(switch: Path) -> Path:
    """Return where it is kept who set and cleared the switch."""
    return switch.with_suffix(".log")


def history(switch: Path) -> list[KillNote]:
    """Return everything that was done to the switch by command, oldest first."""
    if not kill_log(switch).exists():
        return []
    lines = kill_log(switch).read_bytes().splitlines()
    return [msgspec.json.decode(line, type=KillNote) for line in lines]


def _need(option: str, value: str, expected: str) -> None:
    if not value.strip():
        raise ConfigError(option, value, expected, f"say {option} TEXT")


def _note(what: str, who: str, why: str) -> KillNote:
    at = datetime.fromtimestamp(wall_ns() // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return KillNote(at=at, what=what, who=who, why=why.strip()[:REASON_MOST])


def _log(switch: Path, note: KillNote) -> None:
    with kill_log(switch).open("ab") as log:
        log.write(msgspec.json.encode(note) + b"\n")


def main(arguments: Sequence[str]) -> int:
    """Run ``kill set|show|clear``; return 0, or 1 where there was nothing to do."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.session kill",
        description="Stop everything at once, see whether it is stopped, or let it go on.",
        epilog=f"The file is kill.txt in the var folder, or what {KILL_ENVIRONMENT} names.",
    )
    parser.add_argument("word", choices=("set", "show", "clear"))
    parser.add_argument("--reason", default="", help="why; set and clear need one")
    parser.add_argument("--by", default="", help="who; clear needs a name, set takes the user's")
    parser.add_argument("--var-dir", type=Path, help="the folder of all sessions")
    chosen = parser.parse_args(arguments)
    try:
        switch = kill_file((chosen.var_dir or var_dir()).resolve())
        return _do(chosen.word, switch, chosen.by, chosen.reason)
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _do(word: str, switch: Path, who: str, why: str) -> int:
    is_done = True
    match word:
        case "set":
            is_done = set_switch(switch, who=who or getpass.getuser(), why=why)
        case "clear":
            is_done = clear_switch(switch, who=who, why=why)
        case _:
            sys.stdout.write("".join(f"{note}\n" for note in history(switch)))
    reason = kill_reason(switch)
    state = "not set: sessions may run" if reason is None else f"SET, nothing trades: {reason}"
    already = "" if is_done else "nothing to do, it was so already; "
    sys.stdout.write(f"{switch}: {already}{state}\n")
    return 0 if is_done else 1
