"""Strategies that reach what the built-in ones do not; used by their dotted path."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from trading.model.intents import CancelEntries, Enter, Exit, Intent
from trading.model.numbers import NS_PER_S, exact
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.view import View

STOP_SHARE = Decimal("0.001")


@dataclass(kw_only=True)
class Resting(Strategy):
    """Rest a limit order at the touch, take it back when it waits long, leave after a while."""

    decides_on_trades: ClassVar[bool] = True

    patience_s: float = 6.0
    hold_s: float = 8.0
    _since_ns: int = field(init=False, default=0)
    _side: Side = field(init=False, default=Side.BUY)

    def decide(self, view: View) -> Intent | None:
        """Want the next thing, at most once in its time."""
        waited_s = (view.now_ns - self._since_ns) / NS_PER_S
        if view.has_entry and view.is_flat:
            return CancelEntries(reason="waited") if waited_s > self.patience_s else None
        if not view.is_flat:
            is_over = waited_s > self.hold_s and not view.is_closing
            return Exit(reason="held") if is_over else None
        price = view.best_bid if self._side is Side.BUY else view.best_ask
        if price is None or waited_s < 1.0:
            return None
        self._since_ns = view.now_ns
        side, self._side = self._side, self._side.opposite
        at = exact(price)
        return Enter(
            side=side, limit_price=at, stop_price=at * (1 - side.sign * STOP_SHARE), reason="rest"
        )
