"""Journals of closed sessions, shipped to wherever the environment says; resumable, never urgent.

A session's folder keeps a note of what has arrived where. Whatever is not noted is shipped by the
next one who looks: the flow after its report, ``reconcile``, or a person with this command.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from trading.errors import ConfigError, PaperSessionError
from trading.io.clock import monotonic_ns
from trading.io.files import read_json, write_atomic
from trading.io.shipping import Shipped, Target
from trading.model.numbers import NS_PER_S
from trading.session.paths import SessionPaths, var_dir
from trading.session.register.files import state_in

SHIP_ENVIRONMENT: Final = "PAPER_SESSION_SHIP"
"""Environment variable that names the target, any URL of fsspec's; unset: nothing is shipped."""
NOTE: Final = "shipped.json"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What of a session has arrived, and where."""

    target: str
    files: tuple[Shipped, ...]


def target() -> Target | None:
    """Return where journals are shipped to; None where they are not.

    Raises:
        ConfigError: when the environment names no place that fsspec reaches.
    """
    url = os.environ.get(SHIP_ENVIRONMENT)
    return Target(SHIP_ENVIRONMENT, url) if url else None


def unshipped(folder: Path, where: Target, account: str = "*") -> Iterator[SessionPaths]:
    """Yield every closed session whose journal is not known to have arrived, oldest first."""
    found = sorted(folder.glob(f"{account}/*/journal.db"), key=lambda path: path.parent.name)
    for journal in found:
        if journal.parent.is_symlink():
            continue  # ``latest``
        paths = SessionPaths(
            var_dir=folder, account=journal.parent.parent.name, session_id=journal.parent.name
        )
        if not is_shipped(paths, where) and state_in(journal) is not None:
            yield paths


def is_shipped(paths: SessionPaths, where: Target) -> bool:
    """Return whether the note of a session says that it has arrived there."""
    try:
        return read_json(paths.folder / NOTE, Note).target == where.url
    except (OSError, ValueError):
        return False


def ship(paths: SessionPaths, where: Target) -> Note:
    """Ship what is left of a closed session: its journal, and what people read of it.

    Raises:
        ShippingError: when something did not arrive; what did stays.
        OSError: when a file cannot be read.
    """
    files = [each for each in (paths.journal, *_read(paths)) if each.is_file()]
    note = Note(
        target=where.url,
        files=tuple(
            where.ship(each, f"{paths.account}/{paths.session_id}/{each.name}") for each in files
        ),
    )
    write_atomic(paths.folder / NOTE, msgspec.json.encode(note))
    return note


def _read(paths: SessionPaths) -> tuple[Path, ...]:
    return (paths.report, paths.summary, paths.trades)


def main(arguments: Sequence[str]) -> int:
    """Run ``ship``; return 0, 1 where something did not arrive, 2 for an error."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.session ship",
        description="Ship the journals of closed sessions that have not arrived yet.",
        epilog=f"{SHIP_ENVIRONMENT} names the target, any URL of fsspec's.",
    )
    parser.add_argument("--account", default="*", help="only this one's (default: all)")
    parser.add_argument("--session", default="", help="only this one")
    parser.add_argument("--within", type=float, default=3_600.0, help="begin no other one after s")
    parser.add_argument("--var-dir", type=Path, help="the folder of all sessions")
    chosen = parser.parse_args(arguments)
    folder = (chosen.var_dir or var_dir()).resolve()
    try:
        where = target()
        if where is None:
            raise ConfigError(SHIP_ENVIRONMENT, "", "a URL of fsspec's", "set it")
        waiting = [
            each
            for each in unshipped(folder, where, chosen.account)
            if chosen.session in {"", each.session_id}
        ]
    except (PaperSessionError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _ship_all(waiting, where, chosen.within)


def _ship_all(waiting: Sequence[SessionPaths], where: Target, within_s: float) -> int:
    """Ship one after another; one that fails keeps no other one back."""
    by_ns = monotonic_ns() + round(within_s * NS_PER_S)
    failed = 0
    for done, paths in enumerate(waiting):
        if monotonic_ns() > by_ns:
            sys.stdout.write(f"{len(waiting) - done} left for the next time\n")
            break
        try:
            note = ship(paths, where)
        except (PaperSessionError, OSError) as error:
            failed += 1
            sys.stderr.write(f"{paths.account}/{paths.session_id}: {error}\n")
            continue
        sent = sum(each.bytes for each in note.files if not each.was_there)
        sys.stdout.write(f"{paths.account}/{paths.session_id}: {sent / 1e6:.1f} MB shipped\n")
    return 1 if failed else 0
