"""How much to trade: so that the stop costs what was meant to be risked, fees included."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from trading.account.margin import notional_most
from trading.account.order_cost import order_cost
from trading.model.instrument import Instrument
from trading.model.numbers import ZERO, floor_to_step
from trading.model.orders import Side

FREE_SHARE_MOST: Final = Decimal("0.98")
"""How much of what is free one entry may cost: the rest is for the market to move on the way."""
COIN: Final = Decimal(1)


def size_at_risk(
    instrument: Instrument, equity: Decimal, risk_pct: Decimal, price: Decimal, stop: Decimal
) -> Decimal:
    """Return the quantity whose loss at the stop, with both taker fees, is the risk allowed.

    ``q = equity * risk_pct / 100 / (|price - stop| + fee * (price + stop))``, rounded down to the
    lot step. Fees belong to the loss: with a stop a few basis points away they are most of it.

    >>> from tests.support.instruments import BTCUSDT
    >>> size_at_risk(BTCUSDT, Decimal(10000), Decimal(1), Decimal(50000), Decimal(49500))
    Decimal('0.1786')
    """
    per_unit = loss_per_unit(instrument, price, stop)
    return floor_to_step(equity * risk_pct / 100 / per_unit, instrument.quantity_step)


def loss_per_unit(instrument: Instrument, price: Decimal, stop: Decimal) -> Decimal:
    """Return what one coin bought at a price loses at its stop, with both taker fees."""
    return abs(price - stop) + instrument.taker_fee_rate * (price + stop)


def size_affordable(
    instrument: Instrument,
    side: Side,
    wanted: Decimal,
    price: Decimal,
    free: Decimal,
    leverage: int,
    mark: float | None = None,
    last: float | None = None,
) -> Decimal:
    """Return as much of a quantity as the account can pay for and its tier allows the leverage.

    What is too much is rounded down to the lot step.

    >>> from tests.support.instruments import BTCUSDT
    >>> price, free = Decimal(50000), Decimal(10000)
    >>> size_affordable(BTCUSDT, Side.BUY, Decimal(2), price, free, leverage=5)
    Decimal('0.9747')
    """
    cost = order_cost(instrument, side, COIN, price, leverage, mark, last).total
    most = notional_most(instrument, leverage)
    if wanted * cost <= free * FREE_SHARE_MOST and (most is None or wanted * price <= most):
        return wanted
    affordable = max(ZERO, free) * FREE_SHARE_MOST / cost
    if most is not None:
        affordable = min(affordable, most / price)
    return floor_to_step(affordable, instrument.quantity_step)
