"""``random``: enters at random, with a bracket. For calibration: it has no edge by construction."""

from __future__ import annotations

from dataclasses import dataclass

from trading.config import check_number
from trading.model.intents import Intent
from trading.model.orders import Side
from trading.strategy.bracketed import BracketedStrategy
from trading.strategy.view import View

EVEN = 0.5


@dataclass(kw_only=True)
class RandomEntry(BracketedStrategy):
    """On each closed bar, when flat, enter with a probability, on a side drawn evenly."""

    entry_probability: float = 0.2
    stop_bps: float = 20.0
    reward: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_number(
            "strategy_parameters.entry_probability", self.entry_probability, above=0, most=1
        )
        self.check_bracket()

    def decide(self, view: View) -> Intent | None:
        """Draw, always the same number of times, then look whether an entry is possible."""
        chance, coin = view.rng.random(), view.rng.random()
        price = view.mid
        if chance >= self.entry_probability or price is None or not view.is_flat or view.has_entry:
            return None
        side = Side.BUY if coin < EVEN else Side.SELL
        return self.bracketed(side, price, f"coin {side}")
