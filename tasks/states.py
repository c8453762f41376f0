"""What the outcome of a session is in Prefect: one table, and the words that go with it.

=============  =========  ================================================================
outcome        state      why
=============  =========  ================================================================
completed      Completed  it ran to its end
no_trades      Completed  it ran to its end; that nothing was traded is a result
degraded       Completed  it ran to its end; the message says what cannot be trusted
halted         Failed     a risk rule stopped it; a person must look
killed         Failed     the kill switch
feed_failed    Failed     the market data was gone for too long
refused        Failed     nothing was started; the message names the check and the remedy
crashed        Failed     the process died, and its books could not be closed
abandoned      Failed     the process died for good, or lost its account; its books were closed
=============  =========  ================================================================

A session whose run a person cancelled is Cancelled, whatever its outcome; the message says it.

A session that was not begun because its slot was over (``late``), or because another one owns the
account (``overlap``), is Cancelled under the name Skipped: nobody need look, and yet it is not a
completed one.

A result that the replay of its journal does not confirm is Failed, whatever the outcome.

All others keep their standard names, for an automation listens to ``prefect.flow-run.Failed`` and
would not hear a name of our own. The outcome and the reason code open the state's message.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from prefect.client.schemas.objects import State, StateType

from trading.model.events import Outcome
from trading.session.supervise import SessionResult

STATE_TYPES: Final[Mapping[Outcome, StateType]] = MappingProxyType(
    {
        Outcome.COMPLETED: StateType.COMPLETED,
        Outcome.NO_TRADES: StateType.COMPLETED,
        Outcome.DEGRADED: StateType.COMPLETED,
        Outcome.HALTED: StateType.FAILED,
        Outcome.KILLED: StateType.FAILED,
        Outcome.FEED_FAILED: StateType.FAILED,
        Outcome.REFUSED: StateType.FAILED,
        Outcome.CRASHED: StateType.FAILED,
        Outcome.ABANDONED: StateType.FAILED,
    }
)

UNPROVEN: Final = "replay_differs"
"""Reason code of a session whose journal does not replay to what it says."""


SKIPPED: Final = "Skipped"
"""Name of the state of a session that was not begun, and need not be."""


def message_of(ended: SessionResult) -> str:
    """Return one line: outcome, reason code, and what a person should know."""
    told = f"{ended.outcome} ({ended.reason})"
    return f"{told}: {'; '.join(ended.detail.splitlines())}" if ended.detail else told


def state_of(ended: SessionResult) -> State[SessionResult]:
    """Return the Prefect state of a session that ended this way; its data is the result."""
    is_unproven = ended.reason == UNPROVEN
    kind = StateType.FAILED if is_unproven else STATE_TYPES[ended.outcome]
    return State(type=kind, message=message_of(ended), data=ended)


def alert_of(state: State[Any]) -> tuple[str, str] | None:
    """Return kind and severity of the alert that a state is worth; None for none.

    As the automations have it, for a run with no server to tell anybody.
    """
    if state.type not in {StateType.FAILED, StateType.CRASHED}:
        return None
    outcome = (state.message or "").partition(" ")[0]
    if outcome in {Outcome.HALTED, Outcome.KILLED}:
        return outcome, "critical"
    return "failed", "error"


def cancelled(ended: SessionResult | None) -> State[SessionResult]:
    """Return the state of a session that a person cancelled; None: it had not begun."""
    told = message_of(ended) if ended else "nothing was begun"
    return State(type=StateType.CANCELLED, message=f"cancelled: {told}", data=ended)


def skipped(ended: SessionResult) -> State[SessionResult]:
    """Return the state of a session that was not begun, and need not be."""
    message = f"skipped ({ended.reason}): {ended.detail}"
    return State(type=StateType.CANCELLED, name=SKIPPED, message=message, data=ended)
