"""``day-report``: what came of all sessions of a day, on one page, and an index over all days.

``python -m flows.day_report --help`` says how a day is named.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from prefect import State, flow
from prefect.states import Completed

from flows import cli
from flows.local_server import server_for_one_command
from flows.naming import VAR_ENVIRONMENT, var_dir
from reports.day.tell import sentence
from tasks.day_report import reported
from trading.errors import PaperSessionError
from trading.io.clock import wall_ns
from trading.model.numbers import NS_PER_S


@flow(name="day-report", retries=0, persist_result=False)
async def day_report(day: date | None = None) -> State[None]:
    """Report a day of UTC over all accounts.

    Args:
        day: Which day (UTC); None: yesterday, the last one that is over.
    """
    chosen = day or yesterday()
    files = await reported(var_dir(), chosen)
    return Completed(message=sentence(files.day))


def yesterday() -> date:
    """Return the last day of UTC that is over."""
    today = datetime.fromtimestamp(wall_ns() // NS_PER_S, UTC).date()
    return today - timedelta(days=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the flow as the arguments say; return 0, or 1 when there is no report."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.day_report",
        description="Report all sessions of a day (UTC), and write the index over all days.",
    )
    parser.add_argument("--day", type=date.fromisoformat, help="as 2026-11-21; empty: yesterday")
    parser.add_argument("--var-dir", default="", help="folder of all sessions")
    chosen = parser.parse_args(arguments)
    if chosen.var_dir:
        os.environ[VAR_ENVIRONMENT] = chosen.var_dir
    cli.quieten()
    day = chosen.day or yesterday()
    with server_for_one_command(var_dir()):
        try:
            state = asyncio.run(_run(day))
        except PaperSessionError as error:
            cli.say(str(error))
            return 1
    cli.say(f"{state.message}\n  report  {var_dir() / 'days' / f'{day}.html'}")
    return 0 if state.is_completed() else 1


async def _run(day: date) -> State[None]:
    return await day_report(day, return_state=True)  # type: ignore[return-value]


if __name__ == "__main__":
    sys.exit(main())
