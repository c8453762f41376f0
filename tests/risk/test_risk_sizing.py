"""Sizing: the loss at the stop, fees of both ways included, is what was meant to be risked."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.instruments import BTCUSDT, ETHUSDT, FREE
from trading.model.instrument import Instrument
from trading.model.numbers import is_multiple
from trading.risk.sizing import size_at_risk

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
