"""A person's words to a running session, by file: they need no server, and take effect at once.

Each is a small file in the session's own folder, so that a late one can never reach a later
session. The supervisor looks five times a second, hands it on over the life line, and removes it;
the session's journal says what was done, who said so, when and why.

=======  ========================================================================================
pause    take no new position; exits stay armed
resume   take new positions again
flatten  close every position, and take no new one until ``resume``
stop     end the session by its end policy, with its report
kill     set the kill switch: every session closes everything and ends, none begins until cleared;
         on all machines that share their accounts
clear    lift a tripped breaker: in the running session, or with the account's next one
=======  ========================================================================================
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from trading.errors import AccountLocked, ConfigError, PaperSessionError
from trading.io.clock import monotonic_ns, wall_ns
from trading.io.files import read_json, write_atomic
from trading.io.lock import AccountLock
from trading.model.events import ControlWord
from trading.model.numbers import NS_PER_S
from trading.session import clearances
from trading.session.control import ControlLine
from trading.session.kill_everywhere import set_everywhere
from trading.session.paths import SessionPaths, latest_session, var_dir
from trading.session.register import register_of

Word = Literal["pause", "resume", "flatten", "stop", "kill", "clear"]
"""What a person may say."""
TEXT_MOST: Final = 300
TAKEN_WITHIN_S: Final = 3.0
"""Real seconds in which a supervisor that lives has taken a word; it looks five times a second."""
LOOK_EVERY_S: Final = 0.05


def say(folder: Path, account: str, word: Word, *, who: str, why: str, code: str = "") -> str:
    """Say a word to an account's running session; return what was done, in words.

    ``folder``: of all sessions. ``code``: of the breaker to clear, empty for all of them.

    Raises:
        ConfigError: when it is not said who and why, or there is no session to hear it.
        JournalError: when the account's journal cannot be read.
        RegisterError: when the database of accounts cannot be asked; ``kill`` holds here then.
        OSError: when the word cannot be written.
    """
    for option, value in (("--by", who), ("--reason", why)):
        if not value.strip():
            raise ConfigError(option, value, "a text: it is kept in the journal", f"say {option}")
    if word == "kill":
        is_new = set_everywhere(folder, who=who, why=why)
        return "the kill switch is set" if is_new else "the kill switch was set already"
    paths = running_session(folder, account)
    if paths is None and word == "clear":
        lifted = clearances.lift(folder, account, code, who=who, why=why)
        codes = ", ".join(latch.code for latch in lifted)
        return f"lifted with the next session: {codes}" if codes else "no such breaker holds"
    if paths is None:
        _look_elsewhere(folder, account)
        raise ConfigError("account", account, "one with a running session", "nothing to say it to")
    line = ControlLine(
        word=ControlWord(word), who=who.strip()[:TEXT_MOST], why=why.strip()[:TEXT_MOST], code=code
    )
    name = _folder(paths) / f"{wall_ns()}-{os.getpid()}.json"
    name.parent.mkdir(exist_ok=True)
    write_atomic(name, msgspec.json.encode(line))
    return _taken(name, f"{word} to {paths.session_id}")


def _look_elsewhere(folder: Path, account: str) -> None:
    """Say where the account is traded, if another machine does.

    Raises:
        ConfigError: when one does: its session hears only what is said there.
    """
    try:
        register_of(folder).look(account, "a look before a word")
    except AccountLocked as locked:
        raise ConfigError(
            "account",
            account,
            "one whose session runs here",
            f"{locked.holder} has it: say it there",
        ) from locked


def running_session(folder: Path, account: str) -> SessionPaths | None:
    """Return the session that owns an account just now; None while nobody does."""
    paths = latest_session(folder, account)
    if paths is None:
        return None
    try:
        with AccountLock(paths.lock, "a look before a word"):
            return None
    except AccountLocked:
        return paths


def spoken(paths: SessionPaths) -> Iterator[ControlLine]:
    """Take the words that wait for a session, oldest first; each is given once.

    What cannot be read is no word of ours and stays where it is, under another name.
    """
    folder = _folder(paths)
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("*.json")):
        try:
            line = read_json(path, ControlLine)
        except (OSError, ValueError):
            path.replace(path.with_suffix(".unreadable"))
            continue
        path.unlink()
        yield line


def _folder(paths: SessionPaths) -> Path:
    return paths.folder / "words"


def _taken(name: Path, what: str) -> str:
    """Wait until the supervisor has taken a word, and say how long that took."""
    since_ns = monotonic_ns()
    while name.exists():
        waited_s = (monotonic_ns() - since_ns) / NS_PER_S
        if waited_s > TAKEN_WITHIN_S:
            return f"{what}: not taken within {waited_s:.0f} s; its supervisor does not look"
        time.sleep(LOOK_EVERY_S)
    return f"{what}: taken after {(monotonic_ns() - since_ns) / 1e9:.1f} s"


def main(arguments: Sequence[str]) -> int:
    """Run ``say WORD``; return 0, or 2 for an error."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.session say",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("word", choices=get_args(Word))
    parser.add_argument("--account", required=True, help="the account, such as hourly")
    parser.add_argument("--reason", default="", help="why; it is kept in the journal")
    parser.add_argument("--by", default=getpass.getuser(), help="who (default: the user)")
    parser.add_argument("--code", default="", help="clear: which breaker; without it every one")
    parser.add_argument("--var-dir", type=Path, help="the folder of all sessions")
    chosen = parser.parse_args(arguments)
    folder = (chosen.var_dir or var_dir()).resolve()
    try:
        told = say(
            folder,
            chosen.account,
            chosen.word,
            who=chosen.by,
            why=chosen.reason,
            code=chosen.code,
        )
    except (PaperSessionError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{told}\n")
    return 0
