"""The life of orders at the paper venue: sent, arrived, cancelled; and when they meet a price."""

from decimal import Decimal

import msgspec

from tests.support.bench import Bench
from tests.support.market import SYMBOL, ns
from trading.account.head import AccountHead
from trading.config import ExecutionConfig
from trading.model.events import OrderAccepted, OrderSubmitted
from trading.model.numbers import NEVER_NS
from trading.model.orders import OrderRole, OrderStatus, Side

D = Decimal


def test_latency_delays_the_fill() -> None:
    """Sent at 1000 with 100 ms: no book stamped before 1100 fills it, however often it is shown."""
    bench = Bench()
    bench.book(100.0, 100.1, 1_000)
    bench.time(1_000)
    bench.plain(Side.BUY, "1")

    for at_ms in (1_001, 1_050, 1_099):
        bench.book(90.0, 90.1, at_ms)
    assert [] == bench.traded()

    bench.book(110.0, 110.1, 1_100)
    assert [("entry", D("110.1"), D(1))] == bench.traded()
    assert ns(1_100) == bench.fills()[0].exchange_ns


def test_an_order_meets_the_book_that_is_there_when_it_arrives() -> None:
    """A book stamped at its very arrival, seen before, is met with no further message."""
    bench = Bench(config=ExecutionConfig(latency_ms_min=0, latency_ms_max=0))
    bench.book(100.0, 100.1, 1_000)
    bench.plain(Side.BUY, "1")

    bench.time(1_000)

    assert [("entry", D("100.1"), D(1))] == bench.traded()


def test_an_old_book_is_no_price_to_trade_on() -> None:
    """Arrived, an order waits for data stamped after its arrival; without any it only waits."""
    bench = Bench()
    bench.book(100.0, 100.1, 1_000)
    bench.plain(Side.BUY, "1")

    bench.time(60_000)

    assert [] == bench.traded()
    (order,) = bench.live(OrderRole.ENTRY)
    assert OrderStatus.WORKING is order.status


def test_the_words_of_an_order_that_fills() -> None:
    """Submitted with its arrival and the mid decided on, accepted with the mid it arrived to."""
    bench = Bench()
    bench.book(100.0, 100.2, 1_000)
    bench.plain(Side.BUY, "1")
    bench.book(101.0, 101.2, 1_050)
    bench.book(101.0, 101.2, 1_100)

    submitted, accepted = (
        each for each in bench.out if isinstance(each, OrderSubmitted | OrderAccepted)
    )
    assert isinstance(submitted, OrderSubmitted)
    assert isinstance(accepted, OrderAccepted)
    assert (ns(1_000), ns(1_100), 100.1) == (
        submitted.at_ns,
        submitted.arrival_ns,
        submitted.decision_mid,
    )
    assert (ns(1_100), 101.1) == (accepted.at_ns, accepted.arrival_mid)
    assert 101.1 == bench.fills()[0].mid


def test_a_cancel_can_lose_the_race() -> None:
    """Between a cancel's sending and its arrival the order fills; the cancel finds nothing."""
    bench = Bench()
    bench.book(100.0, 100.2, 0)
    order = bench.plain(Side.BUY, "1", limit="99.0")
    bench.book(100.0, 100.2, 150)

    bench.cancel(order)
    bench.book(98.0, 98.5, 200)
    bench.time(400)

    assert [("entry", D("99.0"), D(1))] == bench.traded()
    assert [] == bench.canceled()


def test_a_cancel_that_wins_leaves_nothing() -> None:
    """After its latency the order is gone; a price that would have filled it comes too late."""
    bench = Bench()
    bench.book(100.0, 100.2, 0)
    order = bench.plain(Side.BUY, "1", limit="99.0")
    bench.book(100.0, 100.2, 150)

    bench.cancel(order)
    bench.cancel(order)
    bench.time(250)
    bench.book(98.0, 98.5, 260)

    assert ([], [(1, "requested")], {}) == (
        bench.traded(),
        bench.canceled(),
        bench.broker.orders,
    )


def test_a_cancel_never_overtakes_its_order() -> None:
    """Sent right behind a slow order, a fast cancel still finds it only once it is there."""
    for seed in range(40):
        config = ExecutionConfig(latency_ms_min=1, latency_ms_max=1_000)
        bench = Bench(config=config, seed=seed)
        order = bench.plain(Side.BUY, "1", limit="99.0")
        bench.cancel(order)
        bench.time(5_000)

        accepted = [each for each in bench.out if isinstance(each, OrderAccepted)]
        assert (1, [(1, "requested")]) == (len(accepted), bench.canceled())


def test_part_of_an_order_survives_the_cancel_of_the_rest() -> None:
    """What was filled stays filled; the cancel says how much was left."""
    bench = Bench()
    bench.book(100.0, 100.2, 0)
    order = bench.plain(Side.BUY, "1", limit="100.2")
    bench.book(((100.0, 5.0),), ((100.2, 0.3), (100.9, 5.0)), 100)
    bench.cancel(order)
    bench.time(200)

    assert (D("0.3"), [(1, "requested")], {}) == (
        bench.quantity,
        bench.canceled(),
        bench.broker.orders,
    )
    bench.check()


def test_wake_is_the_next_arrival() -> None:
    """The broker names the next instant at which something arrives, orders and cancels alike."""
    bench = Bench()
    first = bench.plain(Side.BUY, "1", limit="99.0")
    bench.time(40)
    bench.plain(Side.BUY, "1", limit="98.0")
    assert ns(100) == bench.broker.due_ns()[0]

    bench.time(110)
    bench.cancel(first)
    assert ns(140) == bench.broker.due_ns()[0]
    bench.time(140)
    assert ns(210) == bench.broker.due_ns()[0]
    bench.time(210)
    assert NEVER_NS == bench.broker.due_ns()[0]


def test_a_broker_without_orders_has_nothing_to_wake_for() -> None:
    """No order, no instant."""
    assert NEVER_NS == Bench().broker.due_ns()[0]


def test_orders_are_numbered_for_the_account_not_for_the_session() -> None:
    """Numbers go on where the account's last session stopped; none is used twice."""
    head = AccountHead(wallet=D(10_000))
    head.counters.order, head.counters.fill = 41, 6
    bench = Bench(head=head)
    bench.book(100.0, 100.1, 0)
    bench.enter(Side.BUY, "1", stop="99.0")
    bench.book(100.0, 100.1, 100)

    assert {43} == set(bench.broker.orders)
    assert (42, 7) == (bench.fills()[0].order_id, bench.fills()[0].fill_id)


def carried() -> AccountHead:
    """Return the head of an account that holds a protected long."""
    bench = Bench()
    bench.book(100.0, 100.1, 0)
    bench.enter(Side.BUY, "1", stop="99.0", target="102.0")
    bench.book(100.0, 100.1, 100)
    return AccountHead(
        wallet=bench.account.wallet,
        counters=bench.account.counters,
        positions=(bench.account.position(SYMBOL),),
        trips=tuple(bench.account.trips.values()),
        orders=tuple(bench.broker.orders.values()),
    )


def test_protection_is_carried_to_the_next_session() -> None:
    """Written down and read back, stop and target still cover what is held, and work."""
    head = msgspec.json.decode(msgspec.json.encode(carried()), type=AccountHead)
    bench = Bench(head=head)
    bench.book(98.0, 98.1, 10_000)
    bench.trade(98.5, 10_010)
    bench.book(98.0, 98.1, 10_020)

    assert [("stop", D("98.0"), D(1))] == bench.traded()
    assert {} == bench.broker.orders
    assert D(0) == bench.quantity


def test_a_head_is_not_changed_by_the_broker_that_takes_it_over() -> None:
    """The same head can be taken over twice: what happens to the orders is the broker's alone."""
    head = carried()
    written = msgspec.json.encode(head)
    for _ in range(2):
        bench = Bench(head=head)
        bench.book(98.0, 98.1, 10_000)
        bench.trade(98.5, 10_010)
        bench.book(98.0, 98.1, 10_020)

        assert [("stop", D("98.0"), D(1))] == bench.traded()
    assert written == msgspec.json.encode(head)
