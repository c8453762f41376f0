"""A person's word that lifts a tripped breaker of an account between two sessions.

The word names the very latch, by its code and the instant it tripped, so it is spent with it and
can never lift a later one. It is kept in a file of the account; the next session takes it as its
first input, and so who lifted what, when and why is in the journal, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from trading.account.allowances import Effect, Latch
from trading.errors import ConfigError, JournalError
from trading.io.clock import wall_ns
from trading.model.numbers import NS_PER_S
from trading.session.paths import var_dir
from trading.session.register import register_of

REASON_MOST: Final = 300
ENDING: Final = frozenset({Effect.STOP, Effect.HALT})
"""Effects under which no session is begun."""


class Clearance(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file: which latch, who lifted it, when and why."""

    code: str
    tripped_ns: int
    at: str
    who: str
    why: str


def cleared(var_dir: Path, account: str, latches: Mapping[str, Latch]) -> tuple[Clearance, ...]:
    """Return the words that lift any of these latches, one a latch.

    Raises:
        JournalError: when what was said cannot be read: nothing is lifted then.
    """
    try:
        lines = register_of(var_dir).words(account)
        said = [msgspec.json.decode(line, type=Clearance) for line in lines]
    except (ValueError, RecursionError) as error:
        raise JournalError(
            f"clearances.jsonl of account {account} cannot be read: {error}; mend or remove it"
        ) from error
    found = {each.code: each for each in said if _names(each, latches.get(each.code))}
    return tuple(found.values())


def ending(
    latches: Mapping[str, Latch], words: Sequence[Clearance], now_ns: int
) -> tuple[Latch, ...]:
    """Return the latches under which no session may begin at this session time."""
    lifted = {each.code for each in words}
    return tuple(
        latch
        for latch in latches.values()
        if latch.effect in ENDING and now_ns < latch.until_ns and latch.code not in lifted
    )


def lift(folder: Path, account: str, code: str, *, who: str, why: str) -> tuple[Latch, ...]:
    """Keep a person's word against one latch of an account, or against every one (no code).

    Returns what it lifts; empty where nothing of that code holds.

    Raises:
        ConfigError: when it is not said who lifts it and why.
        JournalError: when the account's last session is not closed, or cannot be read.
        OSError: when the word cannot be written: nothing is lifted then.
    """
    for option, value in (("--by", who), ("--reason", why)):
        if not value.strip():
            raise ConfigError(option, value, "a text: it is kept in the journal", f"say {option}")
    held = latches_of(folder, account)
    wanted = tuple(latch for latch in held.values() if code in {"", latch.code})
    at = datetime.fromtimestamp(wall_ns() // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    words = [
        Clearance(
            code=latch.code,
            tripped_ns=latch.at_ns,
            at=at,
            who=who.strip(),
            why=why.strip()[:REASON_MOST],
        )
        for latch in wanted
    ]
    if words:
        register_of(folder).add_words(account, [msgspec.json.encode(word) for word in words])
    return wanted


def latches_of(folder: Path, account: str) -> dict[str, Latch]:
    """Return what holds an account back, as its last closed session left it.

    Raises:
        JournalError: when that session is still running or never closed, or cannot be read.
    """
    register = register_of(folder)
    try:
        found = register.state(account)
    except JournalError as error:
        raise JournalError(
            f"{error}: wait for the session's end (one that died is closed by the next start), or "
            "tell the running session"
        ) from error
    return found.head.allowances.latches if found else {}


def _names(word: Clearance, latch: Latch | None) -> bool:
    return latch is not None and word.tripped_ns == latch.at_ns


def main(arguments: Sequence[str]) -> int:
    """Run ``latches show|clear``; return 0, 1 where there was nothing to clear, 2 for an error."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.session latches",
        description="Show which breakers hold an account back, and lift them.",
        epilog="A loss is counted anew from where the account stands when its breaker is lifted.",
    )
    parser.add_argument("word", choices=("show", "clear"))
    parser.add_argument("--account", required=True, help="the account, such as hourly")
    parser.add_argument("--code", default="", help="which breaker; without it every one")
    parser.add_argument("--by", default="", help="who; clear needs a name")
    parser.add_argument("--reason", default="", help="why; clear needs one")
    parser.add_argument("--var-dir", type=Path, help="the folder of all sessions")
    chosen = parser.parse_args(arguments)
    folder = (chosen.var_dir or var_dir()).resolve()
    try:
        if chosen.word == "clear":
            lifted = lift(folder, chosen.account, chosen.code, who=chosen.by, why=chosen.reason)
            told = [f"{latch.code}: lifted with the next session" for latch in lifted]
            _say(told or [f"nothing to lift: {chosen.code or 'no breaker'} does not hold"])
            return 0 if lifted else 1
        held = latches_of(folder, chosen.account)
        words = {each.code: each for each in cleared(folder, chosen.account, held)}
        _say([_told(latch, words.get(latch.code)) for latch in held.values()] or ["none holds"])
    except (ConfigError, JournalError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _told(latch: Latch, word: Clearance | None) -> str:
    if word is not None:
        until = f"lifted by {word.who} at {word.at}: {word.why}"
    elif latch.needs_person:
        until = "until a person clears it"
    else:
        until = (
            f"until {datetime.fromtimestamp(latch.until_ns // NS_PER_S, UTC):%Y-%m-%d %H:%M} UTC"
        )
    effect = latch.effect.replace("_", " ")
    return f"{latch.code}: {latch.value}, limit {latch.limit}; {effect}, {until}"


def _say(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
