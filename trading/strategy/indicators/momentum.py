"""How one-sided the last moves were."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.strategy.indicators.averages import Wilder

NEUTRAL = 50.0


@dataclass(slots=True)
class Rsi:
    """Relative strength index, 0 to 100: Wilder's average gain in percent of gain and loss.

    A market that stood still all the while has neither: the value is then 50, not 0 or 100.
    """

    bars: int
    _gain: Wilder = field(init=False, repr=False)
    _loss: Wilder = field(init=False, repr=False)
    _before: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Check the look-back."""
        self._gain = Wilder(self.bars)
        self._loss = Wilder(self.bars)

    def push(self, number: float) -> None:
        """Take the next close."""
        before = self._before
        self._before = number
        if before is not None:
            change = number - before
            self._gain.push(max(change, 0.0))
            self._loss.push(max(-change, 0.0))

    @property
    def value(self) -> float | None:
        """The index; None until ``bars + 1`` closes have been seen."""
        gain, loss = self._gain.value, self._loss.value
        if gain is None or loss is None:
            return None
        moved = gain + loss
        return 100.0 * gain / moved if moved > 0 else NEUTRAL
