"""The kill switch wherever it may be set: this machine's file, and the one all machines share.

The shared one is there where accounts are kept in a database (``PAPER_SESSION_STORE``). By command
and form it is set and cleared there; the file stays each machine's own, needs nothing, and is what
is set where the database does not answer.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trading.errors import ConfigError, RegisterError
from trading.session.kill_note import note_cleared, note_set
from trading.session.kill_switch import clear_switch, history, kill_reason, set_switch
from trading.session.paths import KILL_ENVIRONMENT, kill_file, var_dir
from trading.session.register.chosen import database_of
from trading.session.register.files import STORE_ENVIRONMENT

if TYPE_CHECKING:
    from trading.session.register.shared_switch import SharedSwitch, SwitchWatch

ALL: Final = "the switch of all machines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A switch that is set."""

    where: str
    why: str

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{self.where} is set: {self.why}"


def shared_switch() -> SharedSwitch | None:
    """Return the switch of all machines; None where accounts are kept in files.

    Raises:
        ConfigError: when the environment names what is no database.
    """
    database = database_of()
    if database is None:
        return None
    from trading.session.register.shared_switch import SharedSwitch  # noqa: PLC0415 - see there

    return SharedSwitch(database)


def shared_watch() -> SwitchWatch | None:
    """Return what looks at the switch of all machines while a session runs; None as above."""
    database = database_of()
    if database is None:
        return None
    from trading.session.register.shared_switch import SwitchWatch  # noqa: PLC0415 - see there

    return SwitchWatch(database)


def killed(folder: Path) -> Killed | None:
    """Return which switch is set, the file first; None while none is.

    ``folder``: of all sessions.

    Raises:
        RegisterError: when the file is not set, and the database cannot be asked.
    """
    switch = kill_file(folder)
    why = kill_reason(switch)
    if why is not None:
        return Killed(where=str(switch), why=why)
    shared = shared_switch()
    why = shared.reason() if shared else None
    return None if why is None else Killed(where=ALL, why=why)


def set_everywhere(folder: Path, *, who: str, why: str) -> bool:
    """Set the switch for all machines, or the file where this is the only one.

    False where it was set already, and keeps its first reason.

    Raises:
        ConfigError: when no reason is given.
        OSError: when the file cannot be written.
        RegisterError: when the database cannot be asked: the file is set then, here alone.
    """
    shared, switch = shared_switch(), kill_file(folder)
    if shared is None:
        return set_switch(switch, who=who, why=why)
    try:
        return shared.put(note_set(who, why))
    except RegisterError as error:
        set_switch(switch, who=who, why=why)
        raise RegisterError(
            f"set on THIS MACHINE ALONE, by {switch}: the others share a database that cannot be "
            f"asked; set it on each of them, or here again later. {error}"
        ) from error


def clear_everywhere(folder: Path, *, who: str, why: str) -> bool:
    """Clear the switch of all machines, and this machine's file; False where none was set.

    The files of other machines, which somebody made there, stay.

    Raises:
        ConfigError: when it is not said who clears it and why.
        OSError: when the file cannot be removed: it is still set then.
        RegisterError: when the database cannot be asked: nothing is cleared then.
    """
    shared = shared_switch()
    was = shared.reason() if shared else None
    are_cleared = [
        shared.put(note_cleared(who, why, was)) if shared and was is not None else False,
        clear_switch(kill_file(folder), who=who, why=why),
    ]
    return any(are_cleared)


def main(arguments: Sequence[str]) -> int:
    """Run ``kill set|show|clear``; return 0, or 1 where there was nothing to do."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.session kill",
        description="Stop everything at once, see whether it is stopped, or let it go on.",
        epilog=f"The file is kill.txt in the var folder, or what {KILL_ENVIRONMENT} names. Where "
        f"{STORE_ENVIRONMENT} is set, the switch is in that database and stops all machines.",
    )
    parser.add_argument("word", choices=("set", "show", "clear"))
    parser.add_argument("--reason", default="", help="why; set and clear need one")
    parser.add_argument("--by", default="", help="who; clear needs a name, set takes the user's")
    parser.add_argument("--var-dir", type=Path, help="the folder of all sessions")
    chosen = parser.parse_args(arguments)
    folder = (chosen.var_dir or var_dir()).resolve()
    try:
        return _do(chosen.word, folder, chosen.by, chosen.reason)
    except (ConfigError, RegisterError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _do(word: str, folder: Path, who: str, why: str) -> int:
    is_done = True
    shared = shared_switch()
    match word:
        case "set":
            is_done = set_everywhere(folder, who=who or getpass.getuser(), why=why)
        case "clear":
            is_done = clear_everywhere(folder, who=who, why=why)
        case _:
            notes = [*history(kill_file(folder)), *(shared.history() if shared else ())]
            sys.stdout.write("".join(f"{note}\n" for note in sorted(notes, key=lambda n: n.at)))
    standing = {str(kill_file(folder)): kill_reason(kill_file(folder))}
    if shared is not None:
        standing[ALL] = shared.reason()
    already = "" if is_done else "nothing to do, it was so already; "
    for where, reason in standing.items():
        state = "not set: sessions may run" if reason is None else f"SET, nothing trades: {reason}"
        sys.stdout.write(f"{where}: {already}{state}\n")
    return 0 if is_done else 1
