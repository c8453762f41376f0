"""How a venue margins a contract and liquidates a position in it: tiers and rules, as data.

Read from the venue at preflight and kept in the journal with the instrument; which rule applies is
never decided by the code above. What follows from them is in ``account.margin``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from trading.model.numbers import ZERO


class MarginMode(StrEnum):
    """What stands behind a position."""

    is_isolated: bool

    ISOLATED = "isolated"
    """The margin set aside for it, and nothing else of the account."""
    CROSS = "cross"
    """Everything the account has that is not set aside for another order."""

    def __init__(self, value: str) -> None:
        """Note once what every look at an account's margin asks for."""
        self.is_isolated = value == "isolated"


class MaintenanceBasis(StrEnum):
    """Which notional a venue's maintenance margin is a fraction of."""

    is_entry: bool

    MARK = "mark"
    """Quantity times mark price (Binance, OKX)."""
    ENTRY = "entry"
    """Quantity times average entry (Bitunix, Bybit isolated)."""

    def __init__(self, value: str) -> None:
        """Note once what every look at a position's margin asks for."""
        self.is_entry = value == "entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTier:
    """One bracket of a position's notional, in USDT, and the margin it needs.

    Maintenance is ``notional * maintenance_rate - maintenance_amount``.
    """

    notional_from: Decimal
    notional_to: Decimal
    leverage_max: int
    maintenance_rate: Decimal
    maintenance_amount: Decimal = ZERO
    """What keeps maintenance from jumping where the bracket begins; 0: the venue lets it jump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRules:
    """What a venue counts as margin beside the tiers, and how it liquidates.

    The defaults are for a venue that tells nothing of it: what every venue that tells counts.
    """

    maintenance_holds_fee: bool = False
    """Whether the taker fee of the closing is part of the maintenance (OKX, Gate, Bitget)."""
    cost_holds_open_loss: bool = True
    """Whether an order must cover the loss it would open with at the mark (Binance)."""
    cost_holds_closing_fee: bool = True
    """Whether it must cover the fee of closing at the bankruptcy price (Bybit, Phemex)."""
    short_over_last: Decimal = ZERO
    """How far over the last price a sell is margined, as a fraction (Binance: 0.0015)."""
    steps_down: bool = True
    """Whether a position is cut tier by tier before it is closed whole (OKX, Bitunix)."""
    liquidation_fee_rate: Decimal = Decimal("0.003")
    """Fee on what is liquidated, as far as the margin reaches; Binance's of 2019 for BTCUSDT."""


def with_amounts(tiers: Sequence[MarginTier]) -> tuple[MarginTier, ...]:
    """Return tiers with the amounts that make maintenance continuous over their bounds.

    ``c_k = floor_k * (m_k - m_(k-1)) + c_(k-1)``. Source: Binance FAQ b3c689c1 (500,000 USDT of
    BTCUSDT: 1,300).

    >>> low = MarginTier(notional_from=Decimal(0), notional_to=Decimal(50_000), leverage_max=125,
    ...     maintenance_rate=Decimal("0.004"))
    >>> high = replace(low, notional_from=Decimal(50_000), notional_to=Decimal(250_000),
    ...     maintenance_rate=Decimal("0.005"))
    >>> [tier.maintenance_amount for tier in with_amounts((low, high))]
    [Decimal('0.000'), Decimal('50.000')]
    """
    cumulated = []
    rate, amount = ZERO, ZERO
    for tier in tiers:
        amount += tier.notional_from * (tier.maintenance_rate - rate)
        rate = tier.maintenance_rate
        cumulated.append(replace(tier, maintenance_amount=amount))
    return tuple(cumulated)
