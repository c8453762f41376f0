"""On which terms an account's positions are held: what stands behind them, at which leverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trading.account.head import AccountHead
from trading.errors import ConfigError
from trading.model.margin import MarginMode
from trading.model.sides import PositionMode


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTerms:
    """One margin mode and one position mode for the account, and a leverage a symbol."""

    mode: MarginMode = MarginMode.ISOLATED
    leverage: int = 5
    leverages: Mapping[str, int] = field(default_factory=dict)
    """Of single symbols, where it is another."""
    position_mode: PositionMode = PositionMode.ONE_WAY

    def leverage_of(self, symbol: str) -> int:
        """Return the leverage a symbol is held with."""
        return self.leverages.get(symbol, self.leverage)

    def initial_margin(self, symbol: str, notional: Decimal) -> Decimal:
        """Return what a notional ties up: ``notional / leverage``."""
        return notional / self.leverage_of(symbol)

    def check(self, head: AccountHead) -> None:
        """Refuse to change a mode under what an account carries.

        Source: Binance -4048 and Bitunix 20006 (margin mode), Binance -4067 and -4068 and Bitunix
        20009 (position mode): locked while something is open.

        Raises:
            ConfigError: when it carries positions or orders of another mode.
        """
        is_locked = bool(head.positions or head.orders)
        if is_locked and head.margin_mode not in {None, self.mode}:
            raise ConfigError(
                "margin_mode",
                str(self.mode),
                f"{head.margin_mode}, as long as the account carries a position",
                "close it first, or name another account",
            )
        sides = {each.position_side for each in head.positions}
        sides |= {each.request.position_side for each in head.orders}
        if not sides <= set(self.position_mode.sides):
            raise ConfigError(
                "position_mode",
                str(self.position_mode),
                f"the mode of what the account carries ({', '.join(sorted(sides))})",
                "close it first, or name another account",
            )
