"""Contracts as their venues describe them, for tests; plain facts, no rules."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from trading.model.instrument import Instrument, InstrumentStatus
from trading.model.margin import MaintenanceBasis, MarginTier, with_amounts

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


def tier(
    notional_from: int, notional_to: int, leverage_max: int, rate: str, amount: str = "0"
) -> MarginTier:
    """Return one margin tier."""
    return MarginTier(
        notional_from=Decimal(notional_from),
        notional_to=Decimal(notional_to),
        leverage_max=leverage_max,
        maintenance_rate=Decimal(rate),
        maintenance_amount=Decimal(amount),
    )


BTCUSDT_TIERED = replace(
    BTCUSDT,
    tiers=(
        tier(0, 50_000, 125, "0.004"),
        tier(50_000, 200_000, 100, "0.005"),
        tier(200_000, 1_000_000, 20, "0.025"),
    ),
)
"""Bitunix's way: a fraction of the entry's notional, which jumps from tier to tier."""
BINANCE_BTCUSDT = replace(
    BTCUSDT,
    venue="binance",
    maintenance_basis=MaintenanceBasis.MARK,
    tiers=with_amounts(
        (
            tier(0, 50_000, 125, "0.004"),
            tier(50_000, 600_000, 100, "0.005"),
            tier(600_000, 3_000_000, 75, "0.0065"),
            tier(3_000_000, 12_000_000, 50, "0.01"),
            tier(12_000_000, 70_000_000, 25, "0.02"),
            tier(70_000_000, 100_000_000, 20, "0.025"),
        )
    ),
)
"""Binance's way: a fraction of the notional at the mark, without jumps; brackets of 2024-10-24."""
