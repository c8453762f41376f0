"""Strategies that do to their process what may befall any: stuck in C, eating memory, a new time.

Each holds a position with a far bracket, so that something is at stake when it happens. Only a
session's own process suffers: a replay of what it did must not.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.strategies_live import HoldOver
from trading.model.intents import Intent
from trading.model.numbers import NS_PER_S
from trading.strategy.view import View

SESSION: Final = str(Path("trading", "session", "__main__.py"))
_wall_ns: Final = time.time_ns  # noqa: TID251 - what is set here is no time of ours
_kept: Final[list[bytes]] = []


@dataclass(kw_only=True)
class AtStake(HoldOver):
    """Hold a position, and misbehave some session seconds after it was opened."""

    after_s: float = 6.0
    _since_ns: int = field(init=False, default=0)

    def decide(self, view: View) -> Intent | None:
        """Ask for the entry; from its time on misbehave, however often that is."""
        if not view.is_flat:
            self._since_ns = self._since_ns or view.now_ns
        is_due = self._since_ns and view.now_ns - self._since_ns > self.after_s * NS_PER_S
        if is_due and sys.argv[0].endswith(SESSION):
            self.misbehave()
        return super().decide(view)

    def misbehave(self) -> None:
        """Do what the class is named for."""
        raise NotImplementedError


@dataclass(kw_only=True)
class Stuck(AtStake):
    """Hang in C code that holds the GIL, perhaps with much memory taken before."""

    ballast_mb: int = 0

    def misbehave(self) -> None:
        """Hang for hours, and say so before."""
        sys.stderr.write("stuck\n")
        sys.stderr.flush()
        ballast = b"\xff" * (self.ballast_mb * 1_000_000)
        re.fullmatch("(a+)+b", "a" * 60)
        del ballast


@dataclass(kw_only=True)
class Greedy(AtStake):
    """Keep a tenth of a megabyte of every print."""

    def misbehave(self) -> None:
        """Take, and never give back."""
        _kept.append(b"\xff" * 100_000)


@dataclass(kw_only=True)
class Stepped(AtStake):
    """Set the wall clock of its process, once, as a time server may."""

    step_s: float = -3_600.0

    def misbehave(self) -> None:
        """Put every reading off from now on."""
        real, off_ns = _wall_ns, round(self.step_s * NS_PER_S)
        time.time_ns = lambda: real() + off_ns  # noqa: TID251 - likewise
