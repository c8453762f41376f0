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
class _Seeded:
    """An average that starts as the simple mean of the first ``bars`` numbers, then follows.

    Each further number moves it by ``weight / per`` of the distance.
    """

    bars: int
    value: float | None = field(init=False, default=None)
    """The average; None until ``bars`` numbers have been seen."""
    _weight: float = field(init=False, repr=False)
    _per: int = field(init=False, repr=False)
    _seed: WindowSum = field(init=False, repr=False)

    def _start(self, weight: float, *, more: int) -> None:
        check_bars("bars", self.bars)
        self._weight, self._per = weight, self.bars + more
        self._seed = WindowSum(self.bars)

    def push(self, number: float) -> None:
        """Take the next number."""
        if self.value is None:
            self._seed.push(number)
            if self._seed.is_full:
                self.value = self._seed.total / self.bars
            return
        self.value += (number - self.value) * self._weight / self._per


@dataclass(slots=True)
class Ema(_Seeded):
    """Exponential moving average with smoothing ``2 / (bars + 1)``.

    Seeded as TA-Lib does. The seed's weight fades by ``1 - 2 / (bars + 1)`` a bar: after three
    times ``bars`` more it is below 0.3 percent.
    """

    def __post_init__(self) -> None:
        """Check the look-back."""
        self._start(2.0, more=1)


@dataclass(slots=True)
class Wilder(_Seeded):
    """Wilder's smoothing: an exponential average with smoothing ``1 / bars``.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; seeded as he does.
    """

    def __post_init__(self) -> None:
        """Check the look-back."""
        self._start(1.0, more=0)
