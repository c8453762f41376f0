"""Strategies that misbehave as a process does: stuck in C, or eating memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

from trading.model.intents import Intent
from trading.model.numbers import NS_PER_S
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.parameters import bracketed
from trading.strategy.view import View


@dataclass(kw_only=True)
class Stuck(Strategy):
    """Enter at once, and after some seconds hang in C code that holds the GIL."""

    decides_on_trades: ClassVar[bool] = True

    after_s: float = 5.0
    _since_ns: int = field(init=False, default=0)
    _asked: bool = field(init=False, default=False)

    def decide(self, view: View) -> Intent | None:
        """Ask once, then hang."""
        self._since_ns = self._since_ns or view.now_ns
        if view.now_ns - self._since_ns > self.after_s * NS_PER_S:
            re.fullmatch("(a+)+b", "a" * 60)
        price = view.mid
        if self._asked or price is None:
            return None
        self._asked = True
        return bracketed(Side.BUY, price, 100.0, 2.0, "stuck")


@dataclass(kw_only=True)
class Greedy(Strategy):
    """Keep a megabyte of every print, and trade nothing."""

    decides_on_trades: ClassVar[bool] = True

    kept: list[bytes] = field(init=False, default_factory=list)

    def decide(self, view: View) -> Intent | None:
        """Take, and never give back."""
        self.kept.append(b"\xff" * 1_000_000)
        return None
