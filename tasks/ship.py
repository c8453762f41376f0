"""Shipping as a task: a process of its own, given so much time and no more.

A file system that hangs takes nothing with it: the session is over, its report is written, and what
did not arrive is shipped by ``reconcile``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Final

from prefect import State, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, Failed

from trading.session.paths import SessionPaths, var_dir
from trading.session.ship import SHIP_ENVIRONMENT

ONE_WITHIN_S: Final = 60.0
"""Real seconds for the session that has just ended."""
ALL_WITHIN_S: Final = 300.0
"""Real seconds for everything that was left behind."""
LATER: Final = "reconcile tries again"


async def ship(paths: SessionPaths | None = None) -> str:
    """Ship a session, or all that have not arrived; return what went wrong, empty if nothing."""
    if not os.environ.get(SHIP_ENVIRONMENT):
        return ""
    words: tuple[str, ...] = ("--within", f"{ALL_WITHIN_S / 2:g}")
    what, within_s = "what is left", ALL_WITHIN_S
    if paths is not None:
        words = ("--account", paths.account, "--session", paths.session_id)
        what, within_s = paths.session_id, ONE_WITHIN_S
    words = (*words, "--var-dir", str(paths.var_dir if paths else var_dir()))
    # Prefect's overload forgets that the state of an async task is awaited.
    state: State[None] = await shipped(  # type: ignore[misc]
        what, words, within_s, return_state=True
    )
    return "" if state.is_completed() else state.message or str(state.name)


@task(name="ship", task_run_name="ship {what}", cache_policy=NO_CACHE)
async def shipped(what: str, words: tuple[str, ...], within_s: float) -> State[None]:
    """Run the command that ships, for so long and no longer."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "trading.session", "ship", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        told, wrong = await asyncio.wait_for(process.communicate(), within_s)
    except TimeoutError:
        return Failed(message=f"{what} has not arrived within {within_s:g} s; {LATER}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = told.decode(errors="replace").splitlines()
    for line in lines:
        get_run_logger().info("%s", line)
    if process.returncode:
        last = wrong.decode(errors="replace").strip().splitlines()[-1:]
        return Failed(message=f"{'; '.join(last) or 'it was killed'}; {LATER}")
    return Completed(message="; ".join(lines[-1:]) or "nothing was left")
