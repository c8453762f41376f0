"""Contracts as their venues describe them, for tests; plain facts, no rules."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from trading.model.instrument import Instrument, InstrumentStatus, MaintenanceBasis

BTCUSDT = Instrument(
    venue="bitunix",
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.1"),
    quantity_step=Decimal("0.0001"),
    quantity_min=Decimal("0.0001"),
    limit_quantity_max=Decimal(1000),
    market_quantity_max=Decimal(1000),
    notional_min=Decimal(0),
    leverage_max=125,
    price_band=Decimal("0.05"),
    taker_fee_rate=Decimal("0.0006"),
    maker_fee_rate=Decimal("0.0002"),
    maintenance_basis=MaintenanceBasis.ENTRY,
    status=InstrumentStatus.OPEN,
)
ETHUSDT = replace(
    BTCUSDT,
    symbol="ETHUSDT",
    base="ETH",
    tick_size=Decimal("0.01"),
    quantity_step=Decimal("0.003"),
    quantity_min=Decimal("0.003"),
)
"""A lot step that is not a power of ten."""
FREE = replace(BTCUSDT, taker_fee_rate=Decimal(0), maker_fee_rate=Decimal(0))
"""BTCUSDT without fees, where a test's arithmetic is about something else."""
