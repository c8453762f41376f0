"""A strategy that keeps whatever it is given, to see what a snapshot can keep."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.strategy.base import Strategy
from trading.strategy.view import View


@dataclass(kw_only=True)
class Hoarder(Strategy):
    """Keeps a thing, and wants nothing."""

    thing: object = field(init=False, default=None)

    def decide(self, view: View) -> None:
        """Want nothing."""
