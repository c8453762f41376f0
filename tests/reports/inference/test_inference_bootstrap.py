"""Intervals keep their promise: on synthetic truth, 90 % of them hold it, and chance is uniform."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from reports.inference.bootstrap import SAMPLE_LEAST, mean_interval, ratio_interval

SAMPLES = 500
Sample = NDArray[np.float64]


def bets(rng: Random, count: int) -> Sample:
    """Return results of a trader: 45 % win 1.5 R, the others lose 1 R, of very different sizes."""
    return np.array(
        [rng.lognormvariate(0, 0.4) * (1.5 if rng.random() < 0.45 else -1.0) for _ in range(count)]
    )


BETS_MEAN = (0.45 * 1.5 - 0.55) * float(np.exp(0.08))
BETS_RATIO = 0.45 * 1.5 / 0.55


def normals(rng: Random, count: int) -> Sample:
    """Return independent normal results of mean 0."""
    return np.array([rng.gauss(0.0, 1.0) for _ in range(count)])


def followers(rng: Random, count: int) -> Sample:
    """Return results of mean 0 of which each takes a fifth from the one before."""
    found = [rng.gauss(0.0, 1.0)]
    for _ in range(count - 1):
        found.append(0.2 * found[-1] + rng.gauss(0.0, 1.0))
    return np.array(found)


@pytest.mark.parametrize(
    ("draw", "count", "truth"),
    [
        (normals, 30, 0.0),
        (normals, 200, 0.0),
        (bets, 30, BETS_MEAN),
        (bets, 200, BETS_MEAN),
        (followers, 100, 0.0),
    ],
)
def test_nine_in_ten_intervals_hold_the_mean(
    draw: Callable[[Random, int], Sample], count: int, truth: float
) -> None:
    """Coverage is 86 to 94 %, for few and many results, lopsided ones and ones in a row."""
    held = 0
    for seed in range(SAMPLES):
        found = mean_interval(draw(Random(seed), count), Random(-seed))
        assert found is not None
        held += found.low <= truth <= found.high

    assert 0.86 <= held / SAMPLES <= 0.94


@pytest.mark.parametrize("count", [30, 200])
def test_nine_in_ten_intervals_hold_the_profit_factor(count: int) -> None:
    """The same for the ratio of gains to losses."""
    held = 0
    for seed in range(SAMPLES):
        values = bets(Random(seed), count)
        found = ratio_interval(np.maximum(values, 0), np.maximum(-values, 0), Random(-seed))
        assert found is not None
        held += found.low <= BETS_RATIO <= found.high

    assert 0.86 <= held / SAMPLES <= 0.94


def test_chance_is_uniform_where_there_is_nothing_but_chance() -> None:
    """Without an edge every p-value is as likely: no step of the whole is off by 6 % of all."""
    chances = []
    for seed in range(SAMPLES):
        found = mean_interval(normals(Random(seed), 60), Random(-seed))
        assert found is not None
        chances.append(found.chance)
    expected = (np.arange(SAMPLES) + 0.5) / SAMPLES

    assert float(np.abs(np.sort(chances) - expected).max()) < 1.36 / np.sqrt(SAMPLES)


def test_a_clear_edge_is_found() -> None:
    """Results whose mean is a deviation above zero are not called chance, and the reverse are."""
    values = normals(Random(1), 50)
    gain, loss = mean_interval(values + 1.0, Random(2)), mean_interval(values - 1.0, Random(2))

    assert gain is not None
    assert loss is not None
    assert gain.low > 0.5
    assert gain.chance < 0.001
    assert loss.chance > 0.999


def test_too_few_results_say_nothing() -> None:
    """Neither do results that are all the same, nor a ratio without gains or losses."""
    few, same = normals(Random(1), SAMPLE_LEAST - 1), np.full(SAMPLE_LEAST, 2.0)
    nothing = np.zeros(SAMPLE_LEAST)

    assert mean_interval(few, Random(1)) is None
    assert mean_interval(same, Random(1)) is None
    assert ratio_interval(few, few, Random(1)) is None
    assert ratio_interval(same, nothing, Random(1)) is None
    assert ratio_interval(nothing, same, Random(1)) is None


def test_one_seed_gives_one_interval() -> None:
    """The same results and the same seed: the same numbers; another seed: others."""
    values = bets(Random(4), 80)

    assert mean_interval(values, Random(7)) == mean_interval(values, Random(7))
    assert mean_interval(values, Random(7)) != mean_interval(values, Random(8))


def test_a_hundred_thousand_results_are_no_matter() -> None:
    """A very long sample is resampled less often, and its interval is narrow."""
    found = mean_interval(normals(Random(1), 100_000), Random(2))

    assert found is not None
    assert found.high - found.low < 0.02
