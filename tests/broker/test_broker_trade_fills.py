"""Fills where there are prints and no book: worse than the print, and never before arrival."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.bench import CONFIG, Bench
from tests.support.market import SYMBOL, ns, trade
from trading.broker import trade_fills
from trading.broker.bands import quiet_band
from trading.model.numbers import is_multiple
from trading.model.orders import Liquidity, OrderRole, Side, TimeInForce, TriggerSource

D = Decimal


def test_a_taker_pays_half_a_spread_and_lands_on_the_lattice() -> None:
    """A buy is rounded up, a sell down: never better than the print."""
    bench = Bench()
    bench.plain(Side.BUY, "1")
    bench.plain(Side.SELL, "1")
    bench.trade(86_511.1, 100)

    prices = [fill.price for fill in bench.fills()]

    assert [D("86519.8"), D("86502.4")] == prices
    assert all(is_multiple(price, bench.market.instrument.tick_size) for price in prices)


def test_the_first_print_after_arrival_fills() -> None:
    """Prints stamped before the arrival at 100 do not; the one at 100 does, whatever its size."""
    bench = Bench()
    bench.plain(Side.BUY, "5")
    bench.trade(99.0, 50)
    bench.trade(98.0, 99)
    assert [] == bench.traded()

    bench.trade(100.0, 100, quantity=0.001)

    (fill,) = bench.fills()
    assert (D("100.1"), D(5), Liquidity.TAKER) == (fill.price, fill.quantity, fill.liquidity)


@pytest.mark.parametrize(
    ("side", "through", "touch"),
    [
        (Side.BUY, 98.9, 99.0),
        (Side.SELL, 101.1, 101.0),
    ],
)
def test_a_resting_order_needs_the_price_to_go_through(
    side: Side, through: float, touch: float
) -> None:
    """A print at the price fills nothing, before and after one through it filled a part."""
    bench = Bench()
    bench.plain(side, "1", limit=str(touch))
    bench.trade(100.0, 100)
    bench.trade(touch, 110, quantity=9.0)
    assert [] == bench.traded()

    bench.trade(through, 120, quantity=0.3)
    bench.trade(touch, 130, quantity=9.0)
    assert [("entry", D(str(touch)), D("0.3"))] == bench.traded()
    assert Liquidity.MAKER is bench.fills()[0].liquidity

    bench.trade(through, 140, quantity=0.1)
    assert [D("0.3"), D("0.1")] == [each.quantity for each in bench.fills()]


def test_a_limit_that_crosses_on_arrival_is_a_taker() -> None:
    """At the print, half a spread worse, if that is still within its limit."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="100.1")
    bench.plain(Side.BUY, "1", limit="100.0")
    bench.trade(100.0, 100)

    assert [(1, D("100.1"))] == [(each.order_id, each.price) for each in bench.fills()]
    assert bench.live(OrderRole.ENTRY)[0].is_resting


def test_immediate_or_cancel_does_not_wait() -> None:
    """The first print decides."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="99.0", tif=TimeInForce.IOC)
    bench.trade(100.0, 100)

    assert ([], [(1, "immediate or cancel")]) == (bench.traded(), bench.canceled())


def test_a_stop_fills_at_the_print_after_its_trigger() -> None:
    """Triggered by the print at 98, it fills with the first one 10 ms later, at what that says."""
    bench = Bench()
    bench.enter(Side.BUY, "1", stop="99.0", target="105.0")
    bench.trade(100.0, 100)
    bench.trade(98.0, 200)
    bench.trade(97.5, 209)
    assert D(1) == bench.quantity

    bench.trade(97.0, 210)

    assert ("stop", D("96.9"), D(1)) == bench.traded()[-1]
    assert [(3, "position closed")] == bench.canceled()
    bench.check()


def test_the_print_of_the_entry_triggers_nothing() -> None:
    """What protects an entry is armed by its fill: the very print that filled it came before."""
    bench = Bench()
    bench.enter(Side.BUY, "1", stop="99.0", target="99.5")
    bench.trade(99.4, 100)

    assert [("entry", D("99.5"), D(1))] == bench.traded()
    assert not any(order.is_triggered for order in bench.broker.live(SYMBOL))


def test_a_mark_trigger_is_not_pulled_by_prints() -> None:
    """Where the mark comes from elsewhere, prints do not pull it."""
    bench = Bench()
    bench.enter(Side.BUY, "1", stop="99.0", by=TriggerSource.MARK)
    bench.trade(100.0, 100)
    bench.trade(90.0, 200)

    assert not any(order.is_triggered for order in bench.broker.live(SYMBOL))


def test_a_quiet_band_holds_what_the_fills_do() -> None:
    """A print strictly inside the band changes no order; whatever waits for any print has none.

    Neither does a limit order that has not met its first print: it decides whether it takes,
    rests or is cancelled.
    """
    bench = Bench()
    bench.enter(Side.BUY, "1", stop="99.0", target="105.0")
    assert (float("inf"), float("-inf")) == quiet_band(bench.broker, bench.market)
    bench.trade(100.0, 100)
    assert (99.0, 105.0) == quiet_band(bench.broker, bench.market)

    bench.plain(Side.BUY, "1", limit="99.5")
    bench.time(250)
    assert (float("inf"), float("-inf")) == quiet_band(bench.broker, bench.market)
    bench.trade(100.0, 260)
    assert (99.5, 105.0) == quiet_band(bench.broker, bench.market)

    before = len(bench.out)
    for price in (99.6, 104.9):
        trade_fills.on_trade(bench.broker, bench.market, trade(price), 0, bench.out)
    assert before == len(bench.out)

    bench.trade(99.0, 300)
    assert (float("inf"), float("-inf")) == quiet_band(bench.broker, bench.market)


def test_two_resting_orders_share_one_print() -> None:
    """What one is given of it the other is not: 1.5 printed, 1 and 0.5 filled."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="99.0")
    bench.plain(Side.BUY, "1", limit="99.0")
    bench.trade(100.0, 100)
    bench.trade(98.9, 110, quantity=1.5)

    assert [D(1), D("0.5")] == [fill.quantity for fill in bench.fills()]


def test_matching_stands_still_after_a_settlement() -> None:
    """Neither takers nor what rests nor a stop meets a print of the pause; the next one does."""
    bench = Bench(config=replace(CONFIG, settlement_pause_ms=3_000))
    bench.plain(Side.BUY, "1", limit="99.0")
    bench.trade(100.0, 100)
    bench.broker.pause_matching(ns(1_000))
    bench.plain(Side.BUY, "1")
    bench.trade(98.0, 1_500)
    bench.trade(98.0, 3_999)
    assert [] == bench.traded()

    bench.trade(98.0, 4_000)
    assert [D("99.0"), D("98.1")] == [fill.price for fill in bench.fills()]
