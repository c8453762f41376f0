"""How a session ends: flat or carried, by whose word, with exactly one last record."""

from decimal import Decimal

import pytest

from tests.support.market import bar, book, control, ns, rate, settled, timer, trade
from tests.support.run import DELAY_MS, Run, next_head, setup_of
from trading.account.funding import PATIENCE_NS, OwedFunding
from trading.account.head import AccountHead
from trading.config import EndPolicy
from trading.model.events import (
    Channel,
    ControlWord,
    FundingNeverPublished,
    FundingUnknown,
    OrderCanceled,
    OrderFilled,
    OrderSubmitted,
    OrderTriggered,
    Outcome,
    RequestFailed,
    SessionEnded,
    SessionEnding,
)
from trading.model.numbers import NS_PER_MS
from trading.model.orders import OrderRole

D = Decimal
MINUTE_MS = 60_000


def long(*, end_policy: EndPolicy = "flatten", minutes: float = 1, script: str = "") -> Run:
    """Return a session that is long since its first second, protected at 49,500 and 51,000."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "2 buy 49500 51000" + script},
            end_policy=end_policy,
            minutes=minutes,
        )
    )
    run.connect()
    run.feed(0, 3_000)
    assert run.quantity > 0
    return run


def nothing_after(run: Run) -> None:
    """Hold that whatever comes after the last record, nothing comes out and nothing changes."""
    before = run.head_bytes()
    late = run.step(
        trade(1.0, at_ms=1e7),
        book(1.0, 2.0, at_ms=1e7),
        bar(100, 1.0),
        control(ControlWord.FLATTEN, 1e7),
        timer(2e7),
    )

    assert [] == late
    assert before == run.head_bytes()


def test_the_deadline_flattens_and_ends_once() -> None:
    """At the deadline the position is closed at the market and the books are shut."""
    run = long()
    run.feed(3_000, 70_000)

    (ending,) = run.all(SessionEnding)
    flatten = [each for each in run.all(OrderSubmitted) if each.request.role is OrderRole.FLATTEN]
    assert ("deadline", ns(MINUTE_MS)) == (ending.reason, ending.at_ns)
    assert ["entry", "flatten"] == run.roles()
    assert 1 == len(flatten)
    assert flatten[0].request.reduce_only
    assert (Outcome.COMPLETED, "deadline", 2, 1) == (
        run.ended.outcome,
        run.ended.reason,
        run.ended.fills,
        run.ended.round_trips,
    )
    assert run.ended.wallet == run.ended.equity == run.engine.account.wallet
    assert ({}, ()) == (
        {k: v for k, v in run.engine.account.positions.items() if not v.is_flat},
        run.engine.head().orders,
    )
    nothing_after(run)


def test_a_session_without_a_trade_says_so() -> None:
    """Completed is not the same as nothing happened."""
    run = Run(setup_of(minutes=1))
    run.connect()
    run.feed(0, 70_000)

    assert (Outcome.NO_TRADES, 0, "") == (run.ended.outcome, run.ended.fills, run.ended.detail)
    assert ns(MINUTE_MS) == run.ended.at_ns
    nothing_after(run)


def test_carry_leaves_the_position_protected_for_the_next_session() -> None:
    """Nothing is sold; stop and target go over, and work in the next session."""
    run = long(end_policy="carry")
    run.feed(3_000, 70_000)
    assert (Outcome.COMPLETED, ["entry"]) == (run.ended.outcome, run.roles())
    head = next_head(run)
    assert ({"stop", "target"}, 1) == (
        {str(order.request.role) for order in head.orders},
        len(head.positions),
    )

    later = Run(setup_of(head=head, opened_ms=120_000, minutes=1))
    later.connect(120_000)
    later.feed(120_000, 122_000)
    later.feed(122_000, 124_000, 49_400.0)

    assert ["stop"] == later.roles()
    assert D(0) == later.quantity
    later.feed(124_000, 190_000)
    assert Outcome.COMPLETED == later.ended.outcome
    numbers = [each.fill_id for each in (*run.all(OrderFilled), *later.all(OrderFilled))]
    assert [1, 2] == numbers


def test_a_position_that_cannot_be_closed_is_carried_and_told() -> None:
    """Without a book nothing can be sold at an old price: after 20 s the session ends anyway."""
    run = long()
    run.feed(3_000, 55_000)
    run.feed(55_000, 90_000, only=[Channel.PRICE, Channel.CANDLE, Channel.TRADE])

    assert ["entry"] == run.roles()
    assert (Outcome.DEGRADED, ns(80_000)) == (run.ended.outcome, run.ended.at_ns)
    assert "a position could not be closed and is carried" in run.ended.detail
    head = next_head(run)
    assert {OrderRole.STOP, OrderRole.TARGET} == {order.request.role for order in head.orders}
    assert "session over" in {each.reason for each in run.all(OrderCanceled)}
    nothing_after(run)


@pytest.mark.parametrize(
    ("word", "policy", "outcome", "roles"),
    [
        (ControlWord.STOP, "flatten", Outcome.COMPLETED, ["entry", "flatten"]),
        (ControlWord.STOP, "carry", Outcome.COMPLETED, ["entry"]),
        (ControlWord.KILL, "flatten", Outcome.KILLED, ["entry", "flatten"]),
        (ControlWord.KILL, "carry", Outcome.KILLED, ["entry", "flatten"]),
        (ControlWord.ABANDON, "flatten", Outcome.ABANDONED, ["entry"]),
        (ControlWord.DISOWN, "flatten", Outcome.ABANDONED, ["entry"]),
    ],
)
def test_a_word_ends_the_session(
    word: ControlWord, policy: EndPolicy, outcome: Outcome, roles: list[str]
) -> None:
    """Stop follows the policy, kill flattens whatever it says, abandon leaves all as it is."""
    run = long(end_policy=policy, minutes=10)
    run.at(control(word, 3_100, why="enough"))
    run.feed(3_500, 10_000)

    assert (outcome, roles) == (run.ended.outcome, run.roles())
    assert "by tester: enough" in run.ended.detail
    if roles == ["entry"]:
        assert 2 == len(next_head(run).orders)
    nothing_after(run)


@pytest.mark.parametrize("word", [ControlWord.ABANDON, ControlWord.DISOWN])
def test_abandon_and_disown_end_in_their_own_step(word: ControlWord) -> None:
    """Nobody is there to wait for anything."""
    run = long()
    out = run.step(control(word, 3_100))

    assert isinstance(out[-1], SessionEnded)


def test_a_lost_account_overrules_the_first_reason() -> None:
    """However the session was ending, it had no account any more."""
    run = long()
    run.feed(3_000, 60_000)
    run.until(60_001)
    out = run.step(control(ControlWord.DISOWN, 60_002, why="overtaken"))

    assert isinstance(out[-1], SessionEnded)
    assert ("lost_ownership", Outcome.ABANDONED) == (run.ended.reason, run.ended.outcome)
    assert "overtaken" in run.ended.detail


def test_the_first_reason_stands() -> None:
    """A stop said while the deadline is being worked off changes nothing."""
    run = long()
    run.feed(3_000, 60_000)
    run.until(60_001)
    run.step(control(ControlWord.STOP, 60_002))
    run.feed(60_500, 70_000)

    assert ("deadline", Outcome.COMPLETED) == (run.ended.reason, run.ended.outcome)
    assert 1 == len(run.all(SessionEnding))


def test_a_kill_is_heard_while_the_session_is_ending() -> None:
    """Under way to its end with a position to carry, a killed session flattens and says killed."""
    run = long(end_policy="carry")
    owed = rate(30_000, at_ms=3_100)
    run.step(owed)
    run.feed(3_500, 60_500)
    assert not run.engine.has_ended

    run.at(control(ControlWord.KILL, 60_600))
    run.feed(61_000, 85_000)

    assert (Outcome.KILLED, ["entry", "flatten"]) == (run.ended.outcome, run.roles())


def test_a_fatal_failure_ends_as_feed_failed() -> None:
    """A request that can never succeed is the end; a transient one is a word."""
    run = long(minutes=10)
    run.step(RequestFailed(ns(3_100), "BTCUSDT", "candles", "busy", False))
    assert [] == run.all(SessionEnding)

    run.step(RequestFailed(ns(3_200), "BTCUSDT", "candles", "account banned", True))
    run.feed(3_500, 10_000)

    assert (Outcome.FEED_FAILED, "feed_failed") == (run.ended.outcome, run.ended.reason)
    assert "account banned" in run.ended.detail
    assert ["entry", "flatten"] == run.roles()


@pytest.mark.parametrize("policy", ["flatten", "carry"])
def test_an_entry_under_way_is_taken_back(policy: EndPolicy) -> None:
    """A resting entry does not outlive its session, and no exit is sent for what is flat."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "2 buy 49500 - 49900"},
            minutes=1,
            end_policy=policy,
        )
    )
    run.connect()
    run.feed(0, 70_000)

    assert [(1, "requested")] == [(e.order_id, e.reason) for e in run.all(OrderCanceled)]
    assert (Outcome.NO_TRADES, ()) == (run.ended.outcome, run.engine.head().orders)


def test_an_entry_that_fills_while_ending_is_closed_again() -> None:
    """The cancel lost the race: the session does not end with a position nobody wanted."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "2 buy 49500 - 49900"},
            minutes=1,
        )
    )
    run.connect()
    run.feed(0, 60_000)
    run.tick(60_000 - DELAY_MS, 50_000.0)
    run.tick(60_050, 49_800.0)
    run.feed(60_500, 70_000, 49_800.0)

    assert ["entry", "flatten"] == run.roles()
    assert (D(0), Outcome.COMPLETED) == (run.quantity, run.ended.outcome)


def test_funding_still_owed_at_the_end_is_waited_for_then_told() -> None:
    """20 s for the venue's word; without it the session is degraded and names what is owed."""
    run = long(end_policy="carry")
    run.step(rate(30_000, at_ms=3_100))
    run.feed(3_500, 100_000)

    (unknown,) = run.all(FundingUnknown)
    assert (ns(30_000), run.quantity) == (unknown.settlement_ns, unknown.quantity)
    assert (Outcome.DEGRADED, ns(80_000)) == (run.ended.outcome, run.ended.at_ns)
    assert "funding settlements still owed: 1" in run.ended.detail
    assert [ns(30_000)] == [each.settlement_ns for each in next_head(run).owed]


def test_funding_that_is_never_published_degrades_the_session_that_gave_it_up() -> None:
    """Owed since a day ago: given up at the first look, named, and handed on."""
    since_ns = ns(-PATIENCE_NS / NS_PER_MS)
    owed = OwedFunding(symbol="BTCUSDT", settlement_ns=since_ns, quantity=D(1))
    run = Run(setup_of(minutes=1, head=AccountHead(wallet=D(10_000), owed=(owed,))))
    run.connect()
    run.feed(0, 70_000)

    assert [since_ns] == [each.settlement_ns for each in run.all(FundingNeverPublished)]
    assert Outcome.DEGRADED is run.ended.outcome
    assert "funding settlements never published: 1" in run.ended.detail
    assert [since_ns] == [each.settlement_ns for each in next_head(run).unpublished]
    assert () == next_head(run).owed


def test_funding_told_in_time_lets_the_session_complete() -> None:
    """The answer in the last seconds is booked, and nothing is owed."""
    run = long(end_policy="carry")
    run.step(rate(30_000, at_ms=3_100))
    run.feed(3_500, 65_000)
    run.at(settled(30_000, at_ms=65_100))
    run.feed(65_500, 70_000)

    assert Outcome.COMPLETED == run.ended.outcome
    assert [] == run.all(FundingUnknown)


def test_equity_is_unknown_not_guessed() -> None:
    """Abandoned with a position before any mark was heard, the last record knows no equity."""
    run = long(end_policy="carry")
    run.feed(3_000, 70_000)
    later = Run(setup_of(head=next_head(run), opened_ms=120_000))
    later.step(control(ControlWord.ABANDON, 120_000))

    assert None is later.ended.equity
    assert run.ended.wallet == later.ended.wallet


def test_sessions_are_counted() -> None:
    """The head says how many sessions the account has had."""
    first = Run(setup_of(minutes=1))
    first.feed(0, 70_000)
    second = Run(setup_of(minutes=1, head=next_head(first)))

    assert (1, 2) == (first.engine.head().sessions, second.engine.head().sessions)


def test_a_carried_stop_waits_for_the_first_book_of_the_next_session() -> None:
    """Prints pull it before any book was shown; where books are listened to, one of them fills."""
    first = long(end_policy="carry")
    first.feed(3_000, 70_000)
    later = Run(setup_of(head=next_head(first), opened_ms=120_000))
    later.connect(120_000)
    prints = {Channel.TRADE, Channel.PRICE}
    later.feed(120_000, 123_000, 49_400.0, only=prints)

    assert 1 == len(later.all(OrderTriggered))
    assert [] == later.roles()

    later.feed(123_000, 124_000, 49_400.0)
    (stop,) = later.all(OrderFilled)
    assert ("stop", D("49399.9"), f"book {ns(123_000)}") == (stop.role, stop.price, stop.evidence)
