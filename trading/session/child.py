"""A session's own process, from its command line to its exit code; nothing may escape it unsaid."""

from __future__ import annotations

import argparse
import asyncio
import sys
import traceback
from pathlib import Path

from trading.errors import AccountLocked, ConfigError, JournalCorrupt, PaperSessionError
from trading.model.events import Outcome
from trading.session.outcomes import EXIT_CODES
from trading.session.plan import read_plan
from trading.session.start import run_session


def main(words: list[str]) -> int:
    """Run or resume the session of a plan; return the exit code of its outcome."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.session",
        description=(
            "Run one paper session from its plan. The flow starts this; control words come on "
            "standard input, and its end means stop. Beside it: kill, latches, policy, say, ship, "
            "each with a --help of its own."
        ),
    )
    parser.add_argument("plan", type=Path, help="the plan.json the flow wrote")
    parser.add_argument("--attempt", type=int, default=1, help="2 and more resume the session")
    chosen = parser.parse_args(words)
    try:
        ended = asyncio.run(run_session(read_plan(chosen.plan), chosen.attempt))
    except (AccountLocked, ConfigError, JournalCorrupt) as error:
        # What another attempt would find just the same.
        sys.stderr.write(f"{error}\n")
        return EXIT_CODES[Outcome.REFUSED]
    except PaperSessionError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return EXIT_CODES[Outcome.CRASHED]
    except Exception:  # noqa: BLE001 - the process's last word: on record, then out
        traceback.print_exc()
        return EXIT_CODES[Outcome.CRASHED]
    return EXIT_CODES[ended.outcome]
