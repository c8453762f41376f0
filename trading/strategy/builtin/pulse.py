"""``pulse``: trades often, to exercise the system in a short session. It loses its costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from trading.config import check_number
from trading.model.intents import Exit, Intent
from trading.model.numbers import NS_PER_S
from trading.model.orders import Side
from trading.strategy.bracketed import BracketedStrategy
from trading.strategy.view import View

RETRY_S = 5.0
"""An entry that came to nothing (refused, not filled) is tried again after this."""


@dataclass(kw_only=True)
class Pulse(BracketedStrategy):
    """Enter every ``period_s``, long and short in turn; leave after ``hold_s`` at the latest.

    Works on trades, not on bars, so that a one-minute session trades too.
    """

    decides_on_trades: ClassVar[bool] = True

    period_s: float = 20.0
    hold_s: float = 12.0
    stop_bps: float = 10.0
    reward: float = 1.5
    _next_ns: int = field(init=False, default=0)
    _entered_ns: int = field(init=False, default=0)
    _side: Side = field(init=False, default=Side.BUY)
    _is_waiting: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_number("strategy_parameters.period_s", self.period_s, above=0, most=3_600)
        check_number("strategy_parameters.hold_s", self.hold_s, above=0, most=3_600)
        self.check_bracket()

    def decide(self, view: View) -> Intent | None:
        """Enter when the period is over, leave when the holding time is."""
        now_ns = view.now_ns
        if not view.is_flat:
            if self._is_waiting:
                self._is_waiting = False
                self._entered_ns = now_ns
                self._next_ns = now_ns + round(self.period_s * NS_PER_S)
                self._side = self._side.opposite
            is_over = now_ns - self._entered_ns >= self.hold_s * NS_PER_S
            return Exit(reason="held long enough") if is_over and not view.is_closing else None
        price = view.mid
        if price is None or view.has_entry or now_ns < self._next_ns:
            return None
        self._is_waiting = True
        self._next_ns = now_ns + round(RETRY_S * NS_PER_S)
        side = self._side
        return self.bracketed(side, price, f"pulse {side}")
