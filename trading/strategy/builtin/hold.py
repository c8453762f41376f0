"""``hold``: never trades. The baseline, and proof that a quiet session is reported as quiet."""

from __future__ import annotations

from dataclasses import dataclass

from trading.model.intents import Intent
from trading.strategy.base import Strategy
from trading.strategy.view import View


@dataclass(kw_only=True)
class Hold(Strategy):
    """Look on."""

    def decide(self, view: View) -> Intent | None:
        """Want nothing, ever."""
        return None
