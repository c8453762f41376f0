"""Sessions whose flow run died: whose they are, whether they can go on, and their books.

The journal decides. A session is an orphan when nobody holds its account's lock and its books are
open, or closed without a report.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from tasks.live_session import books_closed
from tasks.origin import Origin
from tasks.retries import RESUME_S_LEAST
from trading.errors import AccountLocked, RegisterError
from trading.io.clock import monotonic_ns, wall_ns
from trading.io.lock import AccountLock
from trading.model.numbers import NS_PER_S
from trading.session.heartbeat import read_progress
from trading.session.kill_everywhere import killed
from trading.session.paths import SessionPaths
from trading.session.plan import read_plan
from trading.session.supervise import SessionResult, recorded_result

RESCUES_MOST: Final = 3
"""A session whose flow run died this often, and once more, is given up."""
FREE_WITHIN_S: Final = 30.0
"""Real seconds that a session without its supervisor may take to leave its account."""
LOOK_EVERY_S: Final = 0.2


def is_owned(paths: SessionPaths) -> bool:
    """Return whether a process is trading the account just now."""
    try:
        with AccountLock(paths.lock, "a look for orphans"):
            return False
    except AccountLocked:
        return True


async def is_free(paths: SessionPaths, *, within_s: float = FREE_WITHIN_S) -> bool:
    """Wait until nobody trades the account; False when somebody still does."""
    by_ns = monotonic_ns() + round(within_s * NS_PER_S)
    while is_owned(paths):
        if monotonic_ns() > by_ns:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
    return True


def reason_to_give_up(paths: SessionPaths, origin: Origin) -> str | None:
    """Return why an open session is not to be resumed any more; None when it is."""
    if len(origin.rescues) >= RESCUES_MOST:
        return f"its flow run died, and {RESCUES_MOST} rescues of it, too"
    with suppress(RegisterError):  # a rescue without the database cannot own the account either
        if killed(paths.var_dir) is not None:
            return "its flow run died, and the kill switch is set"
    plan = read_plan(paths.plan)
    if plan.world.clock().real_seconds_until(plan.deadline_ns) < RESUME_S_LEAST:
        return "its flow run died, and its time is over"
    return None


def attempts_of(paths: SessionPaths) -> int:
    """Return how many attempts a session has had, by its newest beat; at least one."""
    progress = read_progress(paths.heartbeat)
    return max(1, progress.attempt if progress else 1)


def quiet_s(paths: SessionPaths) -> float:
    """Return for how many real seconds a session has shown no sign; its files are its signs."""
    signs = [each.stat().st_mtime for each in paths.folder.iterdir() if each.is_file()]
    return wall_ns() / NS_PER_S - max(signs, default=0.0)


async def closed(paths: SessionPaths, why: str) -> SessionResult:
    """Return how a session ended; ``why`` its books are closed, where they were still open."""
    return recorded_result(paths, attempts_of(paths)) or await books_closed(paths, why)
