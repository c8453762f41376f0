"""How much a market moves and trades: what a cost must be judged by where no book is shown.

Taken from the closed bars of the last day as far as they are kept, in samples: an estimate of
order one asks for no more, and is made anew at each fill rather than kept up at every bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

import msgspec

from trading.market.candles import CandleSeries
from trading.model.events import CandleClosed
from trading.model.numbers import NS_PER_DAY, NS_PER_HOUR

SAMPLES_MOST: Final = 16
"""Returns taken of a span: their standard deviation is then known to about a sixth."""


class Activity(msgspec.Struct, frozen=True, gc=False):
    """Volatility and volume of the last day, or of as much of it as is known."""

    volatility_day: float
    """Standard deviation of a day's return, as a fraction; raised by ``stress``."""
    volume_day: float
    """Volume of a day, in the base coin."""
    bar_volume: float
    """Volume of the newest closed bar, in the base coin."""
    bar_open_ns: int
    """Which bar that is."""


def activity(candles: CandleSeries) -> Activity | None:
    """Return what the closed bars tell; None before two of them, of which no return can be had.

    A last hour wilder than the day raises the day's volatility to its own: a market in a storm
    costs as the storm does. A calmer one does not lower it.
    """
    closed = candles.closed
    count = len(closed)
    if count < 2:  # noqa: PLR2004 - one return needs two prices
        return None
    interval_ns = candles.interval_ns
    day_bars = min(count, NS_PER_DAY // interval_ns)
    deviation, volume = _sampled(closed, day_bars, interval_ns)
    hour_bars = NS_PER_HOUR // interval_ns
    if 2 < hour_bars < day_bars:  # noqa: PLR2004 - fewer bars are no hour to speak of
        deviation = max(deviation, _sampled(closed, hour_bars, interval_ns)[0])
    newest = closed[-1]
    return Activity(deviation, volume * NS_PER_DAY / interval_ns, newest.volume, newest.open_ns)


def _sampled(
    closed: Sequence[CandleClosed], bar_count: int, interval_ns: int
) -> tuple[float, float]:
    """Return the deviation of a day's return and the mean volume of a bar, by a sample of bars.

    Of the last so many bars, newest first, as far apart as the sample needs be. The mean of the
    returns is taken as 0.
    """
    stride = -(-(bar_count - 1) // SAMPLES_MOST)
    before_newest = range(-1 - stride, -bar_count - 1, -stride)
    after, squares, volume = closed[-1].close, 0.0, closed[-1].volume
    for back in before_newest:
        bar = closed[back]
        before = bar.close
        if before > 0.0:
            move = after / before - 1.0
            squares += move * move
        volume += bar.volume
        after = before
    moves = len(before_newest)
    return sqrt(squares / moves * NS_PER_DAY / (stride * interval_ns)), volume / (moves + 1)
