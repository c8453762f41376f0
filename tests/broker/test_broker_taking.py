"""Times in force at the first look: all or nothing, maker or nothing, now or nothing."""

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, Levels
from trading.model.orders import Liquidity, OrderStatus, OrderType, Side, TimeInForce

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
BIDS: Levels = ((99.9, 5.0),)
ASKS: Levels = ((100.0, 0.4), (100.1, 0.6), (100.2, 5.0))
FOK, POST_ONLY = TimeInForce.FOK, TimeInForce.POST_ONLY


def met(limit: str | None, quantity: str, tif: TimeInForce) -> Bench:
    """Return a bench on which a buy has met the book."""
    bench = Bench()
    bench.book(BIDS, ASKS, 0)
    bench.plain(BUY, quantity, limit=limit, tif=tif)
    bench.book(BIDS, ASKS, 100)
    return bench


@pytest.mark.parametrize(
    ("limit", "quantity", "fills"),
    [
        ("100.1", "1", [(D("100.0"), D("0.4")), (D("100.1"), D("0.6"))]),
        ("100.1", "1.0001", []),
        ("100.0", "1", []),
        (None, "6", [(D("100.0"), D("0.4")), (D("100.1"), D("0.6")), (D("100.2"), D(5))]),
        (None, "6.0001", []),
    ],
)
def test_fill_or_kill(
    limit: str | None, quantity: str, fills: list[tuple[Decimal, Decimal]]
) -> None:
    """All of it within the price, level by level, or none of it."""
    bench = met(limit, quantity, FOK)

    assert fills == [(fill.price, fill.quantity) for fill in bench.fills()]
    assert ([] if fills else [(1, "fill or kill")]) == bench.canceled()
    assert {} == bench.broker.orders


def test_who_is_killed_has_taken_nothing() -> None:
    """The next order finds the levels whole."""
    bench = Bench()
    bench.book(BIDS, ASKS, 0)
    bench.plain(BUY, "2", limit="100.1", tif=FOK)
    bench.plain(BUY, "1", limit="100.1")
    bench.book(BIDS, ASKS, 100)

    assert [(2, D("0.4")), (2, D("0.6"))] == [(f.order_id, f.quantity) for f in bench.fills()]


@pytest.mark.parametrize(("limit", "stays"), [("99.9", True), ("100.0", False), ("100.5", False)])
def test_post_only_never_takes(limit: str, *, stays: bool) -> None:
    """If any of it would fill at once it goes away whole; else it rests and is a maker."""
    bench = met(limit, "3", POST_ONLY)
    assert [] == bench.fills()
    assert ([] if stays else [(1, "post-only would have taken")]) == bench.canceled()

    if stays:
        bench.trade(99.8, 200, quantity=9.0)
        assert [Liquidity.MAKER] == [fill.liquidity for fill in bench.fills()]


def test_post_only_looks_at_what_we_left() -> None:
    """A level that our own orders have eaten offers nothing to cross."""
    bench = Bench()
    bench.book(BIDS, ((100.0, 0.4),), 0)
    bench.plain(BUY, "0.4", limit="100.0")
    bench.plain(BUY, "1", limit="100.0", tif=POST_ONLY)
    bench.book(BIDS, ((100.0, 0.4),), 100)

    assert [(1, D("0.4"))] == [(f.order_id, f.quantity) for f in bench.fills()]
    assert [(2, OrderStatus.WORKING)] == [
        (order.order_id, order.status) for order in bench.broker.live(SYMBOL)
    ]


@pytest.mark.parametrize(("tif", "reason"), [(FOK, "fill or kill"), (POST_ONLY, "post-only")])
@pytest.mark.parametrize("source", ["prints", "bars"])
def test_it_is_the_same_without_a_book(tif: TimeInForce, reason: str, source: str) -> None:
    """Prints and bars offer half a spread beyond their price: whole to FOK, too much for a maker.

    An FOK that is not offered its price is killed; a POST_ONLY that is not rests.
    """
    for limit, is_offered in (("101.0", True), ("99.0", False)):
        bench = Bench()
        bench.plain(BUY, "1", limit=limit, tif=tif)
        if source == "prints":
            bench.time(100)
            bench.trade(100.0, 150)
        else:
            bench.candle(0, 100.0, 100.5, 99.5, 100.0)
        goes_away = is_offered is (tif is POST_ONLY)

        assert goes_away is bool(bench.canceled())
        assert all(why.startswith(reason) for _, why in bench.canceled())
        assert (is_offered and tif is FOK) is bool(bench.fills())


@pytest.mark.parametrize("tif", [FOK, POST_ONLY])
def test_a_triggered_limit_looks_first_when_it_is_one(tif: TimeInForce) -> None:
    """A stop-limit's time in force begins with its trigger, not with its arrival."""
    bench = Bench()
    bench.book(BIDS, ASKS, 0)
    order = bench.send(
        OrderType.STOP_LIMIT, BUY, "3", trigger="101.0", price="101.0", time_in_force=tif
    )
    bench.book(BIDS, ASKS, 100)
    assert order.awaits_trigger

    bench.trade(101.0, 150, taker=BUY)
    bench.book(((100.8, 1.0),), ((100.9, 2.0), (101.1, 5.0)), 200)
    assert ([], 1) == (bench.fills(), len(bench.canceled()))


def test_post_only_needs_a_price() -> None:
    """A market order can be nothing but a taker: refused."""
    bench = Bench()
    bench.book(BIDS, ASKS, 0)
    bench.plain(BUY, "1", tif=POST_ONLY)
    bench.time(100)

    assert ["10002"] == bench.rejected()
