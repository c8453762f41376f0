"""How the paper venue treats orders."""

from __future__ import annotations

from dataclasses import dataclass

from trading.config.checks import FORM, check_number
from trading.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionConfig:
    """How the paper venue treats orders. Times are session time."""

    __pydantic_config__ = FORM

    latency_ms_min: float = 50.0
    """An order or cancel reaches the venue after a uniform draw between this ..."""
    latency_ms_max: float = 500.0
    """... and this."""
    trigger_latency_ms: float = 10.0
    """From a stop's trigger to its meeting the book, inside the venue."""
    taker_fee_bps: float = 6.0
    """Fee of a fill that took liquidity, of its notional."""
    maker_fee_bps: float = 2.0
    """Fee of a fill that rested in the book, of its notional."""
    market_protection_bps: float = 200.0
    """A market order takes no level further than this from the best one."""
    half_spread_bps: float = 1.0
    """Paid by market orders where there are candles only."""
    settlement_pause_ms: float = 0.0
    """How long matching stands still after a funding settlement."""

    def __post_init__(self) -> None:
        """Check every field, and the latency bounds against each other."""
        for name in (
            "latency_ms_min",
            "latency_ms_max",
            "trigger_latency_ms",
            "settlement_pause_ms",
        ):
            check_number(name, getattr(self, name), least=0, most=60_000)
        for name in ("taker_fee_bps", "maker_fee_bps", "half_spread_bps"):
            check_number(name, getattr(self, name), least=0, most=1_000)
        check_number("market_protection_bps", self.market_protection_bps, above=0, most=10_000)
        if self.latency_ms_min > self.latency_ms_max:
            raise ConfigError(
                "latency_ms_min",
                self.latency_ms_min,
                f"at most latency_ms_max ({self.latency_ms_max:g})",
                "swap the two",
            )
