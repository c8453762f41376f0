"""``python -m tests.reports.inference.calibration``: do intervals and chances keep their promise?

Draws samples from a known truth, thousands of times, and prints how often the 90 % interval held
it, and how often a sample without an edge was called one at 5 %.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from reports.inference.bootstrap import Interval, mean_interval, ratio_interval

Sample = NDArray[np.float64]
Draw = Callable[[Random, int], Sample]


def bets(rng: Random, count: int) -> Sample:
    """Return results of a trader: 45 % win 1.5 R, the others lose 1 R, of very different sizes."""
    return np.array(
        [rng.lognormvariate(0, 0.4) * (1.5 if rng.random() < 0.45 else -1.0) for _ in range(count)]
    )


BETS_MEAN = (0.45 * 1.5 - 0.55) * float(np.exp(0.08))
BETS_RATIO = 0.45 * 1.5 / 0.55


def fair_bets(rng: Random, count: int) -> Sample:
    """Return results without an edge: 40 % win 1.5 R, the others lose 1 R."""
    return np.array([1.5 if rng.random() < 0.4 else -1.0 for _ in range(count)])


def normals(rng: Random, count: int) -> Sample:
    """Return independent normal results of mean 0."""
    return np.array([rng.gauss(0.0, 1.0) for _ in range(count)])


def followers(rng: Random, count: int) -> Sample:
    """Return results of mean 0 of which each takes a fifth from the one before."""
    found = [rng.gauss(0.0, 1.0)]
    for _ in range(count - 1):
        found.append(0.2 * found[-1] + rng.gauss(0.0, 1.0))
    return np.array(found)


def of_mean(values: Sample, rng: Random) -> Interval | None:
    """Return where the mean lies."""
    return mean_interval(values, rng)


def of_ratio(values: Sample, rng: Random) -> Interval | None:
    """Return where the profit factor lies."""
    return ratio_interval(np.maximum(values, 0), np.maximum(-values, 0), rng)


@dataclass(frozen=True, slots=True)
class Case:
    """Samples of a size from a truth, and what is asked of them."""

    name: str
    draw: Draw
    count: int
    truth: float
    ask: Callable[[Sample, Random], Interval | None] = of_mean


CASES = (
    Case("mean, normal", normals, 30, 0.0),
    Case("mean, normal", normals, 200, 0.0),
    Case("mean, bets of 45 %", bets, 30, BETS_MEAN),
    Case("mean, bets of 45 %", bets, 200, BETS_MEAN),
    Case("mean, each follows the last", followers, 100, 0.0),
    Case("mean, fair bets", fair_bets, 100, 0.0),
    Case("profit factor, bets of 45 %", bets, 30, BETS_RATIO, of_ratio),
    Case("profit factor, bets of 45 %", bets, 200, BETS_RATIO, of_ratio),
)


def intervals(case: Case, samples: int) -> list[Interval]:
    """Return the interval of each sample, all of them seeded."""
    found = [
        case.ask(case.draw(Random(seed), case.count), Random(-seed)) for seed in range(samples)
    ]
    return [each for each in found if each is not None]


def coverage(case: Case, samples: int) -> float:
    """Return the share of samples whose interval holds the truth; one without any does not."""
    held = sum(each.low <= case.truth <= each.high for each in intervals(case, samples))
    return held / samples


def main() -> int:
    """Print every case over 4,000 samples."""
    samples = 4_000
    sys.stdout.write("| what | n | 90 % interval holds | chance at most 5 % |\n|---|---|---|---|\n")
    for case in CASES:
        found = intervals(case, samples)
        held = sum(each.low <= case.truth <= each.high for each in found) / samples
        is_null = case.truth == 0.0
        called = sum(each.chance <= 0.05 for each in found) / samples
        named = f"{called:.1%}" if is_null else "there is an edge"
        sys.stdout.write(f"| {case.name} | {case.count} | {held:.1%} | {named} |\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
