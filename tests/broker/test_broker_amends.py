"""Amendments: row by row what a change does to a live order, and what it costs in the queue."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.bench import CONFIG, Bench
from tests.support.instruments import BTCUSDT
from tests.support.market import SYMBOL, Levels, ns
from trading.model.events import AmendRejected, OrderAmended
from trading.model.instrument import OrderLimits
from trading.model.orders import (
    Liquidity,
    Order,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
    Trail,
)

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
BIDS: Levels = ((99.0, 5.0), (98.9, 7.0), (98.0, 3.0))
KIND = replace(CONFIG, shrinking_keeps_place=True)


def show(bench: Bench, at_ms: float, asks: Levels = ((99.2, 5.0),)) -> None:
    """Show the same bids again."""
    bench.book(BIDS, asks, at_ms)


def resting(quantity: str = "1", *, is_kind: bool = False) -> tuple[Bench, Order]:
    """Return a buy at 99.0 that has worked its way up to 2 ahead of it, out of 5."""
    bench = Bench(config=KIND if is_kind else CONFIG)
    show(bench, 0)
    order = bench.enter(BUY, quantity, stop="97.5", limit="99.0")
    show(bench, 100)
    bench.trade(99.0, 150, quantity=3.0)
    assert 2.0 == order.queue_ahead
    return bench, order


def refusals(bench: Bench) -> list[str]:
    """Return the codes of refused changes."""
    return [each.code for each in bench.all(AmendRejected)]


def test_a_new_price_is_a_new_place() -> None:
    """Behind everybody at the new price, once the venue has shown a book since."""
    bench, order = resting()
    bench.amend(order, price="98.9")
    bench.time(250)
    assert (D("98.9"), False) == (order.request.price, order.is_resting)
    bench.trade(98.5, 260, quantity=50.0)
    assert [] == bench.fills()

    show(bench, 300)
    assert (True, 7.0) == (order.is_resting, order.queue_ahead)
    (amended,) = bench.all(OrderAmended)
    assert (D("98.9"), D(1), False) == (amended.price, amended.quantity, amended.keeps_place)


def test_until_it_arrives_the_order_stands_as_it_was() -> None:
    """A change takes its way like an order; a fill may come first."""
    bench, order = resting()
    bench.amend(order, price="98.0")
    bench.trade(98.9, 249, quantity=0.4)
    bench.time(250)

    assert [D("0.4")] == [fill.quantity for fill in bench.fills()]
    assert (D("98.0"), D("0.6"), OrderStatus.PART_FILLED) == (
        order.request.price,
        order.remaining,
        order.status,
    )


def test_a_changed_order_meets_nothing_older_than_its_change() -> None:
    """It waits for its first book: one stamped before the change, and heard late, is none."""
    bench = Bench()
    show(bench, 0)
    order = bench.plain(BUY, "1", limit="99.0")
    bench.amend(order, price="99.5")
    bench.time(100)
    bench.amend(order, price="99.4")
    bench.time(250)
    show(bench, 199)
    assert ([], False) == (bench.fills(), order.is_resting)

    show(bench, 200)
    assert [D("99.2")] == [fill.price for fill in bench.fills()]


def test_a_target_moved_is_not_reached_by_what_was_before() -> None:
    """A print heard late, at the new price, before it was there; a stop takes no such excuse."""
    bench = Bench()
    bench.hold(BUY, "1")
    bench.trade(100.0, 100)
    kinds = (
        (OrderType.TAKE_PROFIT_MARKET, OrderRole.TARGET, "110.0", "105.0"),
        (OrderType.STOP_MARKET, OrderRole.STOP, "95.0", "97.0"),
    )
    for kind, role, before, after in kinds:
        order = bench.send(kind, SELL, role=role, trigger=before, reduce_only=True)
        bench.time(bench.now_ms + 100)
        bench.amend(order, trigger=after)
        bench.time(bench.now_ms + 100)
    target, stop = bench.broker.live(SYMBOL)
    bench.trade(106.0, 299)
    bench.trade(96.0, 499)

    assert (False, True) == (target.is_triggered, stop.is_triggered)


def test_a_price_that_crosses_trades_there() -> None:
    """It meets the next book as a taker, up to its new price, and rests with what is left."""
    bench, order = resting()
    bench.amend(order, price="99.3")
    bench.time(250)
    show(bench, 300, ((99.2, 0.7), (99.4, 9.0)))

    assert [(D("99.2"), D("0.7"), Liquidity.TAKER)] == [
        (f.price, f.quantity, f.liquidity) for f in bench.fills()
    ]
    assert order.is_resting


@pytest.mark.parametrize(
    ("quantity", "is_kind", "ahead"),
    [("0.5", True, 2.0), ("0.5", False, 5.0), ("1.5", True, 5.0), ("1.5", False, 5.0)],
)
def test_size_and_place(quantity: str, *, is_kind: bool, ahead: float) -> None:
    """A smaller order keeps its place where the venue lets it; a larger one never does."""
    bench, order = resting(is_kind=is_kind)
    bench.amend(order, quantity=quantity)
    bench.time(250)
    show(bench, 300)

    assert (D(quantity), ahead) == (order.quantity, order.queue_ahead)
    assert [ahead == 2.0] == [each.keeps_place for each in bench.all(OrderAmended)]


def test_a_smaller_size_at_another_price_keeps_nothing() -> None:
    """Kindness is for the size alone."""
    bench, order = resting(is_kind=True)
    bench.amend(order, quantity="0.5", price="98.9")
    show(bench, 300)

    assert 7.0 == order.queue_ahead


def test_down_to_what_is_filled_is_a_cancel() -> None:
    """Nothing is left to trade, and nothing filled is undone."""
    bench, order = resting()
    bench.trade(98.9, 200, quantity=0.4)
    bench.amend(order, quantity="0.4")
    bench.time(300)

    assert [(1, "amended down to what is filled")] == bench.canceled()
    assert (OrderStatus.CANCELED, D("0.4")) == (order.status, bench.quantity)


def test_a_trigger_moves_or_is_refused_where_it_would_act() -> None:
    """A stop waits at its new price; one beyond the market is refused, and the old one stands."""
    bench = Bench()
    bench.hold(BUY, "1")
    bench.trade(100.0, 100)
    order = bench.send(OrderType.STOP_MARKET, SELL, trigger="98.0", reduce_only=True)
    bench.time(200)
    bench.amend(order, trigger="99.0")
    bench.time(300)
    bench.amend(order, trigger="100.5")
    bench.time(400)

    assert (["30005"], D("99.0")) == (refusals(bench), order.request.trigger_price)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": "98.95"}, "10002"),
        ({"price": "150.0"}, "30014"),
        ({"quantity": "0.00005"}, "10002"),
        ({"quantity": "2000"}, "30013"),
        ({"trigger": "98.0"}, "10002"),
        ({"price": "97.0"}, "30035"),
    ],
)
def test_what_is_illegal_changes_nothing(change: dict[str, str], code: str) -> None:
    """Lattice, band, size and shape hold for a change as for an order; its place is not lost."""
    bench, order = resting()
    bench.mark(99.0, 160)
    before = (order.request, order.quantity, order.queue_ahead)
    bench.amend(order, **change)
    bench.time(300)

    assert [code] == refusals(bench)
    assert before == (order.request, order.quantity, order.queue_ahead)


def test_what_covers_a_position_takes_no_size_of_its_own() -> None:
    """Nor has a trail a trigger to move, nor a market order a price."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bench.enter(BUY, "1", stop="98.0")
    bench.book(99.9, 100.1, 100)
    trail = bench.send(
        OrderType.TRAILING_STOP, SELL, trail=Trail(callback_bps=D(50)), reduce_only=True
    )
    bench.time(200)
    stop = bench.broker.orders[2]
    bench.amend(stop, quantity="0.5")
    bench.amend(stop, price="98.0")
    bench.amend(trail, trigger="98.0")
    bench.time(300)
    assert ["10002"] * 3 == refusals(bench)

    bench.trade(98.0, 400)
    bench.amend(stop, trigger="97.0")
    bench.time(500)
    assert [*["10002"] * 3, "30011"] == refusals(bench)


def test_changes_arrive_in_the_order_they_were_sent() -> None:
    """The last word stands; a cancel behind them comes last of all."""
    bench, order = resting()
    bench.amend(order, price="98.9")
    bench.amend(order, price="98.8")
    bench.cancel(order)
    bench.time(250)

    assert [D("98.9"), D("98.8")] == [each.price for each in bench.all(OrderAmended)]
    assert OrderStatus.CANCELED is order.status


def test_a_change_sent_at_once_arrives_behind_its_order() -> None:
    """It never overtakes what it is about."""
    bench = Bench()
    show(bench, 0)
    order = bench.plain(BUY, "1", limit="99.0")
    bench.amend(order, price="98.0")
    assert ns(100) == order.amendments[0].arrival_ns

    show(bench, 100)
    assert (D("98.0"), 3.0) == (order.request.price, order.queue_ahead)


def test_a_change_of_what_is_gone_is_refused() -> None:
    """The fill was first: the venue knows the order no more, and says how it ended."""
    bench, order = resting()
    bench.amend(order, price="98.0")
    bench.trade(98.0, 200, quantity=50.0)

    (refused,) = bench.all(AmendRejected)
    assert ("20007", "the order is filled") == (refused.code, refused.detail)
    assert order.order_id not in bench.broker.orders


def test_changes_count_against_the_venues_rate() -> None:
    """One request too many in its window is refused, and the order stands."""
    limits = OrderLimits(requests_max=2, window_ms=1_000)
    bench = Bench(instrument=replace(BTCUSDT, order_limits=limits))
    show(bench, 0)
    order = bench.plain(BUY, "1", limit="99.0")
    bench.amend(order, price="98.9")
    bench.amend(order, price="98.8")
    bench.time(100)

    assert (["10006"], D("98.9")) == (refusals(bench), order.request.price)
    assert (order,) == bench.broker.live(SYMBOL)
