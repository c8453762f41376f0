"""What a session amounts to once replay and the venue's funding have had their say."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import msgspec
import pytest

from tasks.report import FUNDING_DIFFERS, judged
from tasks.states import UNPROVEN
from trading.journal.verify import Verdict
from trading.model.events import Outcome
from trading.session.funding_check import FundingCheck, SettlementCheck, SettlementVerdict
from trading.session.outcomes import EXIT_CODES
from trading.session.supervise import SessionResult

ENDED = SessionResult(
    session_id="x",
    outcome=Outcome.COMPLETED,
    reason="deadline",
    detail="",
    exit_code=0,
    wallet="1.00",
    equity="1.00",
    fills=2,
    round_trips=1,
    attempts=1,
)
IDENTICAL = Verdict(is_identical=True, records=9, digest="ab", detail="session closed")
DIFFERENT = Verdict(is_identical=False, records=3, digest="ab", detail="record 4 (frame) differs")


def funding(verdict: SettlementVerdict) -> FundingCheck:
    """Return a check of one settlement that shows this."""
    settlement = SettlementCheck(
        settlement_ns=0,
        held=Decimal(1),
        rate=Decimal("0.0001"),
        mark=Decimal(100),
        expected=Decimal("-0.01"),
        booked=(),
        verdict=verdict,
    )
    return FundingCheck(settlements=(settlement,))


@pytest.mark.parametrize(
    "compared", [None, FundingCheck(settlements=()), funding(SettlementVerdict.EQUAL)]
)
def test_a_proven_session_stays_what_it_was(compared: FundingCheck | None) -> None:
    """Identical, and funding equal, absent or not comparable: nothing is added or taken."""
    assert ENDED == judged(ENDED, IDENTICAL, compared)


def test_a_replay_that_differs_degrades() -> None:
    """Reason, exit code and words change; how it had ended is still told."""
    found = judged(ENDED, DIFFERENT, None)

    assert (found.outcome, found.reason) == (Outcome.DEGRADED, UNPROVEN)
    assert EXIT_CODES[Outcome.DEGRADED] == found.exit_code
    assert found.detail == "record 4 (frame) differs; it had ended completed (deadline)"


def test_funding_that_is_not_the_venues_degrades() -> None:
    """A missing payment is money the account does not have right."""
    found = judged(ENDED, IDENTICAL, funding(SettlementVerdict.MISSING))

    assert (found.outcome, found.reason) == (Outcome.DEGRADED, FUNDING_DIFFERS)
    assert "missing" in found.detail


def test_a_worse_outcome_keeps_its_exit_code() -> None:
    """A halt that does not replay is a halt for the shell, and Failed for its reason code."""
    halted = msgspec.structs.replace(
        ENDED, outcome=Outcome.HALTED, reason="daily_loss", exit_code=EXIT_CODES[Outcome.HALTED]
    )
    found = judged(halted, DIFFERENT, None)

    assert (found.outcome, found.exit_code) == (Outcome.HALTED, EXIT_CODES[Outcome.HALTED])
    assert found.reason == UNPROVEN
    assert "it had ended halted (daily_loss)" in found.detail


def test_a_session_begins_without_what_writes_its_report() -> None:
    """Half a second of imports that nobody needs before the session is over."""
    script = "import sys, flows.paper_session; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True
    )

    assert set() == {"duckdb", "jinja2", "numpy", "pandas", "pyarrow"} & set(done.stdout.split())
