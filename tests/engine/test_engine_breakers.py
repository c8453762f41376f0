"""Breakers in a session: what trips flattens and ends it, and holds over sessions and restarts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from tests.support.instruments import BTCUSDT
from tests.support.market import ns
from tests.support.risk import unlimited
from tests.support.run import Run, setup_of
from tests.support.strategies import BUILT
from trading.account.allowances import FOR_EVER, Allowances, Effect, Latch
from trading.account.head import AccountHead
from trading.config import EndPolicy
from trading.model.events import (
    BreakerCleared,
    BreakerTripped,
    ControlReceived,
    ControlWord,
    IntentRefused,
    Outcome,
    RoundTripClosed,
)
from trading.model.numbers import NS_PER_DAY
from trading.model.orders import OrderRole

D = Decimal
LOSING = "; ".join(f"{call} buy 49500; {call + 4} exit" for call in range(2, 400, 8))
"""In and out again and again: at a steady price every round trip loses its fees."""


def limited(
    script: str = LOSING,
    *,
    head: AccountHead | None = None,
    minutes: float = 4,
    opened_ms: float = 0,
    is_connected: bool = True,
    end_policy: EndPolicy = "flatten",
    **limits: object,
) -> Run:
    """Return a connected run with these limits and no other."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": script},
            risk=unlimited(**({"risk_pct": 2.0} | limits)),
            minutes=minutes,
            head=head,
            opened_ms=opened_ms,
            end_policy=end_policy,
        )
    )
    if is_connected:
        run.connect(opened_ms)
    return run


def handed_on(run: Run) -> AccountHead:
    """Return the account as the next session reads it from the file."""
    return msgspec.json.decode(msgspec.json.encode(run.engine.head()), type=AccountHead)


def tripped(run: Run) -> list[str]:
    """Return the codes of what tripped."""
    return [each.code for each in run.all(BreakerTripped)]


def test_a_days_loss_flattens_and_halts() -> None:
    """Fees alone reach 2 % of the day's equity: what is open is closed, the outcome says why."""
    run = limited(daily_loss_pct=2.0)
    run.feed(0, 240_000)

    assert ["daily_loss"] == tripped(run)
    assert Outcome.HALTED is run.ended.outcome
    assert "daily_loss: " in run.ended.detail
    assert D(0) == run.quantity
    assert run.ended.wallet <= D(9_800)
    assert run.ended.wallet > D(9_700), "the next losses were not taken any more"


def test_no_session_buys_a_new_allowance() -> None:
    """The account's next session, the same day, is still over its limit: it opens nothing."""
    first = limited(daily_loss_pct=2.0)
    first.feed(0, 240_000)
    second = limited(daily_loss_pct=2.0, head=handed_on(first))
    second.feed(0, 60_000)

    assert [] == second.roles()
    assert {"daily_loss"} == {each.rule for each in second.all(IntentRefused)}


def test_sessions_share_the_day() -> None:
    """Two sessions that lose a little less than the limit each: the second trips on the sum."""
    first = limited("2 buy 49500; 6 exit", daily_loss_pct=3.0, minutes=0.2)
    first.feed(0, 20_000)
    lost = D(10_000) - first.ended.wallet
    pct = float(lost / 10_000 * 100) * 1.5
    second = limited("2 buy 49500; 6 exit", daily_loss_pct=3.0, head=handed_on(first), minutes=0.2)
    second.feed(0, 20_000)
    strict = limited("2 buy 49500; 6 exit", daily_loss_pct=max(pct, 2.0), head=handed_on(first))
    strict.feed(0, 20_000)

    assert [] == tripped(second)
    assert second.engine.account.wallet < first.ended.wallet
    assert D(10_000) == handed_on(second).allowances.day_equity, "the day's, not the session's"


def test_a_loss_streak_counts_every_way_out() -> None:
    """Three losses by exit, stop and flatten: it is one of the streak."""
    run = limited("2 buy 49500; 5 exit; 20 buy 49500; 60 buy 49500", losses_in_a_row_max=3)
    run.feed(0, 15_000)
    run.feed(15_000, 25_000, 49_400)
    run.feed(25_000, 40_000, 50_000)
    run.step(ControlReceived(ns(40_000), ControlWord.FLATTEN, "a person", "enough"))
    run.feed(40_000, 60_000, 50_000)

    trips = run.all(RoundTripClosed)
    assert {OrderRole.STOP} <= {each.reason_out for each in trips}
    assert 3 == len(trips)
    assert ["losses_in_a_row"] == tripped(run)


def test_a_persons_word_lifts_a_halt_and_is_kept() -> None:
    """Who and why are in the journal; entries open again; without the word they stay shut."""
    first = limited(drawdown_pct=2.0)
    first.feed(0, 240_000)
    assert ["drawdown"] == tripped(first)
    head = handed_on(first)
    later_ms = 300_000
    shut, lifted = (limited(head=head, opened_ms=later_ms) for _ in range(2))
    said = ControlReceived(ns(later_ms), ControlWord.CLEAR, "ada", "looked at it", "drawdown")
    lifted.step(said)
    for run in (shut, lifted):
        run.feed(later_ms, later_ms + 20_000)

    assert [] == shut.roles()
    assert [("drawdown", "ada", "looked at it")] == [
        (each.code, each.who, each.why) for each in lifted.all(BreakerCleared)
    ]
    assert "entry" in lifted.roles()


def test_time_lifts_a_days_limit_and_says_so() -> None:
    """A session of the next day clears it by itself, by the clock's word."""
    first = limited(daily_loss_pct=2.0)
    first.feed(0, 240_000)
    head = handed_on(first)
    latch = head.allowances.latches["daily_loss"]
    days = -(-(latch.until_ns - ns(0)) // NS_PER_DAY)
    days_ms = days * 86_400_000
    later = limited("", daily_loss_pct=2.0, head=head, opened_ms=days_ms, is_connected=False)
    later.connect(days_ms, next_ms=days_ms + 86_400_000)
    later.tick(days_ms)

    assert ["daily_loss"] == [each.code for each in later.all(BreakerCleared)]
    assert {} == later.engine.head().allowances.latches


def test_ten_orders_under_the_limit_are_not_ten_times_the_limit() -> None:
    """Position and working order count: the room that is left is what an entry gets."""
    script = "; ".join(f"{call} buy 49000" for call in range(2, 40))
    run = limited(script, notional_max_usdt=1_000.0)
    run.feed(0, 30_000)

    exposure = run.engine.account.exposure({BTCUSDT.symbol: 50_000.0})
    assert exposure is not None
    assert D(0) < exposure <= D(1_000)


def test_a_fresh_process_replays_the_same_record() -> None:
    """The same events again give the same allowances: a restart resets nothing."""
    one, two = limited(losses_in_a_row_max=4), limited(losses_in_a_row_max=4)
    for run in (one, two):
        run.feed(0, 90_000)

    assert tripped(one)
    assert one.engine.head().allowances == two.engine.head().allowances


@pytest.mark.parametrize("code", ["daily_loss", "drawdown"])
def test_exits_pass_whatever_has_tripped(code: str) -> None:
    """A position open when the limit trips is closed by the engine itself."""
    before = Allowances(day=ns(0) // NS_PER_DAY, day_equity=D(10_100), peak_equity=D(10_100))
    head = AccountHead(wallet=D(10_000), allowances=before)
    pct = 2.0
    run = limited(
        "2 buy 45000",
        head=head,
        daily_loss_pct=pct if code == "daily_loss" else 0.0,
        drawdown_pct=pct if code == "drawdown" else 0.0,
    )
    run.feed(0, 10_000)
    assert run.quantity > 0
    run.feed(10_000, 40_000, 46_000)

    assert [code] == tripped(run)
    assert D(0) == run.quantity
    assert Outcome.HALTED is run.ended.outcome
    assert ["entry", "flatten"] == run.roles()


def test_a_symbol_may_have_parameters_of_its_own() -> None:
    """The common ones, then the symbol's; another symbol's are another's."""
    setup = setup_of(strategy="Scripted", parameters={"script": "9 exit", "needs_bars": 4})
    overrides: dict[str, dict[str, float | int | bool | str]] = {
        "BTCUSDT": {"needs_bars": 2},
        "ETHUSDT": {"script": "1 exit"},
    }
    config = replace(setup.config, symbol_overrides=overrides)
    Run(msgspec.structs.replace(setup, config=config))

    assert ("9 exit", 2) == (BUILT[-1].script, BUILT[-1].needs_bars)


def test_a_position_carried_into_a_halt_is_closed() -> None:
    """A session may begin under a latch when something is open: it closes it and opens nothing."""
    first = limited("2 buy 45000", end_policy="carry", minutes=0.5)
    first.feed(0, 60_000)
    head = handed_on(first)
    assert head.positions
    latch = Latch(
        code="drawdown", effect=Effect.HALT, value="9", limit="8", at_ns=1, until_ns=FOR_EVER
    )
    halted = msgspec.structs.replace(head, allowances=Allowances(latches={"drawdown": latch}))
    second = limited("2 buy 45000", head=halted, opened_ms=120_000)
    second.feed(120_000, 150_000)

    assert ["flatten"] == second.roles()
    assert D(0) == second.quantity
    assert {"drawdown"} == {each.rule for each in second.all(IntentRefused)}
