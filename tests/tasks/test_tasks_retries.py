"""Retries: only what may help, only while there is time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prefect import State
from prefect.client.schemas.objects import TaskRun
from prefect.states import Failed

from tasks.retries import REFUSED_PATIENCE_S, RESUME_S_LEAST, may_resume, refused_for_now
from trading.errors import ConfigError, PreflightRefused
from trading.session.supervise import SessionCrashed

BEGAN = datetime(2026, 11, 21, 4, tzinfo=UTC)


def refusal(*, is_retryable: bool) -> PreflightRefused:
    """Return a refusal."""
    return PreflightRefused("venue", "no answer", "wait", is_retryable=is_retryable)


def crash(*, is_retryable: bool = True, remaining_s: float = 60.0) -> SessionCrashed:
    """Return a crash."""
    return SessionCrashed("ended by signal 9", is_retryable=is_retryable, remaining_s=remaining_s)


@pytest.mark.parametrize(
    ("error", "after_s", "expected"),
    [
        (refusal(is_retryable=True), 0.0, True),
        (refusal(is_retryable=True), REFUSED_PATIENCE_S - 0.1, True),
        (refusal(is_retryable=True), REFUSED_PATIENCE_S, False),
        (refusal(is_retryable=False), 0.0, False),
        (ConfigError("minutes", -1, "above 0", "set it"), 0.0, False),
        (RuntimeError("a bug"), 0.0, False),
        (TimeoutError(), 0.0, False),
    ],
)
def test_a_refusal_is_asked_again_while_that_may_help(
    error: Exception,
    after_s: float,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Retryable and within the patience, counted from the first try; nothing else is repeated."""
    run = TaskRun.model_validate({"task_key": "x", "dynamic_key": "0", "start_time": BEGAN})
    state: State[object] = Failed(data=error, timestamp=BEGAN + timedelta(seconds=after_s))

    assert expected is refused_for_now(None, run, state)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (crash(), True),
        (crash(remaining_s=RESUME_S_LEAST), True),
        (crash(remaining_s=RESUME_S_LEAST - 0.1), False),
        (crash(is_retryable=False), False),
        (TimeoutError(), False),
        (refusal(is_retryable=True), False),
    ],
)
def test_a_session_is_resumed_while_time_is_left(
    error: Exception,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Only a crash that can be resumed; never a time-out, a deliberate stop or another error."""
    assert expected is may_resume(None, None, Failed(data=error))


def test_a_session_that_ended_badly_is_not_repeated() -> None:
    """A returned Failed state carries a result, not a crash: a halt is never retried."""
    assert may_resume(None, None, Failed(data={"outcome": "halted"})) is False
