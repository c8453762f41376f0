"""Whether a session's round trips say anything about its strategy, and how much more it would take.

The unit is the closed round trip. Costs are inside its net. Below ``SAMPLE_LEAST`` of them nothing
is said, and that is a result. One session is one trial: what it takes to judge the best of many is
the day report's matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from reports.inference.bootstrap import Interval, mean_interval, ratio_interval
from reports.inference.sharpe import probability_above, results_needed, sharpe
from reports.story import SessionStory


@dataclass(frozen=True, slots=True, kw_only=True)
class Significance:
    """What ``n`` round trips prove; None where they are too few, or where it has no meaning.

    ``expectancy`` bounds the mean net of a round trip, in the quote coin, and ``in_r`` the same in
    R over those whose risk was planned; ``profit_factor`` bounds gains over losses.
    ``sharpe`` is a round trip's, not a year's; ``skill`` is the probability that the true one is
    above 0, and ``needed`` how many round trips as these would show it with 95 % confidence.
    """

    n: int
    expectancy: Interval | None
    in_r: Interval | None
    profit_factor: Interval | None
    sharpe: float | None
    skill: float | None
    needed: int | None


def weigh(story: SessionStory) -> Significance:
    """Return what the round trips prove; the same story gives the same bounds."""
    nets = story.results
    ratios = np.array([float(trip.net / trip.risk) for trip in story.trips if trip.risk])
    rng = Random(f"{story.session_id}:significance")
    expectancy = mean_interval(nets, rng)
    ratio = sharpe(nets) if expectancy is not None else None
    return Significance(
        n=nets.size,
        expectancy=expectancy,
        in_r=mean_interval(ratios, rng),
        profit_factor=ratio_interval(np.maximum(nets, 0.0), np.maximum(-nets, 0.0), rng),
        sharpe=None if ratio is None else ratio.ratio,
        skill=None if ratio is None else probability_above(ratio),
        needed=None if ratio is None else results_needed(ratio),
    )
