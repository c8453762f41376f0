"""How much to trade: so that the stop costs what was meant to be risked, fees included."""

from __future__ import annotations

from decimal import Decimal

from trading.model.instrument import Instrument
from trading.model.numbers import floor_to_step


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
    fees = instrument.taker_fee_rate * (price + stop)
    per_unit = abs(price - stop) + fees
    return floor_to_step(equity * risk_pct / 100 / per_unit, instrument.quantity_step)
