"""The live session as a task: the supervisor of the session's process.

A retry resumes the same session, under the same deadline; Prefect's time-out is a backstop for a
supervisor that hangs, far behind the session's own end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import anyio
import msgspec
from prefect import State, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE

from tasks.live_page import shown_progress
from tasks.retries import may_resume
from tasks.states import message_of, state_of
from trading.config import SessionConfig
from trading.errors import PaperSessionError, PreflightRefused
from trading.model.events import Outcome
from trading.session.heartbeat import Progress
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths
from trading.session.settle import settle_account
from trading.session.supervise import SessionResult, recorded_result, supervise

GRACE_S: Final = 180.0
"""Real seconds beyond the session's length: start, closing, the supervisor's own patience."""
RESUMES_MOST: Final = 3
"""A session that died this often, and once more, is given up."""


@task(
    name="live-session",
    task_run_name="live session {paths.session_id}",
    retries=RESUMES_MOST,
    retry_delay_seconds=[1.0, 2.0, 4.0],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_resume,
    cache_policy=NO_CACHE,
)
async def live_session(paths: SessionPaths, attempts_before: int = 0) -> State[SessionResult]:
    """Run one attempt of the planned session; the first begins it, every later one resumes it.

    ``attempts_before``: how many an earlier flow run has made, which died.

    Raises:
        SessionCrashed: when its process died without ending it.
    """
    attempt = attempts_before + runtime.task_run.run_count
    async with shown_progress(paths) as show:
        ended = await _supervised(paths, attempt, show)
    get_run_logger().info("%s", message_of(ended))
    return state_of(ended)


def timeout_s(config: SessionConfig) -> float:
    """Return the backstop for one attempt, in real seconds."""
    return config.duration_s / config.speed + GRACE_S


async def _supervised(
    paths: SessionPaths, attempt: int, show: Callable[[Progress], None]
) -> SessionResult:
    """Supervise in a task of its own, which a cancellation reaches exactly once.

    Prefect's time-out cancels every further wait of the task it strikes, and closing positions
    takes several; the end of the event loop (SIGTERM) has cancelled all tasks already, and a
    second time would cut the closing short.
    """
    watching = asyncio.create_task(supervise(paths, attempt=attempt, on_progress=show))
    try:
        return await asyncio.shield(watching)
    except asyncio.CancelledError:
        if not watching.cancelling():
            watching.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(watching, return_exceptions=True)
        raise


async def to_its_end(
    config: SessionConfig, paths: SessionPaths, *, attempts_before: int = 0
) -> SessionResult:
    """Run the session until it is over, resumed where that helps, and see its books closed.

    Raises:
        PreflightRefused: when its process refused to begin, so there are no books.
    """
    one_attempt = live_session.with_options(timeout_seconds=timeout_s(config))
    # Prefect's overload forgets that the state of an async task is awaited.
    state: State[SessionResult] = await one_attempt(  # type: ignore[misc]
        paths, attempts_before, return_state=True
    )
    found: object = await state.aresult(raise_on_failure=False)
    if isinstance(found, SessionResult):
        return found
    if not paths.journal.exists():
        raise PreflightRefused(
            "session process", str(found), f"mend what {paths.log} says", is_retryable=False
        )
    return await books_closed(paths, f"{state.message}")


async def books_closed(paths: SessionPaths, why: str) -> SessionResult:
    """Return how the session ended, after closing its books if its process could not."""
    detail = why
    if recorded_result(paths, 0) is None:
        try:
            await asyncio.to_thread(settle_account, paths.var_dir, paths.account)
        except PaperSessionError as error:
            detail = f"{why}; its books cannot be closed: {error}"
    closed = recorded_result(paths, 0)
    if closed is not None:
        is_told = why in closed.detail
        detail = closed.detail if is_told else "; ".join(filter(None, (closed.detail, why)))
        return msgspec.structs.replace(closed, detail=detail)
    return SessionResult(
        session_id=paths.session_id,
        outcome=Outcome.CRASHED,
        reason="crashed",
        detail=detail,
        exit_code=EXIT_CODES[Outcome.CRASHED],
        wallet="",
        equity="",
        fills=0,
        round_trips=0,
        attempts=0,
    )
