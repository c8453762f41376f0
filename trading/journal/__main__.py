"""``python -m trading.journal verify|show|replay|prune FILE``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from trading.errors import PaperSessionError
from trading.io.clock import wall_ns
from trading.journal.prune import age_days, prune
from trading.journal.store import JournalReader
from trading.journal.story import tell
from trading.journal.verify import replay, verify


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0 when all is well, 1 when a journal differs, 2 on a bad file."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.journal",
        description="Prove, read or re-run a session from its journal alone.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    proof = commands.add_parser("verify", help="run it again; name the first differing record")
    show = commands.add_parser("show", help="print the story in words")
    again = commands.add_parser("replay", help="run the inputs again; print the journal hash")
    for command in (proof, show, again):
        command.add_argument("file", type=Path, help="a session's journal.db")
    show.add_argument("--all", action="store_true", help="equity samples too")
    drop = commands.add_parser("prune", help="drop what old sessions heard; the chain stays proven")
    drop.add_argument("files", type=Path, nargs="+", help="journals of closed sessions")
    drop.add_argument("--older-than-days", type=float, default=0.0, help="keep younger ones whole")
    again.add_argument("--seed", type=int, help="with this seed instead of the session's own")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except BrokenPipeError:  # the reader (a pager, head) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # takes the flush at exit
        return 0
    except PaperSessionError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "prune":
        return _prune(chosen.files, chosen.older_than_days)
    if chosen.command == "verify":
        verdict = verify(chosen.file)
        sys.stdout.write(f"{verdict}\n")
        return 0 if verdict.is_identical else 1
    if chosen.command == "replay":
        sys.stdout.write(f"{replay(chosen.file, chosen.seed)}\n")
        return 0
    with JournalReader(chosen.file) as reader:
        for line in tell(reader, has_all=chosen.all):
            sys.stdout.write(f"{line}\n")
    return 0


def _prune(files: list[Path], older_than_days: float) -> int:
    """Prune what is old enough; one journal that cannot be is no reason to keep the others."""
    code = 0
    for path in files:
        try:
            days = age_days(path, wall_ns())
            told = f"kept: {days:.1f} days old" if days < older_than_days else str(prune(path))
            sys.stdout.write(f"{path}: {told}\n")
        except PaperSessionError as error:
            sys.stderr.write(f"{error}\n")
            code = 2
    return code


if __name__ == "__main__":
    sys.exit(main())
