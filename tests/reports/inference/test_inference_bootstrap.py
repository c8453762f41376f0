"""Intervals keep their promise: on synthetic truth, 90 % of them hold it, and chance is uniform."""

from random import Random

import numpy as np
import pytest

from reports.inference.bootstrap import SAMPLE_LEAST, mean_interval, ratio_interval
from tests.reports.inference.calibration import CASES, Case, bets, coverage, normals

SAMPLES = 500


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}, {case.count}")
def test_nine_in_ten_intervals_hold_the_truth(case: Case) -> None:
    """Coverage is 86 to 94 %: few and many results, lopsided ones, ones in a row, ratios."""
    assert 0.86 <= coverage(case, SAMPLES) <= 0.94


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
