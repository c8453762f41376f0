"""What happens to orders by itself: times that end or fire them, prices that stir them."""

from copy import deepcopy
from decimal import Decimal
from random import Random

import pytest

from tests.support.bench import Bench
from tests.support.market import ns
from trading.broker.bands import quiet_band
from trading.model.events import OrderExpired, OrderTriggered
from trading.model.numbers import NEVER_NS
from trading.model.orders import (
    Bracket,
    Order,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trail,
)

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
GTD = TimeInForce.GTD


def expired(bench: Bench) -> list[tuple[int, Decimal]]:
    """Return what expired, with what was left of it."""
    return [(each.order_id, each.unfilled) for each in bench.all(OrderExpired)]


def resting(until_ms: float, **fields: object) -> tuple[Bench, Order]:
    """Return a buy of 1 at 99.0 that rests from 100 ms on, good till a date."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    order = bench.send(
        OrderType.LIMIT,
        BUY,
        price="99.0",
        time_in_force=GTD,
        expires_ns=ns(until_ms),
        **fields,  # type: ignore[arg-type]
    )
    bench.book(99.9, 100.1, 100)
    return bench, order


# --- good till date -----------------------------------------------------------------------


def test_an_order_is_over_at_its_date_and_not_before() -> None:
    """A print in the instant before fills it; one in its last instant does not."""
    bench, _ = resting(500)
    bench.trade(98.9, 499, quantity=0.4)
    bench.trade(98.9, 500, quantity=9.0)

    assert [D("0.4")] == [fill.quantity for fill in bench.fills()]
    assert [(1, D("0.6"))] == expired(bench)
    assert {} == bench.broker.orders


def test_silence_ends_an_entry_as_well() -> None:
    """No message need come: the clock is enough."""
    bench, order = resting(500)
    assert ns(500) == bench.broker.due_ns()[1]
    bench.time(500)

    assert ([(1, D(1))], OrderStatus.EXPIRED) == (expired(bench), order.status)
    assert bench.broker.due_ns()[1] == NEVER_NS


def test_an_order_may_be_over_before_it_arrives() -> None:
    """It then never was at the venue."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bench.send(OrderType.LIMIT, BUY, price="101.0", time_in_force=GTD, expires_ns=ns(50))
    bench.book(99.9, 100.1, 100)

    assert ([(1, D(1))], []) == (expired(bench), bench.fills())


def test_what_reduces_waits_for_what_nobody_heard() -> None:
    """While bars have yet to tell of a silence an exit stands; an entry is over by the clock."""
    bench = Bench()
    bench.hold(BUY, "1")
    for side, reduce_only in ((BUY, False), (SELL, True)):
        bench.send(
            OrderType.LIMIT,
            side,
            price="99.0" if side is BUY else "103.0",
            reduce_only=reduce_only,
            time_in_force=GTD,
            expires_ns=ns(500),
        )
    bench.time(300)
    bench.broker.pass_time(ns(600), ns(400), ns(600), bench.out)
    assert [(2, D(1))] == expired(bench)

    bench.broker.pass_time(ns(600), ns(500), ns(600), bench.out)
    assert [(2, D(1)), (3, D(1))] == expired(bench)


def test_a_date_and_its_time_in_force_belong_together() -> None:
    """One without the other is refused, as is a market order's price and the like."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bench.send(OrderType.LIMIT, BUY, price="99.0", expires_ns=ns(500))
    bench.send(OrderType.LIMIT, BUY, price="99.0", time_in_force=GTD)
    bench.send(OrderType.MARKET, BUY, price="99.0")
    bench.send(OrderType.LIMIT, BUY)
    bench.send(OrderType.STOP_MARKET, BUY)
    bench.send(OrderType.LIMIT, BUY, price="99.0", trigger="101.0")
    bench.send(OrderType.TRAILING_STOP, BUY)
    bench.send(OrderType.TIMED_MARKET, BUY)
    bench.time(100)

    assert ["10002"] * 8 == bench.rejected()


# --- timed orders -------------------------------------------------------------------------


def test_a_timed_order_meets_the_market_from_its_time_on() -> None:
    """Not a price moves it; at its instant it does, after the venue's own latency."""
    bench = Bench()
    bench.hold(BUY, "1")
    bench.send(
        OrderType.TIMED_MARKET, SELL, role=OrderRole.TIME_STOP, fires_ns=ns(500), reduce_only=True
    )
    bench.trade(50.0, 300)
    bench.book(99.9, 100.1, 499)
    assert D(1) == bench.quantity

    bench.book(99.8, 100.0, 500)
    bench.book(99.7, 99.9, 510)
    assert [None] == [each.price for each in bench.all(OrderTriggered)]
    assert ("time_stop", D("99.7"), D(1)) == bench.traded()[-1]


def test_a_bracket_can_bound_the_time_in_the_market() -> None:
    """The time counts from the first fill; the stop goes with it when it is over."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bench.send(
        OrderType.MARKET, BUY, bracket=Bracket(stop_price=D("99.0"), hold_ns=1_000 * 1_000_000)
    )
    bench.book(99.9, 100.1, 100)
    bench.book(99.9, 100.1, 1_099)
    assert D(1) == bench.quantity

    bench.time(1_100)
    bench.book(99.9, 100.1, 1_110)
    assert ["entry", "time_stop"] == [role for role, _, _ in bench.traded()]
    assert {} == bench.broker.orders


# --- the quiet band -----------------------------------------------------------------------


def storm(seed: int, *, has_book: bool) -> tuple[Bench, Random]:
    """Return a bench with a random handful of orders of every type, all arrived or on their way."""
    rng = Random(seed)
    bench = Bench(seed=seed)
    if has_book:
        bench.book(99.9, 100.1, 0)
    bench.trade(100.0, 0)
    bench.mark(100.0, 0)
    for _ in range(rng.randint(1, 4)):
        side, away = rng.choice(list(Side)), D(rng.randint(1, 30)) / 10
        kind = rng.choice(list(OrderType))
        level = 100 + side.sign * away * (1 if kind.is_stop else -1)
        fields: dict[str, object] = {}
        if kind is OrderType.TRAILING_STOP:
            activation = rng.choice((None, 100 - side.sign * away))
            fields["trail"] = Trail(callback_bps=D(50), activation_price=activation)
        elif kind is OrderType.TIMED_MARKET:
            fields["fires_ns"] = ns(1_000_000)
        elif kind.is_triggered:
            fields["trigger"] = str(level)
        if kind.has_limit:
            fields["price"] = str(level)
        bench.send(kind, side, **fields)  # type: ignore[arg-type]
        bench.time(bench.now_ms + rng.choice((0, 60, 110)))
    return bench, rng


@pytest.mark.parametrize("has_book", [True, False])
def test_inside_the_quiet_band_no_print_changes_anything(*, has_book: bool) -> None:
    """Over many handfuls of orders: within the band nothing at all, beyond it often something."""
    stirred = quiet = 0
    for seed in range(400):
        bench, rng = storm(seed, has_book=has_book)
        low, high = quiet_band(bench.broker, bench.market)
        for step in range(6):
            price = rng.randint(960, 1_040) / 10
            before = deepcopy((bench.broker.orders, bench.out))
            bench.trade(
                price, bench.now_ms + 0.001 * step, quantity=0.01, taker=rng.choice((BUY, SELL))
            )
            is_same = before == (bench.broker.orders, bench.out)
            if low < price < high:
                quiet += 1
                assert is_same, f"seed {seed}: {price} within {low} to {high}"
            elif not is_same:
                stirred += 1
                break

    assert quiet > 100
    assert stirred > 100


def test_wake_is_the_next_arrival_of_anything() -> None:
    """Orders, changes and cancels on their way, whichever is first; none: no need to wake."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    order = bench.send(OrderType.LIMIT, BUY, price="99.0")
    wakes = [bench.broker.due_ns()[0]]
    bench.time(100)
    wakes.append(bench.broker.due_ns()[0])
    bench.time(150)
    bench.amend(order, price="98.9")
    bench.time(160)
    bench.cancel(order)
    wakes.append(bench.broker.due_ns()[0])
    bench.time(250)
    wakes.append(bench.broker.due_ns()[0])
    bench.time(260)
    wakes.append(bench.broker.due_ns()[0])

    assert [ns(100), NEVER_NS, ns(250), ns(260), NEVER_NS] == wakes
    assert bench.is_idle
