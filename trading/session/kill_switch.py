"""The kill switch of a machine: one file; while it is there nothing trades there.

Latched: every running session sees it within a fraction of a second (the supervisor sees to those
that cannot), preflight refuses while it is set, and no runner ever removes it. Anybody may also
make the file by hand; its text is the reason. Who set and cleared it, when and why, is kept in a
log beside it. Machines that share their accounts share a switch, too: ``kill_everywhere``.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from trading.io.files import write_atomic
from trading.session.kill_note import REASON_MOST, KillNote, note_cleared, note_set


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
    note = note_set(who, why)
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
    note = note_cleared(who, why, str(kill_reason(switch)))
    if not switch.exists():
        return False
    _log(switch, note)
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


def _log(switch: Path, note: KillNote) -> None:
    with kill_log(switch).open("ab") as log:
        log.write(msgspec.json.encode(note) + b"\n")
