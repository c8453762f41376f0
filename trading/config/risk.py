"""How much may be risked."""

from __future__ import annotations

from dataclasses import dataclass

from trading.config.checks import FORM, check_number, check_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskConfig:
    """How much may be risked. Percentages are of account equity."""

    __pydantic_config__ = FORM

    risk_pct: float = 0.5
    """Loss planned at the stop, per entry, in percent of equity; at most 2."""
    leverage_max: float = 5.0
    """Exposure after the entry may be at most this many times the equity."""
    notional_max_usdt: float = 50_000.0
    """Exposure after the entry, in USDT."""
    entry_interval_s: float = 60.0
    """Least time between two entries, kept across restarts and sessions."""
    strategy_failures_max: int = 3
    """Failures of the strategy in a row after which entries are suspended."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_number("risk_pct", self.risk_pct, above=0, most=2, remedy="risk at most 2 percent")
        check_number("leverage_max", self.leverage_max, above=0, most=125)
        check_number("notional_max_usdt", self.notional_max_usdt, above=0, most=1e12)
        check_number("entry_interval_s", self.entry_interval_s, least=0, most=7 * 86_400)
        check_whole("strategy_failures_max", self.strategy_failures_max, least=1, most=1_000)
