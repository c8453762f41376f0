"""The way back: nothing leaves before the news is here, and lost answers are cleared up."""

from dataclasses import replace
from decimal import Decimal

from tests.support.bench import Bench
from tests.support.market import SYMBOL, T0_NS, ns
from tests.support.run import EAGER_RISK, Run, setup_of
from trading.broker.answers import Answers
from trading.broker.latency import latency_of
from trading.config import ExecutionConfig
from trading.model.events import (
    OrderCanceled,
    OrderFilled,
    OrderStatusLearned,
    OrderStatusUnknown,
    OrderSubmitted,
    Outcome,
)
from trading.model.numbers import NEVER_NS, NS_PER_MS
from trading.model.orders import Order, OrderRole, OrderStatus, Side

D = Decimal
LEGS = ExecutionConfig(
    feed_latency_ms=0,
    entry_latency_ms=100,
    cancel_latency_ms=100,
    response_latency_ms=60,
    latency_sigma=0,
    latency_tail_share=0,
)
"""A hundred there, sixty back, always."""
DOUBTFUL = replace(LEGS, answer_lost_share=1.0, answer_timeout_ms=500)
"""No answer ever comes: after 500 it is asked for, and known 160 later."""


def shown(config: ExecutionConfig, seed: int = 1) -> Bench:
    """Return a bench that has seen a book."""
    bench = Bench(config=config, seed=seed)
    bench.book(99.9, 100.1, 0)
    return bench


def fate(*, has_reached: bool) -> Bench:
    """Return a bench whose first request reaches the venue, or is lost."""
    for seed in range(50):
        bench = shown(DOUBTFUL, seed)
        order = bench.plain(Side.BUY, "1", limit="99.0")
        bench.book(99.9, 100.1, 100)
        if (order.status is OrderStatus.WORKING) is has_reached:
            return bench
    raise AssertionError("no such seed")


def first(bench: Bench) -> Order:
    """Return the live order."""
    (order,) = bench.broker.live(SYMBOL)
    return order


def test_nothing_leaves_before_the_news_of_a_fill_is_here() -> None:
    """Filled at 100, known at 160: what is decided at 100 leaves then and arrives at 260."""
    bench = shown(LEGS)
    bench.plain(Side.BUY, "1")
    bench.book(99.9, 100.1, 100)
    assert 1 == len(bench.fills())
    exit_ = bench.leave("1")

    assert ns(260) == exit_.arrival_ns
    bench.time(200)
    assert ns(300) == bench.plain(Side.BUY, "1").arrival_ns


def test_cancels_and_changes_wait_for_the_news_as_well() -> None:
    """An acceptance at 100 is known at 160; only then can it be taken back or changed."""
    for change in ("cancel", "amend"):
        bench = shown(LEGS)
        order = bench.plain(Side.BUY, "1", limit="99.0")
        bench.time(100)
        if change == "cancel":
            bench.cancel(order)
            assert ns(260) == order.cancel_ns
        else:
            bench.broker.amend(order, ns(100), ns(100), price=D("98.0"))
            assert ns(260) == order.amendments[0].arrival_ns


def test_another_symbol_does_not_wait() -> None:
    """News of one contract holds nothing up in another."""
    answers = Answers(LEGS.assumptions, latency_of(LEGS, 1), 1)
    answers.happened("BTCUSDT", T0_NS)

    assert T0_NS + 60 * NS_PER_MS == answers.leaves_ns("BTCUSDT", T0_NS)
    assert T0_NS == answers.leaves_ns("ETHUSDT", T0_NS)
    assert T0_NS + 90 * NS_PER_MS == answers.leaves_ns("BTCUSDT", T0_NS + 90 * NS_PER_MS)


def test_an_order_that_arrived_unanswered_works_and_is_asked_for() -> None:
    """It fills before anybody here knows it exists; the venue's word ends the doubt."""
    bench = fate(has_reached=True)
    order = first(bench)
    bench.trade(98.9, 300, quantity=5.0)
    assert D(1) == bench.quantity

    bench.time(500)
    assert [False] == [each.is_cancel for each in bench.all(OrderStatusUnknown)]
    bench.time(659)
    assert [] == bench.all(OrderStatusLearned)
    bench.time(660)
    (learned,) = bench.all(OrderStatusLearned)

    assert (order.order_id, OrderStatus.FILLED, True) == (
        learned.order_id,
        learned.status,
        learned.has_reached,
    )
    assert bench.is_idle


def test_an_order_that_never_arrived_counts_as_open_until_that_is_known() -> None:
    """No second entry is sent meanwhile; then it is written off, and cost nothing."""
    bench = fate(has_reached=False)
    bench.book(98.0, 98.1, 300)
    bench.time(500)
    assert bench.broker.has_entry(SYMBOL)
    assert (False, ns(660)) == (bench.is_idle, bench.broker.due_ns()[0])
    bench.time(660)

    assert [(1, "20007: the venue knows no such order")] == bench.canceled()
    assert [] == bench.fills()
    assert (True, NEVER_NS) == (bench.is_idle, bench.broker.due_ns()[0])


def test_nothing_of_the_symbol_leaves_during_a_doubt() -> None:
    """What is decided at 100 waits for the word of 660."""
    bench = fate(has_reached=True)

    assert ns(760) == bench.leave("1").arrival_ns


def test_a_cancel_that_never_arrived_is_sent_again() -> None:
    """The order works on, as if never asked to go; in the end every cancel gets there."""
    asked: list[int] = []
    for seed in range(12):
        bench = shown(LEGS, seed)
        order = bench.plain(Side.BUY, "1", limit="99.0")
        bench.book(99.9, 100.1, 1_000)
        bench.broker.answers = Answers(DOUBTFUL.assumptions, bench.broker.execution.latency, seed)
        bench.cancel(order)
        bench.cancel(order)  # while nobody knows, once is enough
        for at_ms in range(1_100, 20_000, 20):
            bench.time(at_ms)

        assert [(1, "requested")] == bench.canceled()
        assert all(each.is_cancel for each in bench.all(OrderStatusUnknown))
        asked.append(len(bench.all(OrderStatusUnknown)))
        reached = [each.has_reached for each in bench.all(OrderStatusLearned)]
        assert [False] * (len(reached) - 1) + [True] == reached
    assert min(asked) == 1 < max(asked)


def test_a_lost_cancel_of_an_order_that_filled_is_let_be() -> None:
    """There is nothing left to take back."""
    for seed in range(12):
        bench = shown(LEGS, seed)
        order = bench.plain(Side.BUY, "1", limit="99.0")
        bench.book(99.9, 100.1, 1_000)
        bench.broker.answers = Answers(DOUBTFUL.assumptions, bench.broker.execution.latency, seed)
        bench.cancel(order)
        bench.trade(98.9, 1_050, quantity=5.0)
        for at_ms in (1_600, 2_000, 3_000):
            bench.time(at_ms)

        assert (D(1), [], 1) == (
            bench.quantity,
            bench.canceled(),
            len(bench.all(OrderStatusLearned)),
        )
        assert bench.is_idle


def test_about_half_of_the_unanswered_had_arrived() -> None:
    """Neither always nor never."""
    arrived = 0
    for seed in range(200):
        bench = shown(DOUBTFUL, seed)
        bench.plain(Side.BUY, "1", limit="99.0")
        bench.time(100)
        arrived += first(bench).status is OrderStatus.WORKING

    assert 70 < arrived < 130


def test_a_larger_share_loses_the_same_answers_and_more() -> None:
    """One stream decides: what is lost at 20 % is lost at 70 %; at nothing nothing, at all all."""

    def lost(share: float) -> set[int]:
        bench = shown(replace(DOUBTFUL, answer_lost_share=share), seed=3)
        for _ in range(40):
            bench.plain(Side.BUY, "1", limit="99.0")
        return {doubt.order.order_id for doubt in bench.broker.answers.doubts}

    assert set() == lost(0.0) < lost(0.2) < lost(0.7) < lost(1.0) == set(range(1, 41))


def test_a_session_full_of_doubts_ends_flat_and_adds_up() -> None:
    """A third of the answers lost: all is learned, and no entry sent while another may be open."""
    setup = setup_of(
        strategy="Eager",
        parameters={"hold_s": 4.0, "stop_bps": 100.0},
        minutes=5,
        execution=replace(LEGS, answer_lost_share=0.33, answer_timeout_ms=500),
        risk=replace(EAGER_RISK, orders_per_min_max=0, losses_in_a_row_max=0),
    )
    run = Run(setup)
    run.connect()
    run.feed(0, 6 * 60_000)
    unknown, learned = run.all(OrderStatusUnknown), run.all(OrderStatusLearned)
    open_entries: set[int] = set()
    for each in run.out:
        if isinstance(each, OrderSubmitted) and each.request.role is OrderRole.ENTRY:
            assert not open_entries
            open_entries.add(each.order_id)
        elif isinstance(each, OrderFilled | OrderCanceled):
            open_entries.discard(each.order_id)

    assert Outcome.COMPLETED is run.ended.outcome
    assert len(unknown) == len(learned) > 10
    assert {True, False} == {each.has_reached for each in learned}
    assert len(run.all(OrderFilled)) > 20
    assert D(0) == sum(each.side.sign * each.quantity for each in run.all(OrderFilled))
