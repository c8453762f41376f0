"""The plug-in interface: what a strategy is, and what it may know.

A strategy is a dataclass: its init fields are its parameters, the rest is its state. It is called
by the engine, in order, never concurrently, and may use nothing but its own state and the view:
no clock, no file, no network, no random source but ``view.rng``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from trading.model.events import CandleClosed
from trading.model.intents import Intent
from trading.strategy.view import View


class Strategy(ABC):
    """Turns closed bars (and trades, if it asks for them) into intents.

    ``observe`` is called for every closed bar, warm-up included, before any decision on it;
    ``decide`` only when the engine would let an answer act. Raising loses the turn: the engine
    journals ``StrategyFailed`` and goes on.
    """

    decides_on_trades: ClassVar[bool] = False
    """Whether ``decide`` is also called after every public trade."""

    @property
    def min_history_bars(self) -> int:
        """Contiguous closed bars without which no entry is taken."""
        return 0

    @property
    def planned_stop_bps(self) -> float | None:
        """Distance of every entry's stop, where it is always the same; None: it is not."""
        return None

    @property
    def planned_target_bps(self) -> float | None:
        """Distance of every entry's target, where it is always the same; None: it is not."""
        return None

    def observe(self, candle: CandleClosed, view: View) -> None:  # noqa: B027 - optional
        """Update indicators with the next closed bar; bars come in order, each once."""

    @abstractmethod
    def decide(self, view: View) -> Intent | None:
        """Return what to do now, or None."""
