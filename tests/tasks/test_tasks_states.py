"""Outcome to state: the table is whole, says what it means, and fails what is unproven."""

from __future__ import annotations

import msgspec
import pytest
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed, Failed

from tasks.states import STATE_TYPES, UNPROVEN, alert_of, message_of, skipped, state_of
from trading.model.events import Outcome
from trading.session.outcomes import EXIT_CODES
from trading.session.supervise import SessionResult

ENDED = SessionResult(
    session_id="20261121T040000Z-BTCUSDT-pulse-3f9a",
    outcome=Outcome.COMPLETED,
    reason="deadline",
    detail="",
    exit_code=0,
    wallet="10000.00",
    equity="10000.00",
    fills=4,
    round_trips=2,
    attempts=1,
)


def ended(outcome: Outcome, reason: str, detail: str = "") -> SessionResult:
    """Return a session that ended so."""
    return msgspec.structs.replace(ENDED, outcome=outcome, reason=reason, detail=detail)


def test_every_outcome_has_a_state_and_an_exit_code() -> None:
    """A new outcome without an entry would be a session nobody is told about."""
    assert set(Outcome) == set(STATE_TYPES) == set(EXIT_CODES)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_state_fails_exactly_where_a_person_must_look(outcome: Outcome) -> None:
    """Sessions that ran to their end are Completed, all others Failed; names stay the standard."""
    ran = {Outcome.COMPLETED, Outcome.NO_TRADES, Outcome.DEGRADED}
    result = ended(outcome, "some_reason")
    state = state_of(result)

    assert (StateType.COMPLETED if outcome in ran else StateType.FAILED) == state.type
    assert state.name == ("Completed" if outcome in ran else "Failed")
    assert state.data is result


def test_the_message_opens_with_outcome_and_reason_code() -> None:
    """An alert shows one line: what, which code, what a person should know."""
    halted = ended(Outcome.HALTED, "daily_loss", "lost 5.1 % of the day's equity\nlatched")

    assert message_of(halted) == "halted (daily_loss): lost 5.1 % of the day's equity; latched"
    assert message_of(ENDED) == "completed (deadline)"


def test_what_replay_does_not_confirm_is_failed() -> None:
    """Looking alive is not enough: a degraded session is Completed, an unproven one never."""
    assert state_of(ended(Outcome.DEGRADED, "funding_differs")).is_completed()
    assert state_of(ended(Outcome.DEGRADED, UNPROVEN)).is_failed()


@pytest.mark.parametrize("outcome", Outcome)
def test_a_failed_state_is_worth_an_alert(outcome: Outcome) -> None:
    """Critical where a rule or a person stopped everything; none where nobody need look."""
    critical = {Outcome.HALTED, Outcome.KILLED}
    kind = (outcome.value, "critical") if outcome in critical else ("failed", "error")
    state = state_of(ended(outcome, "some_reason"))

    assert (kind if state.type == StateType.FAILED else None) == alert_of(state)
    assert alert_of(skipped(ended(outcome, "late"))) is None


def test_a_flow_that_died_is_worth_one_too() -> None:
    """Whatever it says, and if it says nothing."""
    assert ("failed", "error") == alert_of(Crashed(message="Execution was interrupted"))
    assert ("failed", "error") == alert_of(Failed())
