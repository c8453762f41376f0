"""What may be traded, and by which rules of its venue.

An ``Instrument`` is data read from the venue at preflight and stored in the journal; no rule of
a venue is written in code above it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from trading.errors import ConfigError
from trading.model.margin import MaintenanceBasis, MarginRules, MarginTier, with_amounts
from trading.model.numbers import ZERO, is_multiple


class InstrumentStatus(StrEnum):
    """Whether the venue lets the instrument be traded."""

    is_open: bool

    OPEN = "open"
    CANCEL_ONLY = "cancel_only"
    STOPPED = "stopped"

    def __init__(self, value: str) -> None:
        """Note once what every order is asked."""
        self.is_open = value == "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLimits:
    """How many orders a venue takes from one account, and how fast. Times are session time.

    Source: Bitunix documents 10 requests a second for every endpoint ("Place order" page); what it
    allows to be open it does not say, so Binance's filters stand in: MAX_NUM_ORDERS 200,
    MAX_NUM_ALGO_ORDERS 10 (exchangeInfo).
    """

    requests_max: int = 10
    """Orders and cancels in any window."""
    window_ms: int = 1_000
    open_orders_max: int = 200
    """Live orders of one symbol that wait for no trigger."""
    trigger_orders_max: int = 10
    """Live orders of one symbol that wait for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One linear perpetual: its lattice, its limits, its fees and its margin tiers.

    Quantities are in the base coin, prices and notionals in the quote coin, rates are fractions.
    """

    venue: str
    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    quantity_step: Decimal
    quantity_min: Decimal
    limit_quantity_max: Decimal
    market_quantity_max: Decimal
    notional_min: Decimal
    leverage_max: int
    price_band: Decimal
    """How far from the mark a limit price may be, as a fraction (Bitunix ``priceProtectScope``)."""
    taker_fee_rate: Decimal
    maker_fee_rate: Decimal
    maintenance_basis: MaintenanceBasis
    status: InstrumentStatus
    tiers: tuple[MarginTier, ...] = ()
    """By rising notional; none: whatever is held needs no maintenance margin."""
    order_limits: OrderLimits = OrderLimits()
    margin_rules: MarginRules = field(default_factory=MarginRules)

    def __post_init__(self) -> None:
        """Refuse an instrument whose lattice, limits or tiers cannot be right."""
        for name in ("tick_size", "quantity_step", "quantity_min"):
            value: Decimal = getattr(self, name)
            if not (value.is_finite() and value > ZERO):
                raise ConfigError(
                    f"instrument {self.symbol}.{name}",
                    value,
                    "a finite number above 0",
                    "the venue's trading-pairs reply is unusable; try again later",
                )
        if self.maintenance_basis is MaintenanceBasis.MARK and (
            self.tiers != with_amounts(self.tiers)
        ):
            raise ConfigError(
                f"instrument {self.symbol}.tiers",
                [tier.maintenance_amount for tier in self.tiers],
                "amounts that keep maintenance continuous from tier to tier",
                "take the amounts of the venue's own table, or model.margin.with_amounts",
            )

    def has_price(self, price: Decimal) -> bool:
        """Tell whether a price is positive, finite and on the tick lattice."""
        return price.is_finite() and price > ZERO and is_multiple(price, self.tick_size)

    def has_quantity(self, quantity: Decimal) -> bool:
        """Tell whether a quantity is positive, finite and a whole number of lot steps."""
        return (
            quantity.is_finite() and quantity > ZERO and is_multiple(quantity, self.quantity_step)
        )
