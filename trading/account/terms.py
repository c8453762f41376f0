"""On which terms an account's positions are held: what stands behind them, at which leverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trading.account.head import AccountHead
from trading.errors import ConfigError
from trading.model.margin import MarginMode


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTerms:
    """One margin mode for the account, and a leverage a symbol."""

    mode: MarginMode = MarginMode.ISOLATED
    leverage: int = 5
    leverages: Mapping[str, int] = field(default_factory=dict)
    """Of single symbols, where it is another."""

    def leverage_of(self, symbol: str) -> int:
        """Return the leverage a symbol is held with."""
        return self.leverages.get(symbol, self.leverage)

    def initial_margin(self, symbol: str, notional: Decimal) -> Decimal:
        """Return what a notional ties up: ``notional / leverage``."""
        return notional / self.leverage_of(symbol)

    def check(self, head: AccountHead) -> None:
        """Refuse to change the mode under what an account carries.

        Source: Binance -4048 and Bitunix 20006: the mode is locked while something is open.

        Raises:
            ConfigError: when it carries positions or orders of the other mode.
        """
        is_locked = bool(head.positions or head.orders)
        if is_locked and head.margin_mode not in {None, self.mode}:
            raise ConfigError(
                "margin_mode",
                str(self.mode),
                f"{head.margin_mode}, as long as the account carries a position",
                "close it first, or name another account",
            )
