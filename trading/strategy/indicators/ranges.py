"""How far a market moves in a bar."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.model.events import CandleClosed
from trading.strategy.indicators.averages import Wilder


@dataclass(slots=True)
class Atr:
    """Average true range, in the quote coin: Wilder's average of the last ``bars`` true ranges.

    The true range is the bar's own span stretched to the previous close, so a gap counts. The
    first bar has no previous close and no true range: the value comes with bar ``bars + 1``.
    """

    bars: int
    _average: Wilder = field(init=False, repr=False)
    _close: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Check the look-back."""
        self._average = Wilder(self.bars)

    def push(self, candle: CandleClosed) -> None:
        """Take the next closed bar."""
        before = self._close
        self._close = candle.close
        if before is not None:
            self._average.push(max(candle.high, before) - min(candle.low, before))

    @property
    def value(self) -> float | None:
        """The average; None until ``bars + 1`` bars have been seen."""
        return self._average.value
