"""Strategies that do to their process what may befall any: stuck in C, eating memory, a new time.

Each holds a position with a far bracket, so that something is at stake when it happens.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support import misdeeds
from tests.support.strategies_live import HoldOver
from trading.model.intents import Intent
from trading.model.numbers import NS_PER_S
from trading.strategy.view import View


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
        if is_due and misdeeds.is_first_attempt():
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
        """Hang for hours."""
        misdeeds.hang(self.ballast_mb)


@dataclass(kw_only=True)
class Greedy(AtStake):
    """Keep a tenth of a megabyte of every print."""

    def misbehave(self) -> None:
        """Take, and never give back."""
        misdeeds.keep(100_000)


@dataclass(kw_only=True)
class Leaky(AtStake):
    """Open a file, or many at once, at every print."""

    at_once: int = 1

    def misbehave(self) -> None:
        """Open, and never close."""
        misdeeds.open_more(self.at_once)


@dataclass(kw_only=True)
class Stepped(AtStake):
    """Set the wall clock of its process, as a time server may."""

    step_s: float = -3_600.0

    def misbehave(self) -> None:
        """Put every reading off from now on."""
        misdeeds.step_wall_clock(round(self.step_s * NS_PER_S))


@dataclass(kw_only=True)
class Asleep(AtStake):
    """Let the machine of its process sleep, as a laptop does when it is closed."""

    slept_s: float = 600.0

    def misbehave(self) -> None:
        """Wake up from having slept."""
        misdeeds.sleep_machine(round(self.slept_s * NS_PER_S))
