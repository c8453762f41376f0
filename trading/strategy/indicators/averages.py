"""Moving averages of a series of numbers: simple and exponential."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.strategy.indicators.window import WindowSum, check_bars


@dataclass(slots=True)
class Sma:
    """Simple moving average: the mean of the last ``bars`` numbers."""

    bars: int
    _window: WindowSum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the look-back."""
        check_bars("bars", self.bars)
        self._window = WindowSum(self.bars)

    def push(self, number: float) -> None:
        """Take the next number."""
        self._window.push(number)

    @property
    def value(self) -> float | None:
        """The mean; None until ``bars`` numbers have been seen."""
        return self._window.total / self.bars if self._window.is_full else None


@dataclass(slots=True)
class Ema:
    """Exponential moving average with smoothing ``2 / (bars + 1)``.

    Seeded with the simple mean of the first ``bars`` numbers, as TA-Lib does. The seed's weight
    fades by ``1 - 2 / (bars + 1)`` a bar: after three times ``bars`` more it is below 0.3 percent.
    """

    bars: int
    value: float | None = field(init=False, default=None)
    """The average; None until ``bars`` numbers have been seen."""
    _seed: WindowSum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the look-back."""
        check_bars("bars", self.bars)
        self._seed = WindowSum(self.bars)

    def push(self, number: float) -> None:
        """Take the next number."""
        if self.value is None:
            self._seed.push(number)
            if self._seed.is_full:
                self.value = self._seed.total / self.bars
            return
        self.value += (number - self.value) * 2.0 / (self.bars + 1)


@dataclass(slots=True)
class Wilder:
    """Wilder's smoothing: an exponential average with smoothing ``1 / bars``.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; seeded with the
    simple mean of the first ``bars`` numbers, as he does.
    """

    bars: int
    value: float | None = field(init=False, default=None)
    """The average; None until ``bars`` numbers have been seen."""
    _seed: WindowSum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the look-back."""
        check_bars("bars", self.bars)
        self._seed = WindowSum(self.bars)

    def push(self, number: float) -> None:
        """Take the next number."""
        if self.value is None:
            self._seed.push(number)
            if self._seed.is_full:
                self.value = self._seed.total / self.bars
            return
        self.value += (number - self.value) / self.bars
