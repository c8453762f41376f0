"""Sessions that break off, one after the other, open a breaker of the account."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.market import ns
from tests.support.run import Run, next_head, setup_of
from trading.account.allowances import Allowances
from trading.account.head import AccountHead
from trading.config import RiskConfig
from trading.model.events import BreakerCleared, BreakerTripped, ControlReceived, ControlWord

MINUTE_MS = 60_000


def head_with(failures: int) -> AccountHead:
    """Return an account of which so many sessions in a row have broken off."""
    fresh = setup_of().head
    return msgspec.structs.replace(fresh, allowances=Allowances(failures_in_a_row=failures))


def ended(head: AccountHead, word: ControlWord | None, limit: int = 3) -> Run:
    """Return a minute's session that ended by a word, or by its deadline (no word)."""
    run = Run(setup_of(minutes=1, head=head, risk=RiskConfig(failures_in_a_row_max=limit)))
    run.connect()
    run.feed(0, 10_000)
    if word is not None:
        run.step(ControlReceived(ns(10_000), word, "a test", "to see"))
    run.feed(10_000, 3 * MINUTE_MS)
    assert run.engine.has_ended
    return run


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (ControlWord.ABANDON, 2),
        (ControlWord.LIMIT, 2),
        (ControlWord.STOP, 1),
        (ControlWord.KILL, 1),
        (None, 0),
    ],
)
def test_what_counts_as_broken_off(word: ControlWord | None, expected: int) -> None:
    """A dead process and a limit do; a person's word says nothing; a whole session begins anew."""
    run = ended(head_with(1), word)

    assert expected == next_head(run).allowances.failures_in_a_row
    assert [] == run.all(BreakerTripped)


def test_a_feed_that_is_gone_for_good_counts() -> None:
    """Silence to the end is a failure, although the process ended in good order."""
    run = Run(setup_of(minutes=10, head=head_with(0)))
    run.connect()
    run.feed(0, 10_000)
    run.until(5 * MINUTE_MS)

    assert "feed_failed" == run.ended.reason
    assert 1 == next_head(run).allowances.failures_in_a_row


def test_the_third_in_a_row_opens_the_breaker_before_the_last_record() -> None:
    """It is told in the session's journal, ends nothing twice, and only a person lifts it."""
    run = ended(head_with(2), ControlWord.ABANDON)

    (tripped,) = run.all(BreakerTripped)
    assert ("failures_in_a_row", "stop", True) == (
        tripped.code,
        tripped.effect,
        tripped.needs_person,
    )
    assert ("3 sessions failed", "3 in a row") == (tripped.value, tripped.limit)
    assert "abandoned" == run.ended.reason
    assert {"failures_in_a_row"} == set(next_head(run).allowances.latches)


def test_a_persons_word_counts_from_nothing() -> None:
    """After it one more failure does not open the breaker again."""
    before = next_head(ended(head_with(2), ControlWord.ABANDON))
    run = Run(setup_of(minutes=1, head=before))
    run.connect()
    run.step(ControlReceived(ns(1), ControlWord.CLEAR, "ada", "mended", "failures_in_a_row"))
    run.feed(10, 5_000)
    run.step(ControlReceived(ns(5_000), ControlWord.ABANDON, "a test", "to see"))

    assert ["failures_in_a_row"] == [each.code for each in run.all(BreakerCleared)]
    assert [] == run.all(BreakerTripped)
    after = next_head(run).allowances
    assert (1, {}) == (after.failures_in_a_row, after.latches)


def test_no_limit_opens_no_breaker() -> None:
    """0 is none."""
    assert [] == ended(head_with(99), ControlWord.ABANDON, limit=0).all(BreakerTripped)
