"""Fills against a book: takers walk it, makers wait in its queue, stops meet what is there."""

from decimal import Decimal

import pytest

from tests.support.bench import CONFIG, Bench
from tests.support.instant import INSTANT
from tests.support.market import Levels, ns
from trading.config import ExecutionConfig
from trading.model.events import OrderTriggered
from trading.model.orders import Liquidity, OrderRole, Side, TimeInForce, TriggerSource

D = Decimal
ASKS: Levels = ((100.1, 0.5), (100.2, 1.5), (104.0, 4.0))
BIDS: Levels = ((100.0, 1.0), (99.9, 2.0), (96.0, 5.0))


def at_work(bids: Levels | float = BIDS, asks: Levels | float = ASKS) -> Bench:
    """Return a bench with a book, at 0 ms."""
    bench = Bench()
    bench.book(bids, asks, 0)
    return bench


def test_a_taker_pays_each_level_and_its_fee() -> None:
    """One fill a level, each at that level's price, with the taker fee on its notional."""
    bench = at_work()
    bench.plain(Side.BUY, "1")
    bench.book(BIDS, ASKS, 100)

    assert [("entry", D("100.1"), D("0.5")), ("entry", D("100.2"), D("0.5"))] == bench.traded()
    assert [D("0.03003"), D("0.03006")] == [each.fee for each in bench.fills()]
    assert {Liquidity.TAKER} == {each.liquidity for each in bench.fills()}


def test_a_market_order_takes_nothing_beyond_its_protection() -> None:
    """2 % from the best ask is 102.1: the level at 104 is left, the rest waits for a new book."""
    bench = at_work()
    order = bench.plain(Side.BUY, "3")
    bench.book(BIDS, ASKS, 100)
    assert (D(2), D(1)) == (bench.quantity, order.remaining)

    bench.book(BIDS, ((100.3, 9.0),), 200)

    assert ("entry", D("100.3"), D(1)) == bench.traded()[-1]


def test_the_protection_works_for_sells_too() -> None:
    """2 % below the best bid is 98: the level at 96 is left."""
    bench = at_work()
    bench.plain(Side.SELL, "9")
    bench.book(BIDS, ASKS, 100)

    assert D(-3) == bench.quantity


def test_two_orders_do_not_eat_the_same_level() -> None:
    """The second finds what the first left, in this book and in the next that shows the same."""
    bench = at_work()
    bench.plain(Side.BUY, "0.4")
    bench.plain(Side.BUY, "0.4")
    bench.book(BIDS, ASKS, 100)
    bench.plain(Side.BUY, "1.4")
    bench.book(BIDS, ASKS, 200)

    assert [D("0.4"), D("0.1"), D("0.3"), D("1.2")] == [each.quantity for each in bench.fills()]
    assert D("0.2") == bench.live(OrderRole.ENTRY)[0].remaining


@pytest.mark.parametrize(
    ("limit", "expected", "left"),
    [
        ("100.0", [], "1"),
        ("100.1", [("entry", D("100.1"), D("0.5"))], "0.5"),
        ("103.0", [("entry", D("100.1"), D("0.5")), ("entry", D("100.2"), D("0.5"))], "0"),
    ],
)
def test_a_limit_takes_what_it_may_and_rests_with_the_remainder(
    limit: str, expected: list[tuple[str, Decimal, Decimal]], left: str
) -> None:
    """Crossing on arrival it takes at the book's prices, never above its limit; the rest waits."""
    bench = at_work()
    order = bench.plain(Side.BUY, "1", limit=limit)
    bench.book(BIDS, ASKS, 100)

    assert expected == bench.traded()
    assert D(left) == order.remaining
    assert (D(left) > 0) is order.is_resting


@pytest.mark.parametrize("limit", ["100.1", None])
def test_immediate_or_cancel_does_not_wait(limit: str | None) -> None:
    """What the first book does not give is cancelled; a later one gives nothing more."""
    bench = at_work()
    bench.plain(Side.BUY, "9", limit=limit, tif=TimeInForce.IOC)
    bench.book(BIDS, ASKS, 100)
    filled = bench.quantity
    bench.book(BIDS, ((100.1, 99.0),), 200)

    assert D("0.5" if limit else "2") == filled == bench.quantity
    assert ([(1, "immediate or cancel")], {}) == (bench.canceled(), bench.broker.orders)


def resting(ahead: float = 2.0, quantity: str = "1", limit: str = "99.9") -> Bench:
    """Return a bench with a buy resting at 99.9 behind so much, since 100 ms."""
    bids: Levels = ((100.0, 1.0), (99.9, ahead), (99.5, 5.0))
    bench = at_work(bids)
    bench.plain(Side.BUY, quantity, limit=limit)
    bench.book(bids, ASKS, 100)
    assert [] == bench.traded()
    return bench


def test_a_touch_is_no_fill() -> None:
    """Prints at the price go to those ahead in the queue; only what is beyond them reaches us."""
    bench = resting(ahead=2.0)

    bench.trade(99.9, 110, quantity=1.5)
    bench.trade(99.9, 120, quantity=0.5)
    assert [] == bench.traded()

    bench.trade(99.9, 130, quantity=0.4)
    assert [("entry", D("99.9"), D("0.4"))] == bench.traded()

    bench.trade(99.9, 140, quantity=9.0)
    assert [D("0.4"), D("0.6")] == [each.quantity for each in bench.fills()]


def test_a_maker_fills_at_its_own_price_with_the_maker_fee() -> None:
    """Never better than the limit, even when the print went far through it."""
    bench = resting()

    bench.trade(95.0, 110, quantity=9.0)

    (fill,) = bench.fills()
    assert (D("99.9"), D(1), Liquidity.MAKER) == (fill.price, fill.quantity, fill.liquidity)
    assert D("0.01998") == fill.fee
    assert f"queue {ns(110)}" == fill.evidence


def test_a_print_through_the_price_fills_no_more_than_was_printed() -> None:
    """The queue ahead is gone, but 0.3 printed is 0.3 filled."""
    bench = resting(ahead=50.0)

    bench.trade(99.8, 110, quantity=0.3)

    assert [D("0.3")] == [each.quantity for each in bench.fills()]


def test_buyers_do_not_fill_a_resting_buy() -> None:
    """A print whose taker bought took asks: it says nothing about our bid."""
    bench = resting(ahead=0.0)

    bench.trade(99.9, 110, quantity=9.0, taker=Side.BUY)

    assert [] == bench.traded()


def test_a_print_before_the_order_arrived_does_not_fill_it() -> None:
    """Stamped earlier, it was over."""
    bench = at_work()
    bench.plain(Side.BUY, "1", limit="99.9")
    bench.time(100)
    bench.trade(90.0, 99, quantity=9.0)

    assert [] == bench.traded()


def test_the_queue_moves_up_when_the_level_shrinks() -> None:
    """Fewer shown than were thought ahead: that many can be ahead at most."""
    bench = resting(ahead=8.0)
    bench.book(((100.0, 1.0), (99.9, 0.5)), ASKS, 110)

    bench.trade(99.9, 120, quantity=0.7)

    assert [D("0.2")] == [each.quantity for each in bench.fills()]


def test_the_queue_does_not_move_back_when_the_level_grows() -> None:
    """Who joins later stands behind us."""
    bench = resting(ahead=0.5)
    bench.book(((100.0, 1.0), (99.9, 50.0)), ASKS, 110)

    bench.trade(99.9, 120, quantity=0.7)

    assert [D("0.2")] == [each.quantity for each in bench.fills()]


def test_a_price_nobody_shows_has_nobody_ahead() -> None:
    """Inside the window, between two levels, the first print at the price is ours."""
    bench = resting(ahead=2.0, limit="99.7")

    bench.trade(99.7, 110, quantity=0.4)

    assert [D("0.4")] == [each.quantity for each in bench.fills()]


def test_a_price_below_the_window_has_an_unknown_queue() -> None:
    """What is not shown is not assumed empty: prints at it fill nothing until it is seen."""
    bench = resting(limit="99.0")

    bench.trade(99.0, 110, quantity=9.0)
    assert [] == bench.traded()

    bench.book(((99.1, 1.0), (99.0, 0.5)), ASKS, 120)
    bench.trade(99.0, 130, quantity=0.7)
    assert [D("0.2")] == [each.quantity for each in bench.fills()]


def test_the_other_side_coming_to_us_fills_at_our_price() -> None:
    """Asks at or below a resting bid fill it, at its own price, for what they show."""
    bench = resting()

    bench.book(((99.0, 1.0),), ((99.8, 0.3), (99.9, 0.4), (100.0, 9.0)), 110)

    assert [("entry", D("99.9"), D("0.7"))] == bench.traded()


def test_two_resting_orders_share_one_print() -> None:
    """What one print gives is given once, to the older order first."""
    bench = at_work()
    for _ in range(2):
        bench.plain(Side.BUY, "1", limit="99.7")
    bench.book(BIDS, ASKS, 100)

    bench.trade(99.0, 110, quantity=1.4)

    assert [(1, D(1)), (2, D("0.4"))] == [(f.order_id, f.quantity) for f in bench.fills()]


def long(stop: str = "99.0", target: str | None = "103.0", **changes: object) -> Bench:
    """Return a bench that is long 1 from 100.1 since 100 ms, protected."""
    bench = Bench(**changes)  # type: ignore[arg-type]
    bench.book(((100.0, 50.0),), ((100.1, 50.0),), 0)
    bench.enter(Side.BUY, "1", stop=stop, target=target)
    bench.book(((100.0, 50.0),), ((100.1, 50.0),), 100)
    assert D(1) == bench.quantity
    return bench


def test_a_stop_that_gapped_fills_at_the_gapped_price() -> None:
    """The trigger is 99.0; the market offers 95 after the stop's way: 95 it is."""
    bench = long()
    bench.trade(98.0, 200)
    assert [200] == [
        (each.at_ns - ns(0)) // 1_000_000 for each in bench.out if isinstance(each, OrderTriggered)
    ]

    bench.book(((95.0, 50.0),), ((95.5, 50.0),), 210)

    assert ("stop", D("95.0"), D(1)) == bench.traded()[-1]
    assert D(0) == bench.quantity


def test_a_stop_has_a_way_to_go_after_its_trigger() -> None:
    """Triggered at 200, it meets no book stamped before 210."""
    bench = long()
    bench.trade(99.0, 200)
    bench.book(((99.0, 50.0),), ((99.1, 50.0),), 209)
    assert D(1) == bench.quantity

    bench.book(((98.0, 50.0),), ((98.1, 50.0),), 210)
    assert ("stop", D("98.0"), D(1)) == bench.traded()[-1]


def test_only_the_price_itself_triggers() -> None:
    """A tick above the stop, a tick below the target: nothing happens; a book triggers nothing."""
    bench = long()
    bench.trade(99.1, 200)
    bench.trade(102.9, 210)
    bench.book(((90.0, 50.0),), ((90.1, 50.0),), 220)
    bench.mark(90.0, 230)

    assert D(1) == bench.quantity
    assert not [each for each in bench.out if isinstance(each, OrderTriggered)]


def test_a_target_takes_what_the_book_gives() -> None:
    """A take-profit is a market order once its price printed."""
    bench = long()
    bench.trade(103.0, 200)
    bench.book(((102.8, 50.0),), ((103.1, 50.0),), 210)

    assert ("target", D("102.8"), D(1)) == bench.traded()[-1]
    assert [(2, "position closed")] == bench.canceled()


def test_a_mark_trigger_watches_the_mark_alone() -> None:
    """Last and mark are different series: a stop by mark sleeps through a print far beyond it."""
    bench = Bench()
    bench.book(((100.0, 50.0),), ((100.1, 50.0),), 0)
    bench.enter(Side.BUY, "1", stop="99.0", by=TriggerSource.MARK)
    bench.book(((100.0, 50.0),), ((100.1, 50.0),), 100)
    bench.trade(95.0, 200)
    bench.book(((95.0, 50.0),), ((95.1, 50.0),), 300)
    assert D(1) == bench.quantity

    bench.mark(99.0, 310)
    bench.book(((97.0, 50.0),), ((97.1, 50.0),), 320)
    assert ("stop", D("97.0"), D(1)) == bench.traded()[-1]


def test_no_trigger_before_the_order_is_there() -> None:
    """A mark stamped after an order's arrival may be heard before it: the order is in flight."""
    bench = long(stop="99.0", target=None)
    (stop,) = bench.live(OrderRole.STOP)
    bench.broker.drop(stop, "test", ns(100), bench.out)
    request = stop.request
    sent = bench.broker.submit(
        type(request)(
            symbol=request.symbol,
            side=request.side,
            type=request.type,
            quantity=request.quantity,
            role=request.role,
            trigger_price=request.trigger_price,
            trigger_by=TriggerSource.MARK,
            reduce_only=True,
        ),
        bench.market,
        ns(100),
        ns(0),
        bench.out,
    )

    assert sent is not None
    bench.mark(90.0, 150)
    assert not sent.is_triggered

    bench.mark(100.0, 160)
    bench.time(200)
    bench.mark(90.0, 201)
    assert sent.is_triggered


def test_matching_stands_still_after_a_settlement() -> None:
    """Nothing fills in the pause, taker or maker; when it is over, everything goes on."""
    config = ExecutionConfig(
        latency_ms_min=0, latency_ms_max=0, trigger_latency_ms=0, settlement_pause_ms=5_000
    )
    bench = Bench(config=config)
    bench.book(BIDS, ASKS, 0)
    bench.plain(Side.BUY, "0.1", limit="99.7")
    bench.book(BIDS, ASKS, 1)
    bench.broker.pause_matching(ns(10))
    bench.plain(Side.BUY, "0.2")
    bench.book(BIDS, ASKS, 20)
    bench.trade(95.0, 30)
    bench.book(BIDS, ASKS, 5_009)
    assert [] == bench.traded()

    bench.book(BIDS, ASKS, 5_010)
    bench.trade(95.0, 5_011)
    assert [D("0.2"), D("0.1")] == [each.quantity for each in bench.fills()]


def test_without_a_pause_configured_there_is_none() -> None:
    """The default venue does not pause."""
    bench = at_work()
    bench.broker.pause_matching(ns(100))
    bench.plain(Side.BUY, "0.1")
    bench.book(BIDS, ASKS, 100)

    assert (D("0.1"), 0.0) == (bench.quantity, CONFIG.settlement_pause_ms)


def test_what_the_triggering_print_ate_is_gone_for_the_stop() -> None:
    """A book of the print's own stamp may still show it; one stamped later tells for itself."""
    bench = Bench(config=INSTANT)
    bench.book(BIDS, ASKS, 0)
    bench.enter(Side.BUY, "2", stop="99.9")
    bench.book(BIDS, ASKS, 1)
    bench.trade(99.9, 10, quantity=1.5)
    bids: Levels = ((99.9, 2.0), (99.8, 1.2), (99.7, 9.0))
    bench.book(bids, ASKS, 10)

    assert [("stop", D("99.9"), D("0.5")), ("stop", D("99.8"), D("1.2"))] == bench.traded()[2:4]
    assert [("stop", D("99.7"), D("0.3"))] == bench.traded()[4:]
