"""Triggers: which price pulls which order, what follows, and how a trail goes after the market."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bench import Bench
from tests.support.market import SYMBOL, Levels, ns
from trading.broker.triggers import trail_trigger
from trading.model.events import OrderTriggered, TriggerMoved
from trading.model.orders import (
    Liquidity,
    Order,
    OrderRole,
    OrderType,
    Side,
    TimeInForce,
    Trail,
    TriggerSource,
)

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
TICK = D("0.1")
HALF_PERCENT = Trail(callback_bps=D(50))


def quiet(price: float = 100.0) -> Bench:
    """Return a bench at a price that every series agrees on, with a deep book around it."""
    bench = Bench()
    bench.book(price - 0.1, price + 0.1, 0)
    bench.trade(price, 0)
    bench.mark(price, 0)
    return bench


def waiting(bench: Bench, kind: OrderType, side: Side, **fields: object) -> Order:
    """Send an order that waits, and let it arrive, 100 ms on."""
    order = bench.send(kind, side, **fields)  # type: ignore[arg-type]
    bench.time(bench.now_ms + 100)
    assert order.awaits_trigger
    return order


def triggered(bench: Bench) -> list[tuple[int, Decimal | None]]:
    """Return what was triggered, and by which price."""
    return [(each.order_id, each.price) for each in bench.all(OrderTriggered)]


# --- which price pulls what ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "short_of_it", "at_it", "beyond"),
    [
        (OrderType.STOP_MARKET, BUY, "101.0", 100.9, 101.0, 101.5),
        (OrderType.STOP_MARKET, SELL, "99.0", 99.1, 99.0, 98.5),
        (OrderType.STOP_LIMIT, BUY, "101.0", 100.9, 101.0, 101.5),
        (OrderType.STOP_LIMIT, SELL, "99.0", 99.1, 99.0, 98.5),
        (OrderType.TAKE_PROFIT_MARKET, BUY, "99.0", 99.1, 99.0, 98.5),
        (OrderType.TAKE_PROFIT_MARKET, SELL, "101.0", 100.9, 101.0, 101.5),
        (OrderType.TAKE_PROFIT_LIMIT, BUY, "99.0", 99.1, 99.0, 98.5),
        (OrderType.TAKE_PROFIT_LIMIT, SELL, "101.0", 100.9, 101.0, 101.5),
    ],
)
def test_a_trigger_is_pulled_at_its_price_and_beyond(
    kind: OrderType, side: Side, trigger: str, short_of_it: float, at_it: float, beyond: float
) -> None:
    """One tick short of it nothing happens; at it or beyond, in its own direction, it is pulled."""
    price = trigger if kind.has_limit else None
    for print_, is_pulled in ((short_of_it, False), (at_it, True), (beyond, True)):
        bench = quiet()
        order = waiting(bench, kind, side, trigger=trigger, price=price)
        bench.trade(print_, 200)

        assert ([(order.order_id, D(str(print_)))] if is_pulled else []) == triggered(bench)
        assert order.is_triggered is is_pulled


@pytest.mark.parametrize("source", list(TriggerSource))
def test_an_order_watches_its_own_series_only(source: TriggerSource) -> None:
    """Last, mark or index: the two others may go where they like."""
    bench = quiet()
    waiting(bench, OrderType.STOP_MARKET, SELL, trigger="99.0", trigger_by=source)
    others = {each: 98.0 for each in TriggerSource if each is not source}

    bench.trade(others.get(TriggerSource.LAST, 100.0), 200)
    bench.mark(
        others.get(TriggerSource.MARK, 100.0), 210, index=others.get(TriggerSource.INDEX, 100.0)
    )
    assert [] == triggered(bench)

    prices = others | {source: 98.9}
    bench.trade(prices[TriggerSource.LAST], 220) if source is TriggerSource.LAST else bench.mark(
        prices[TriggerSource.MARK], 220, index=prices[TriggerSource.INDEX]
    )
    assert [(1, D("98.9"))] == triggered(bench)


def test_every_print_counts_not_the_last_of_them() -> None:
    """One print of a wick between two books pulls the stop, though the price is back at once."""
    bench = quiet()
    waiting(bench, OrderType.STOP_MARKET, SELL, trigger="99.0")

    for at_ms, price in ((200, 99.5), (201, 99.0), (202, 99.8)):
        bench.trade(price, at_ms)
    bench.book(99.7, 99.9, 300)

    assert [(1, D("99.0"))] == triggered(bench)
    assert [("entry", D("99.7"), D(1))] == bench.traded()


def test_a_gap_is_paid_for() -> None:
    """A stop fills at what is offered after its own latency, however far beyond the trigger."""
    bench = quiet()
    waiting(bench, OrderType.STOP_MARKET, SELL, trigger="99.0")
    bench.trade(95.0, 200)

    bench.book(94.9, 95.1, 209)
    assert [] == bench.traded()
    bench.book(94.0, 94.2, 210)
    assert [("entry", D("94.0"), D(1))] == bench.traded()


def test_what_is_reached_on_arrival_is_refused() -> None:
    """A trigger that lies behind the market would act at once: the venue says no."""
    for kind, side, trigger in (
        (OrderType.STOP_MARKET, SELL, "100.0"),
        (OrderType.TAKE_PROFIT_MARKET, SELL, "100.0"),
        (OrderType.STOP_MARKET, BUY, "99.9"),
        (OrderType.TAKE_PROFIT_MARKET, BUY, "100.1"),
    ):
        bench = quiet()
        bench.send(kind, side, trigger=trigger)
        bench.time(100)

        assert ["30005"] == bench.rejected()


def test_an_index_that_is_not_told_cannot_be_watched() -> None:
    """Not on the order itself, nor on the bracket it brings: it would wait for ever."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bench.send(OrderType.STOP_MARKET, SELL, trigger="99.0", trigger_by=TriggerSource.INDEX)
    bench.enter(BUY, "1", stop="99.0", by=TriggerSource.INDEX)
    bench.time(100)

    assert ["10002", "10002"] == bench.rejected()


# --- limits behind a trigger --------------------------------------------------------------


def test_a_stop_limit_takes_what_is_within_its_price_and_no_more() -> None:
    """After the trigger it is a limit order: two levels are within, the third is not."""
    bench = quiet()
    waiting(bench, OrderType.STOP_LIMIT, BUY, trigger="101.0", price="101.2")
    asks: Levels = ((101.1, 0.3), (101.2, 0.2), (101.3, 9.0))
    bench.trade(101.0, 200)
    bench.book(((100.9, 5.0),), asks, 210)

    assert [("entry", D("101.1"), D("0.3")), ("entry", D("101.2"), D("0.2"))] == bench.traded()
    assert D("0.5") == bench.broker.live(SYMBOL)[0].remaining


def test_a_gap_leaves_a_stop_limit_unfilled() -> None:
    """The price it protects against went by; it rests, and trades as a maker if that comes back."""
    bench = quiet()
    order = waiting(bench, OrderType.STOP_LIMIT, SELL, trigger="99.0", price="98.9")
    bench.trade(95.0, 200)
    bench.book(94.9, 95.1, 300)
    assert [] == bench.traded()
    assert order.is_resting

    bench.trade(99.0, 400, taker=BUY)
    (fill,) = bench.fills()
    assert (D("98.9"), Liquidity.MAKER) == (fill.price, fill.liquidity)


def test_a_take_profit_limit_waits_as_a_maker_where_it_was_reached() -> None:
    """The print that reaches it is not its own; the queue at its price is, then a print beyond."""
    bench = quiet()
    order = waiting(bench, OrderType.TAKE_PROFIT_LIMIT, SELL, trigger="101.0", price="101.0")
    bench.trade(101.0, 200, taker=BUY)
    bench.book(((100.9, 5.0),), ((101.0, 2.0),), 210)
    assert (True, 2.0) == (order.is_resting, order.queue_ahead)

    bench.trade(101.0, 220, quantity=2.5, taker=BUY)
    bench.trade(101.1, 230, quantity=9.0, taker=BUY)

    assert [(D("101.0"), D("0.5")), (D("101.0"), D("0.5"))] == [
        (fill.price, fill.quantity) for fill in bench.fills()
    ]
    assert {Liquidity.MAKER} == {fill.liquidity for fill in bench.fills()}


def test_a_stop_limit_may_be_immediate_or_cancel() -> None:
    """What its first book does not offer is gone, and only from then on."""
    bench = quiet()
    waiting(
        bench,
        OrderType.STOP_LIMIT,
        BUY,
        trigger="101.0",
        price="101.2",
        time_in_force=TimeInForce.IOC,
    )
    bench.book(99.9, 100.1, 150)
    bench.trade(101.0, 200)
    bench.book(((100.9, 5.0),), ((101.1, 0.3), (101.3, 9.0)), 210)

    assert [("entry", D("101.1"), D("0.3"))] == bench.traded()
    assert [(1, "immediate or cancel")] == bench.canceled()


# --- trailing stops -----------------------------------------------------------------------


def test_a_trail_follows_and_never_goes_back() -> None:
    """Every better price moves it, every other leaves it, and the first at its trigger pulls it."""
    bench = Bench()
    bench.hold(BUY, "1")
    order = bench.send(
        OrderType.TRAILING_STOP, SELL, role=OrderRole.TRAIL, trail=HALF_PERCENT, reduce_only=True
    )
    bench.time(200)
    triggers: list[Decimal | None] = []
    for at_ms, price in enumerate((100.0, 101.0, 100.6, 102.0, 101.6), start=300):
        bench.trade(price, at_ms)
        triggers.append(order.request.trigger_price)
    assert [D("99.5"), D("100.4"), D("100.4"), D("101.4"), D("101.4")] == triggers
    assert [D("99.5"), D("100.4"), D("101.4")] == [
        each.trigger_price for each in bench.all(TriggerMoved)
    ]

    bench.trade(101.4, 400)
    bench.book(101.3, 101.5, 410)
    assert [(order.order_id, D("101.4"))] == triggered(bench)
    assert ("trail", D("101.3"), D(1)) == bench.traded()[-1]


def test_a_trail_for_a_short_is_the_mirror() -> None:
    """It follows the lowest price from above."""
    bench = quiet()
    order = waiting(bench, OrderType.TRAILING_STOP, BUY, trail=HALF_PERCENT)
    for at_ms, price in enumerate((100.0, 98.0, 98.4), start=200):
        bench.trade(price, at_ms)

    assert D("98.5") == order.request.trigger_price
    bench.trade(98.5, 300)
    assert [(1, D("98.5"))] == triggered(bench)


def test_a_trail_sleeps_until_its_activation() -> None:
    """Asleep it neither follows nor triggers, whatever the price does."""
    bench = quiet()
    trail = Trail(callback_bps=D(50), activation_price=D("102.0"))
    order = waiting(bench, OrderType.TRAILING_STOP, SELL, trail=trail)
    for at_ms, price in enumerate((101.9, 90.0, 101.0), start=200):
        bench.trade(price, at_ms)
    assert (None, None, []) == (order.best_price, order.request.trigger_price, triggered(bench))

    bench.trade(102.0, 300)
    assert (102.0, D("101.4")) == (order.best_price, order.request.trigger_price)
    bench.trade(101.4, 301)
    assert [(1, D("101.4"))] == triggered(bench)


def test_a_trail_watches_the_series_it_names() -> None:
    """By mark: prints neither move nor pull it."""
    bench = quiet()
    order = waiting(
        bench, OrderType.TRAILING_STOP, SELL, trail=HALF_PERCENT, trigger_by=TriggerSource.MARK
    )
    bench.mark(100.0, 200)
    bench.trade(110.0, 210)
    bench.trade(90.0, 220)
    assert (100.0, []) == (order.best_price, triggered(bench))

    bench.mark(99.5, 230)
    assert [(1, D("99.5"))] == triggered(bench)


@given(
    st.sampled_from(list(Side)),
    st.integers(min_value=10, max_value=1_000),
    st.lists(st.integers(min_value=900, max_value=1_100), min_size=1, max_size=40),
)
def test_a_trail_is_where_the_best_price_says(side: Side, bps: int, ticks: list[int]) -> None:
    """Over any path: it is pulled by the first price that far from the best so far, none else."""
    trail = Trail(callback_bps=D(bps))
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    order = bench.send(OrderType.TRAILING_STOP, side, trail=trail)
    bench.time(100)
    best: int | None = None
    pulled_by: int | None = None
    for step, tick in enumerate(ticks):
        is_better = best is None or (tick - best) * side.sign < 0
        if is_better:
            best = tick
        assert best is not None
        trigger = trail_trigger(trail, side, best / 10, TICK)
        is_there = (D(tick) / 10 - trigger) * side.sign >= 0
        bench.trade(tick / 10, 101 + step)
        if not is_better and is_there:
            pulled_by = tick
            break
        assert order.request.trigger_price == trigger

    assert ([] if pulled_by is None else [(1, D(pulled_by) / 10)]) == triggered(bench)


@pytest.mark.parametrize("side", list(Side))
def test_a_trails_trigger_is_rounded_away_from_the_market(side: Side) -> None:
    """Never nearer than its callback says, and less than a tick further."""
    for tick in range(900, 1_100):
        best = tick / 10
        trigger = trail_trigger(HALF_PERCENT, side, best, TICK)
        exact = D(tick) / 10 * (1 + side.sign * D("0.005"))

        assert 0 <= (trigger - exact) * side.sign < TICK


# --- close-position -----------------------------------------------------------------------


def test_close_position_takes_what_is_open_when_it_is_triggered() -> None:
    """Sent for one, it closes the three that are held by then."""
    bench = Bench()
    bench.hold(BUY, "1")
    order = bench.send(
        OrderType.STOP_MARKET,
        SELL,
        "1",
        role=OrderRole.EXIT,
        trigger="99.0",
        close_position=True,
    )
    bench.trade(100.0, 150)
    bench.plain(BUY, "2")
    bench.book(99.9, 100.1, 250, size=50.0)
    assert (D(3), D(3)) == (bench.quantity, order.quantity)

    bench.trade(99.0, 300)
    bench.book(98.9, 99.1, 310)
    assert D(0) == bench.quantity
    assert ("exit", D("98.9"), D(3)) == bench.traded()[-1]
    assert {} == bench.broker.orders


def test_an_exit_closes_what_fills_while_it_is_on_its_way() -> None:
    """Decided on 0.4, it meets 0.9: the whole position is what it was sent for."""
    bench = Bench()
    bids: Levels = ((100.0, 50.0),)
    bench.book(bids, ((100.1, 0.4),), 0)
    bench.plain(BUY, "1", limit="100.1")
    bench.book(bids, ((100.1, 0.4),), 100)
    bench.send(OrderType.MARKET, SELL, "0.4", role=OrderRole.EXIT, close_position=True)
    bench.book(bids, ((100.1, 0.5),), 150)
    assert D("0.9") == bench.quantity

    bench.book(bids, ((100.2, 9.0),), 200)
    assert ("exit", D("100.0"), D("0.9")) == bench.traded()[-1]
    assert {} == bench.broker.orders


def test_a_trigger_not_yet_there_sees_nothing() -> None:
    """An order on its way is not at the venue: prints before its arrival pull nothing."""
    bench = quiet()
    order = bench.send(OrderType.STOP_MARKET, SELL, trigger="99.0")
    bench.trade(98.0, 50)
    bench.trade(100.0, 99)
    bench.time(100)

    assert ([], ns(100)) == (triggered(bench), order.arrival_exchange_ns)
    assert order.awaits_trigger
