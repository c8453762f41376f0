"""Refusals: every error that keeps a session from starting says what, found and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.refusals import refusal_of, result_of, told
from trading.errors import (
    AccountLocked,
    ConfigError,
    JournalError,
    PaperSessionError,
    PreflightRefused,
)
from trading.model.events import Outcome
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths

PATHS = SessionPaths(var_dir=Path("var"), account="mine", session_id="20261121T040000Z-x")


@pytest.mark.parametrize(
    ("error", "check", "found", "remedy", "is_retryable"),
    [
        (
            ConfigError("risk_pct", 5.0, "at most 2", "risk less"),
            "risk_pct",
            "expected at most 2, was 5.0",
            "risk less",
            False,
        ),
        (
            PreflightRefused("clock", "12 s off", "synchronise it", is_retryable=True),
            "clock",
            "12 s off",
            "synchronise it",
            True,
        ),
        (
            AccountLocked("mine", "session x"),
            "AccountLocked",
            str(AccountLocked("mine", "session x")),
            "mend what it says, then start again",
            False,
        ),
        (
            JournalError("it cannot be read"),
            "JournalError",
            "it cannot be read",
            "mend what it says, then start again",
            False,
        ),
    ],
)
def test_an_error_becomes_a_refusal(
    error: PaperSessionError,
    check: str,
    found: str,
    remedy: str,
    is_retryable: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Name of the check, what it found, what to do, and whether waiting may help."""
    refusal = refusal_of(
        error, source="embedded", symbol="BTCUSDT", strategy="pulse", account="mine", paths=PATHS
    )

    assert (refusal.check, refusal.found, refusal.remedy) == (check, found, remedy)
    assert refusal.is_retryable is is_retryable
    assert refusal.session_id == PATHS.session_id
    assert told(refusal) == (
        f"refused: {check}\n  found   {found}\n  remedy  {remedy}\nnothing was started"
    )
    result = result_of(refusal)
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, EXIT_CODES[Outcome.REFUSED])
    assert (result.reason, result.detail) == (check, f"{found}; {remedy}")


def test_a_refusal_without_a_name_has_no_session() -> None:
    """What was asked for could not even be named: no session id is made up."""
    refusal = refusal_of(
        ConfigError("account", "..", "a name", "choose one"),
        source="embedded",
        symbol="BTCUSDT",
        strategy="pulse",
        account="..",
    )

    assert refusal.session_id == ""
    assert refusal.account == ".."
