"""Sharpe ratios a result at a time, and how far they can be believed. Nothing is annualised.

Source: Bailey & López de Prado, "The Sharpe Ratio Efficient Frontier" (2012) and "The Deflated
Sharpe Ratio" (2014). ``SR`` is the mean over the standard deviation, ``g3`` the skewness, ``g4``
the kurtosis (3 for a normal), ``T`` the number of results, and the standard error of ``SR`` is
``sqrt((1 - g3*SR + (g4 - 1)/4*SR^2) / (T - 1))``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, e, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

_NORMAL: Final = NormalDist()
_EULER_GAMMA: Final = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class Sharpe:
    """A Sharpe ratio, with what its error needs."""

    ratio: float
    count: int
    skewness: float = 0.0
    kurtosis: float = 3.0

    @property
    def spread(self) -> float:
        """The variance of the ratio, times ``count - 1``; never below a rounding error."""
        curved = (self.kurtosis - 1) / 4 * self.ratio**2
        return max(1 - self.skewness * self.ratio + curved, 1e-12)


def sharpe(values: NDArray[np.float64]) -> Sharpe | None:
    """Return the ratio of results; None where they do not differ."""
    deviation = float(values.std(ddof=1)) if values.size > 1 else 0.0
    if deviation == 0.0:
        return None
    centred = (values - values.mean()) / values.std()
    return Sharpe(
        ratio=float(values.mean()) / deviation,
        count=values.size,
        skewness=float((centred**3).mean()),
        kurtosis=float((centred**4).mean()),
    )


def probability_above(found: Sharpe, benchmark: float = 0.0) -> float:
    """Return the probabilistic Sharpe ratio: how likely the true ratio is above a benchmark.

    >>> round(probability_above(Sharpe(0.1, 250)), 4)
    0.9423
    """
    return _NORMAL.cdf((found.ratio - benchmark) * sqrt((found.count - 1) / found.spread))


def best_of_luck(trials: int, variance: float) -> float:
    """Return the highest ratio to be expected of trials without any skill.

    ``trials`` counts all of them, also those given up; ``variance`` is that of their ratios. With
    one trial nothing was chosen, so nothing is to be expected.

    >>> round(best_of_luck(100, 0.5 / 250), 4)
    0.1132
    """
    if trials < 2:  # noqa: PLR2004 - one trial is no choice
        return 0.0
    most = _NORMAL.inv_cdf(1 - 1 / trials)
    further = _NORMAL.inv_cdf(1 - 1 / (trials * e))
    return sqrt(variance) * ((1 - _EULER_GAMMA) * most + _EULER_GAMMA * further)


def results_needed(found: Sharpe, benchmark: float = 0.0, confidence: float = 0.95) -> int | None:
    """Return how many results such a ratio takes to be told from a benchmark; None: no number.

    >>> results_needed(Sharpe(0.1, 250))
    273
    """
    if found.ratio <= benchmark:
        return None
    score = _NORMAL.inv_cdf(confidence)
    return ceil(1 + found.spread * (score / (found.ratio - benchmark)) ** 2)
