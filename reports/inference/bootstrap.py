"""What a sample says of the mean and the ratio behind it, by resampling blocks.

Results that follow each other are not independent, so whole blocks of ``n^(1/3)`` neighbours are
drawn, around the end to the start (circular block bootstrap: Politis & Romano 1992). Intervals are
studentised: each resample is judged by its own standard error, because plain percentiles of 30
results cover 83 to 88 % where they promise 90 %. Coverage and p-values are held by
``tests/reports/inference``. The deepest drawdown has no interval: resampled ones, tried, held the
drawdown of the next sample in 77 to 80 % of the cases where they promised 90.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reports.inference.chance import integers

LEVEL: Final = 0.90
"""The share of samples whose interval holds the truth."""
SAMPLE_LEAST: Final = 30
"""Below this many results nothing is said."""
_RESAMPLES_MOST, _RESAMPLES_LEAST = 10_000, 1_000
_DRAWS_MOST: Final = 4_000_000
_TAIL: Final = (1 - LEVEL) / 2

Sample = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the truth lies, at ``LEVEL``. ``chance``: of a sample this high from a truth of none.

    None for the mean is 0, for the ratio of gains to losses 1; ``chance`` is one-sided.
    """

    low: float
    high: float
    chance: float


def mean_interval(values: Sample, rng: Random) -> Interval | None:
    """Return where the mean behind the results lies; None for too few, or all the same."""
    blocks = _Blocks(values.size)
    if values.size < SAMPLE_LEAST:
        return None
    mean = float(values.mean())
    sums = blocks.sums(values)
    drawn = sums[blocks.draw(rng)] / blocks.length
    scale = _deviation(sums[None, :] / blocks.length, blocks.count)[0]
    if not scale:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = (drawn.mean(axis=1) - mean) / _deviation(drawn, blocks.count)
    low, high = _studentised(scores)
    return Interval(mean - high * scale, mean - low * scale, _chance(scores, mean / scale))


def ratio_interval(gains: Sample, losses: Sample, rng: Random) -> Interval | None:
    """Return where the ratio of the sums lies (the profit factor); both arrays are not negative.

    The logarithm of the ratio is studentised by its linear part,
    ``gain / mean gain - loss / mean loss``. None for too few, or without a gain or a loss.
    """
    blocks = _Blocks(gains.size)
    if gains.size < SAMPLE_LEAST or not gains.any() or not losses.any():
        return None
    won, lost = blocks.sums(gains), blocks.sums(losses)
    index = blocks.draw(rng)
    wins, falls = won[index], lost[index]
    mean_won, mean_lost = wins.mean(axis=1), falls.mean(axis=1)
    told = float(np.log(gains.sum() / losses.sum()))
    with np.errstate(divide="ignore", invalid="ignore"):
        linear = wins / mean_won[:, None] - falls / mean_lost[:, None]
        scores = (np.log(mean_won / mean_lost) - told) / _deviation(linear, blocks.count)
    scale = _deviation((won / won.mean() - lost / lost.mean())[None, :], blocks.count)[0]
    low, high = _studentised(scores)
    with np.errstate(over="ignore"):
        bounds = np.exp(told - high * scale), np.exp(told - low * scale)
    return Interval(float(bounds[0]), float(bounds[1]), _chance(scores, told / scale))


class _Blocks:
    """How a sample is cut: every run of ``length`` neighbours, ``count`` of them a resample."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.length = max(1, round(size ** (1 / 3)))
        self.count = -(-size // self.length)

    def sums(self, values: Sample) -> Sample:
        """Return the sum of every block, one from each place."""
        around = np.concatenate((values, values[: self.length - 1]))
        total: Sample = np.lib.stride_tricks.sliding_window_view(around, self.length).sum(axis=1)
        return total

    def draw(self, rng: Random) -> NDArray[np.intp]:
        """Return the first places of a resample's blocks, a resample a row."""
        affordable = _DRAWS_MOST // self.count
        resamples = min(_RESAMPLES_MOST, max(_RESAMPLES_LEAST, affordable))
        return integers(rng, self.size, (resamples, self.count))


def _deviation(rows: NDArray[np.float64], count: int) -> Sample:
    """Return the standard error of the mean of ``count`` such blocks, for each row."""
    deviation: Sample = np.sqrt(rows.var(axis=1) / (count - 1))
    return deviation


def _studentised(scores: Sample) -> tuple[float, float]:
    """Return the scores that bound ``LEVEL`` of all; a resample without a spread tells nothing."""
    low, high = np.quantile(
        np.nan_to_num(scores, nan=0.0, posinf=np.inf, neginf=-np.inf),
        [_TAIL, 1 - _TAIL],
        method="nearest",
    )
    return float(low), float(high)


def _chance(scores: Sample, score: float) -> float:
    """Return the one-sided p-value, never 0: the sample itself is one of the draws."""
    return (int((scores >= score).sum()) + 1) / (scores.size + 1)
