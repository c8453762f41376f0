"""The venues' worked examples against the house: positions, fees, funding, queue, gaps, rates."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reports.statistics import wilson
from tests.support.bench import Bench
from tests.support.instant import INSTANT
from tests.support.instruments import BTCUSDT
from tests.vectors import facts
from trading.account.funding import funding_payment
from trading.account.position import Position
from trading.model.orders import OrderRole, Side

D = Decimal


@pytest.mark.parametrize("row", facts.AVERAGE_ENTRIES)
def test_average_entry(row: facts.AverageEntry) -> None:
    """Increases average by quantity, exactly."""
    position = Position(symbol="BTCUSDT")
    for quantity, price in row.buys:
        position.increase(Side.BUY, price, quantity)

    assert (row.entry, row.quantity) == (position.average_entry, position.quantity)


@pytest.mark.parametrize("row", facts.PROFITS)
def test_unrealised_profit(row: facts.Profit) -> None:
    """Side times quantity times the way from the entry, exactly."""
    position = Position(symbol="BTCUSDT")
    position.increase(Side.BUY if row.is_long else Side.SELL, row.entry, row.quantity)

    assert row.profit == position.unrealised(row.price)


@pytest.mark.parametrize("row", facts.FEES)
def test_fee_of_a_fill(row: facts.Fee) -> None:
    """A taker pays its rate of the notional, and the wallet shows it."""
    rated = replace(BTCUSDT, taker_fee_rate=row.rate)
    bench = Bench(config=INSTANT, instrument=rated)
    bench.plain(Side.BUY, row.quantity)
    bench.book(float(row.price) - 0.1, float(row.price), at_ms=1)

    assert [row.fee] == [fill.fee for fill in bench.fills()]
    assert D(10_000) - row.fee == bench.account.wallet


@pytest.mark.parametrize("row", facts.SETTLEMENTS)
def test_funding_of_a_real_settlement(row: facts.Settlement) -> None:
    """Minus signed quantity times mark times rate."""
    assert row.cash == funding_payment(row.quantity, row.mark, row.rate)


def test_closed_profit() -> None:
    """Short 0.4 from 6,000 to 5,000, fees 0.055 %, funding paid 2.10: 395.48 (Bybit help copy)."""
    rated = replace(BTCUSDT, taker_fee_rate=D("0.00055"))
    bench = Bench(config=INSTANT, instrument=rated)
    bench.plain(Side.SELL, "0.4")
    bench.book(6000.0, 6000.1, at_ms=1)
    bench.time(2)
    bench.leave("0.4", Side.BUY)
    bench.book(4999.9, 5000.0, at_ms=3)
    before_funding = bench.account.wallet - D(10_000)

    assert [D("1.32"), D("1.10")] == [fill.fee for fill in bench.fills()]
    assert D("395.48") == before_funding - D("2.10")


def test_queue_is_served_before_us() -> None:
    """``nautilus_queue``: 100 ahead, we bid 50; prints of 80, 30, 50 give 0, 10, 40."""
    bench = Bench(config=INSTANT)
    bench.plain(Side.BUY, "50", limit="100.0")
    bench.book(((100.0, 100.0),), ((100.1, 5.0),), at_ms=1)
    got = []
    for number, printed in enumerate((80.0, 30.0, 50.0)):
        before = bench.quantity
        bench.trade(100.0, at_ms=2 + number, quantity=printed, taker=Side.SELL)
        got.append(bench.quantity - before)

    assert [D(0), D(10), D(40)] == got


@pytest.mark.parametrize(
    ("opened", "low", "least", "most"),
    [
        pytest.param(90.0, 88.0, "90", "90", id="nautilus_gap_stop"),
        pytest.param(102.0, 98.0, "98", "100", id="nautilus_through_stop"),
    ],
)
def test_stop_of_a_bar(opened: float, low: float, least: str, most: str) -> None:
    """A bar that opens beyond a sell stop at 100 fills it at its open; one through it, at 100.

    Or worse: by half a spread. Here there is none, so that the gap's fill is 90 to the digit.
    """
    bench = Bench(config=replace(INSTANT, half_spread_bps=0.0))
    bench.enter(Side.BUY, "1", stop="100")
    bench.candle(0, 105.0, 105.0, 105.0, 105.0)
    bench.candle(1, opened, max(opened, 103.0), low, low)
    stops = [fill.price for fill in bench.fills() if fill.role is OrderRole.STOP]

    assert 1 == len(stops)
    assert D(least) <= stops[0] <= D(most)


def test_wilson_interval() -> None:
    """``wilson_1``: 12 of 20 at z 1.96 lie between 0.386578 and 0.781196 (ours: z 1.95996)."""
    assert pytest.approx((0.386578, 0.781196), abs=1e-5) == wilson(12, 20)
