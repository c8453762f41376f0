"""Strategies for scenarios, used by their dotted path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from trading.model.intents import Intent
from trading.model.numbers import NS_PER_S
from trading.model.orders import Side
from trading.strategy.bracketed import BracketedStrategy
from trading.strategy.view import View


@dataclass(kw_only=True)
class HoldOver(BracketedStrategy):
    """Enter once, early, with a far bracket, and hold to the end of the session."""

    decides_on_trades: ClassVar[bool] = True

    side: str = "buy"
    stop_bps: float = 100.0
    reward: float = 2.0
    _next_ns: int = field(init=False, default=0)
    _has_held: bool = field(init=False, default=False)

    def decide(self, view: View) -> Intent | None:
        """Ask for the entry until there is a position, then never again."""
        self._has_held = self._has_held or not view.is_flat
        price = view.mid
        if self._has_held or view.has_entry or price is None or view.now_ns < self._next_ns:
            return None
        self._next_ns = view.now_ns + NS_PER_S
        return self.bracketed(Side(self.side), price, "hold over")
