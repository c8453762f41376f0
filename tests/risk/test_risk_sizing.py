"""Sizing: the loss at the stop, fees of both ways included, is what was meant to be risked."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.instruments import BINANCE_BTCUSDT, BTCUSDT, BTCUSDT_TIERED, ETHUSDT, FREE
from trading.account.margin import notional_most
from trading.account.order_cost import order_cost
from trading.model.instrument import Instrument
from trading.model.numbers import ZERO, floor_to_step, is_multiple
from trading.model.sides import Side
from trading.risk.sizing import FREE_SHARE_MOST, size_affordable, size_at_risk

D = Decimal


@pytest.mark.parametrize(
    ("instrument", "stop", "expected"),
    [
        (FREE, "49500", "0.2"),
        (FREE, "50500", "0.2"),
        (BTCUSDT, "49500", "0.1786"),
        (BTCUSDT, "50500", "0.1784"),
        (BTCUSDT, "49975", "1.1766"),
        (ETHUSDT, "49500", "0.177"),
    ],
)
def test_one_percent_of_ten_thousand(instrument: Instrument, stop: str, expected: str) -> None:
    """100 USDT over the distance and, where there are any, over the fees of entry and stop.

    With a stop 5 bps away the fees are most of the loss: without them it would be 4 BTC.
    """
    size = size_at_risk(instrument, D(10_000), D(1), D(50_000), D(stop))

    assert D(expected) == size


@given(
    equity=st.integers(100, 10**9).map(lambda cents: D(cents) / 100),
    risk=st.integers(1, 200).map(lambda hundredths: D(hundredths) / 100),
    price=st.integers(10_000, 10**6).map(lambda ticks: D(ticks) / 10),
    distance=st.integers(-9_000, 9_000).filter(bool).map(lambda ticks: D(ticks) / 10),
)
def test_the_loss_at_the_stop_is_within_one_lot_of_the_risk(
    equity: Decimal, risk: Decimal, price: Decimal, distance: Decimal
) -> None:
    """Never more than was meant, and one lot step more would be."""
    stop = price + distance
    quantity = size_at_risk(BTCUSDT, equity, risk, price, stop)
    allowed = equity * risk / 100

    def loss(size: Decimal) -> Decimal:
        return size * abs(distance) + size * (price + stop) * BTCUSDT.taker_fee_rate

    assert is_multiple(quantity, BTCUSDT.quantity_step)
    assert loss(quantity) <= allowed < loss(quantity + BTCUSDT.quantity_step)


@pytest.mark.parametrize("instrument", [BTCUSDT, BTCUSDT_TIERED, BINANCE_BTCUSDT, ETHUSDT])
@given(
    side=st.sampled_from(Side),
    lots=st.integers(0, 10**7),
    price=st.integers(10_000, 10**6).map(lambda ticks: D(ticks) / 10),
    free=st.integers(-(10**6), 10**9).map(lambda cents: D(cents) / 100),
    leverage=st.integers(1, 125),
)
def test_what_is_wanted_is_had_as_far_as_it_can_be_paid(
    instrument: Instrument, side: Side, lots: int, price: Decimal, free: Decimal, leverage: int
) -> None:
    """All of it where its cost and its tier allow it; else the most they do, in lot steps."""
    step = instrument.quantity_step
    cost = order_cost(instrument, side, D(1), price, leverage).total
    most = max(ZERO, free) * FREE_SHARE_MOST / cost
    by_tier = notional_most(instrument, leverage)
    if by_tier is not None:
        most = min(most, by_tier / price)

    found = size_affordable(instrument, side, lots * step, price, free, leverage)

    assert min(lots * step, floor_to_step(most, step)) == found
