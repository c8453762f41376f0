"""Strategies whose every entry has the same bracket: ``stop_bps`` away, ``reward`` times as far."""

from __future__ import annotations

from trading.config import check_number
from trading.model.intents import Enter
from trading.model.numbers import BPS, exact
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.parameters import check_bps


class BracketedStrategy(Strategy):
    """A strategy with the parameters ``stop_bps`` and ``reward``; the plan follows from them.

    They are fields of the strategy's own dataclass, with its own defaults and in its own order.
    """

    stop_bps: float
    reward: float

    @property
    def planned_stop_bps(self) -> float:
        """The parameter."""
        return self.stop_bps

    @property
    def planned_target_bps(self) -> float | None:
        """So many times the stop's; None without a target."""
        return self.stop_bps * self.reward or None

    def check_bracket(self) -> None:
        """Refuse a stop that is none, and a target on the wrong side.

        Raises:
            ConfigError: when ``stop_bps`` or ``reward`` is out of bounds.
        """
        check_bps("stop_bps", self.stop_bps)
        check_number("strategy_parameters.reward", self.reward, least=0, most=100)

    def bracketed(self, side: Side, price: float, reason: str) -> Enter:
        """Return a market entry with the bracket around ``price``."""
        at = exact(price)
        away = side.sign * at * exact(self.stop_bps) / BPS
        return Enter(
            side=side,
            stop_price=at - away,
            target_price=at + away * exact(self.reward) if self.reward > 0 else None,
            reason=reason,
        )
