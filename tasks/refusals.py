"""A session that was never started, told like any other: as a result, with what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime

from reports.refusal import Refusal
from trading.errors import ConfigError, PaperSessionError, PreflightRefused
from trading.io.clock import wall_ns
from trading.model.events import Outcome
from trading.model.numbers import NS_PER_S
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths
from trading.session.supervise import SessionResult


def refusal_of(
    error: PaperSessionError,
    *,
    source: str,
    symbol: str,
    strategy: str,
    account: str,
    paths: SessionPaths | None = None,
) -> Refusal:
    """Return why the session that was asked for is not started.

    ``paths`` is None where it was refused before it had a name.
    """
    match error:
        case ConfigError():
            check = error.field
            found = f"expected {error.expected}, was {error.value!r}"
            remedy, is_retryable = error.remedy, False
        case PreflightRefused():
            check, found, remedy = error.check, error.found, error.remedy
            is_retryable = error.is_retryable
        case _:
            check, found, is_retryable = type(error).__name__, str(error), False
            remedy = "mend what it says, then start again"
    return Refusal(
        session_id=paths.session_id if paths else "",
        account=account,
        symbol=symbol,
        strategy=strategy,
        source=source,
        refused_utc=datetime.fromtimestamp(wall_ns() // NS_PER_S, UTC).isoformat(),
        check=check,
        found=found,
        remedy=remedy,
        is_retryable=is_retryable,
    )


def result_of(refusal: Refusal) -> SessionResult:
    """Return the refusal as the result of a session."""
    detail = f"{refusal.found}; {refusal.remedy}"
    return not_begun(refusal.check, detail, session_id=refusal.session_id)


def not_begun(reason: str, detail: str, *, session_id: str = "") -> SessionResult:
    """Return the result of a session that was not begun, and so has no figures."""
    return SessionResult(
        session_id=session_id,
        outcome=Outcome.REFUSED,
        reason=reason,
        detail=detail,
        exit_code=EXIT_CODES[Outcome.REFUSED],
        wallet="",
        equity="",
        fills=0,
        round_trips=0,
        attempts=0,
    )


def told(refusal: Refusal) -> str:
    """Return the refusal as the block a person reads on a terminal."""
    return (
        f"refused: {refusal.check}\n"
        f"  found   {refusal.found}\n"
        f"  remedy  {refusal.remedy}\n"
        "nothing was started"
    )
