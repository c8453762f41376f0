"""How much may be risked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trading.config.checks import FORM, check_kind, check_number, check_whole
from trading.errors import ConfigError

_COUNTS = (
    "losses_in_a_row_max",
    "errors_per_hour_max",
    "failures_in_a_row_max",
    "orders_per_min_max",
)
_WINDOW = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


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
    daily_loss_pct: float = 5.0
    """Loss since 00:00 UTC, in percent of the equity then, at which the day is over; 0: none."""
    daily_loss_usdt: float = 0.0
    """The same in USDT; the smaller of the two counts; 0: none."""
    drawdown_pct: float = 20.0
    """Fall from the highest equity, in percent of it, at which the account halts; 0: none."""
    losses_in_a_row_max: int = 10
    """Losing round trips in a row after which the day has no more entries; 0: none."""
    errors_per_hour_max: int = 30
    """Orders rejected, or strategy failures, in an hour at which the session stops; 0: none."""
    failures_in_a_row_max: int = 3
    """Sessions broken off in a row (process, feed, machine) after which none starts; 0: none."""
    orders_per_min_max: int = 30
    """Orders sent within a minute, after which the next entry waits; 0: none."""
    cooldown_after_stop_s: float = 0.0
    """No entry for so long after a round trip that ended in its stop."""
    no_entry_last_s: float = 10.0
    """No entry so shortly before the session's end."""
    settlement_blackout_s: float = 5.0
    """No entry so shortly before or after a funding settlement."""
    blackouts_utc: tuple[str, ...] = ()
    """No entry between these times of day, each written as 13:25-13:45, UTC."""
    funding_no_entry_pct: float = 0.1
    """No entry that would pay so much of its notional, in percent, when it settles; 0: any."""
    funding_half_size_pct: float = 0.05
    """From so much on an entry has half its size; 0: never."""
    reward_to_cost_min: float = 1.0
    """A target is worth at least so many times the fees of getting there; 0: anything."""
    symbol_notional_max_usdt: float = 0.0
    """Exposure in one symbol after the entry, in USDT; 0: as for all together."""
    policy_required: bool = False
    """Open nothing without a policy in force from an outside supervisor (see session policy)."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_number("risk_pct", self.risk_pct, above=0, most=2, remedy="risk at most 2 percent")
        check_number("leverage_max", self.leverage_max, above=0, most=125)
        check_number("notional_max_usdt", self.notional_max_usdt, above=0, most=1e12)
        check_number("entry_interval_s", self.entry_interval_s, least=0, most=7 * 86_400)
        check_whole("strategy_failures_max", self.strategy_failures_max, least=1, most=1_000)
        check_number("daily_loss_pct", self.daily_loss_pct, least=0, most=100)
        check_number("daily_loss_usdt", self.daily_loss_usdt, least=0, most=1e12)
        check_number("drawdown_pct", self.drawdown_pct, least=0, most=100)
        for name in _COUNTS:
            check_whole(name, getattr(self, name), least=0, most=10_000)
        for name in ("cooldown_after_stop_s", "no_entry_last_s", "settlement_blackout_s"):
            check_number(name, getattr(self, name), least=0, most=86_400)
        check_number("funding_no_entry_pct", self.funding_no_entry_pct, least=0, most=100)
        check_number("funding_half_size_pct", self.funding_half_size_pct, least=0, most=100)
        check_number("reward_to_cost_min", self.reward_to_cost_min, least=0, most=1_000)
        check_number("symbol_notional_max_usdt", self.symbol_notional_max_usdt, least=0, most=1e12)
        check_kind("policy_required", self.policy_required, bool, "true or false")
        object.__setattr__(self, "blackouts_utc", tuple(self.blackouts_utc))
        for window in self.blackouts_utc:
            blackout(window)
        self._check_together()

    def _check_together(self) -> None:
        """Refuse limits of which one makes another pointless."""
        if 0 < self.daily_loss_pct < self.risk_pct:
            raise ConfigError(
                "risk_pct",
                self.risk_pct,
                f"at most daily_loss_pct ({self.daily_loss_pct:g})",
                "one stop would lose more than the day may; risk less, or allow the day more",
            )
        if 0 < self.drawdown_pct < self.daily_loss_pct:
            raise ConfigError(
                "daily_loss_pct",
                self.daily_loss_pct,
                f"at most drawdown_pct ({self.drawdown_pct:g})",
                "a day would halt the account before its own limit; allow the day less",
            )
        if 0 < self.funding_no_entry_pct < self.funding_half_size_pct:
            raise ConfigError(
                "funding_half_size_pct",
                self.funding_half_size_pct,
                f"at most funding_no_entry_pct ({self.funding_no_entry_pct:g})",
                "no entry would be left to be halved",
            )
        if self.symbol_notional_max_usdt > self.notional_max_usdt:
            raise ConfigError(
                "symbol_notional_max_usdt",
                self.symbol_notional_max_usdt,
                f"at most notional_max_usdt ({self.notional_max_usdt:g})",
                "one symbol cannot have more than all together",
            )


def blackout(window: str) -> tuple[int, int]:
    """Return a window's two ends, in seconds of the day; it may lie over midnight.

    >>> blackout("13:25-13:45"), blackout("23:50-00:10")
    ((48300, 49500), (85800, 600))

    Raises:
        ConfigError: when it is none.
    """
    check_kind("blackouts_utc", window, str, "two times of day such as 13:25-13:45")
    found = _WINDOW.fullmatch(window)
    ends = [int(n) for n in found.groups()] if found else []
    if not ends or max(ends[0], ends[2]) > 23 or max(ends[1], ends[3]) > 59:  # noqa: PLR2004
        raise ConfigError(
            "blackouts_utc", window, "two times of day such as 13:25-13:45", "write both in UTC"
        )
    begin_s, end_s = ends[0] * 3_600 + ends[1] * 60, ends[2] * 3_600 + ends[3] * 60
    if begin_s == end_s:
        raise ConfigError(
            "blackouts_utc", window, "two different times", "a whole day is no session at all"
        )
    return begin_s, end_s
