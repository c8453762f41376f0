"""Risk without limits, and the facts of an account in which nothing is going on."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType

from tests.support.market import SYMBOL, T0_NS
from trading.account.position import Position
from trading.account.terms import MarginTerms
from trading.config import RiskConfig
from trading.risk.facts import Facts

NO_LIMIT = MappingProxyType[str, object](
    dict.fromkeys(
        (
            "entry_interval_s",
            "daily_loss_pct",
            "drawdown_pct",
            "losses_in_a_row_max",
            "errors_per_hour_max",
            "failures_in_a_row_max",
            "orders_per_min_max",
            "no_entry_last_s",
            "settlement_blackout_s",
            "funding_no_entry_pct",
            "funding_half_size_pct",
            "reward_to_cost_min",
        ),
        0,
    )
)
"""Every limit that keeps a session from trading to its very end, with the value that means none."""

QUIET = Facts(
    now_ns=T0_NS,
    equity=Decimal(10_000),
    exposure=Decimal(0),
    symbol_exposure=Decimal(0),
    position=Position(symbol=SYMBOL),
    has_entry=False,
    last_entry_ns=None,
    terms=MarginTerms(leverage=5),
    free=Decimal(10_000),
    blocks=(),
)
"""Ten thousand USDT, flat, nothing under way, nothing in the way."""


def unlimited(**changes: object) -> RiskConfig:
    """Return risk with these limits and no other."""
    return RiskConfig(**(NO_LIMIT | changes))  # type: ignore[arg-type]
