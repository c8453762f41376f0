"""When Prefect may try a task again: only when the error itself says that it may help."""

from __future__ import annotations

from typing import Final

from prefect import State
from prefect.client.schemas.objects import TaskRun

from trading.errors import PreflightRefused
from trading.session.supervise import SessionCrashed

REFUSED_PATIENCE_S: Final = 15.0
"""Real seconds after its first try during which a refused task is tried again."""
RESUME_S_LEAST: Final = 3.0
"""Real seconds to the deadline below which resuming a session is not worth its start."""


def refused_for_now(_task: object, run: TaskRun, state: State[object]) -> bool:
    """Return whether a refusal may be gone in a moment, and patience is left."""
    error = state.data
    if not isinstance(error, PreflightRefused) or not error.is_retryable:
        return False
    since = run.start_time or state.timestamp
    return (state.timestamp - since).total_seconds() < REFUSED_PATIENCE_S


def may_resume(_task: object, _run: object, state: State[object]) -> bool:
    """Return whether the session died in a way that can be resumed, and time is left."""
    error = state.data
    return (
        isinstance(error, SessionCrashed)
        and error.is_retryable
        and error.remaining_s >= RESUME_S_LEAST
    )
