"""What volume says of price: the average paid, and which side of the bar it closed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

from trading.model.events import CandleClosed
from trading.strategy.indicators.window import WindowSum, check_bars


@dataclass(slots=True)
class Vwap:
    """Volume-weighted average price of the last ``bars`` bars, and its deviation.

    A bar counts with its typical price, (high + low + close) / 3, and its volume in the base
    coin. A rolling window, not one anchored at midnight: an hourly session then means the same
    at every hour, and its warm-up is as long as the window.
    """

    bars: int
    _volume: WindowSum = field(init=False, repr=False)
    _value: WindowSum = field(init=False, repr=False)
    _square: WindowSum = field(init=False, repr=False)
    _origin: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Check the look-back."""
        check_bars("bars", self.bars)
        self._volume, self._value, self._square = (WindowSum(self.bars) for _ in range(3))

    def push(self, candle: CandleClosed) -> None:
        """Take the next closed bar."""
        typical = (candle.high + candle.low + candle.close) / 3
        if self._origin is None:
            # Distances from the first price: squares of whole prices would cancel digits away.
            self._origin = typical
        away = typical - self._origin
        self._volume.push(candle.volume)
        self._value.push(candle.volume * away)
        self._square.push(candle.volume * away * away)

    @property
    def value(self) -> float | None:
        """The average; None until ``bars`` bars have been seen, or while none had volume."""
        volume = self._volume.total
        if self._origin is None or not self._volume.is_full or volume <= 0:
            return None
        return self._origin + self._value.total / volume

    @property
    def deviation(self) -> float | None:
        """Volume-weighted standard deviation of the typical prices; None as ``value`` is."""
        volume = self._volume.total
        if not self._volume.is_full or volume <= 0:
            return None
        mean = self._value.total / volume
        return sqrt(max(self._square.total / volume - mean * mean, 0.0))


@dataclass(slots=True)
class SyntheticCvd:
    """Cumulative volume delta of the last ``bars`` bars, guessed from where each bar closed.

    A bar's volume counts as bought in the share of its span below the close, as sold in the share
    above: ``volume * (2 * close - high - low) / (high - low)``, in the base coin. A bar without
    span counts for neither side. Synthetic: the true delta needs the takers' sides of the trades.
    """

    bars: int
    _delta: WindowSum = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the look-back."""
        self._delta = WindowSum(self.bars)

    def push(self, candle: CandleClosed) -> None:
        """Take the next closed bar."""
        span = candle.high - candle.low
        share = (2 * candle.close - candle.high - candle.low) / span if span > 0 else 0.0
        self._delta.push(candle.volume * share)

    @property
    def value(self) -> float | None:
        """The delta; None until ``bars`` bars have been seen."""
        return self._delta.total if self._delta.is_full else None
