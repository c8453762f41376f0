"""``python -m trading.journal verify|show|replay FILE``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from trading.errors import PaperSessionError
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


if __name__ == "__main__":
    sys.exit(main())
