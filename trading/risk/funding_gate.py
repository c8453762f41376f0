"""Entries against the funding they would pay at the next settlement.

Only what the session would really pay counts: a settlement before its deadline, or any where the
position may be carried. The rate is the venue's estimate; who receives it is never held back.
"""

from __future__ import annotations

from decimal import Decimal

from trading.config import RiskConfig
from trading.model.numbers import ZERO, exact
from trading.model.orders import Side
from trading.risk.verdicts import Refused

HALF = Decimal("0.5")
WHOLE = Decimal(1)


def funding_share(config: RiskConfig, side: Side, rate: Decimal | None) -> Decimal | Refused:
    """Return which share of its size an entry may have: all, half; or why it may not be.

    ``rate``: share of the notional a long would pay at the settlement that awaits; None: none
    does, while the session lasts.
    """
    if rate is None:
        return WHOLE
    pays_pct = rate * side.sign * 100
    forbidden, halved = exact(config.funding_no_entry_pct), exact(config.funding_half_size_pct)
    if ZERO < forbidden <= pays_pct:
        return Refused(
            rule="funding_rate",
            detail=f"a {side} would pay {pays_pct:f} % of its notional, limit {forbidden} %",
            remedy="wait for the settlement, or raise risk.funding_no_entry_pct",
        )
    return HALF if ZERO < halved <= pays_pct else WHOLE
