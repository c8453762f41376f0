"""Sharpe ratios: the published numbers, and what they mean on made results."""

from random import Random

import numpy as np
import pytest

from reports.inference.sharpe import (
    Sharpe,
    best_of_luck,
    probability_above,
    results_needed,
    sharpe,
)


def test_the_deflated_ratio_of_the_paper() -> None:
    """100 trials over 1,250 days: the best of luck is 0.1132 a day, and 2.5 a year is 90 % sure."""
    luck = best_of_luck(100, 0.5 / 250)
    found = Sharpe(2.5 / 250**0.5, 1250, skewness=-3.0, kurtosis=10.0)

    assert 0.1132 == round(luck, 4)
    assert 0.9004 == round(probability_above(found, luck), 4)


def test_moments_are_measured() -> None:
    """Ratio, skewness and kurtosis of a small sample are those a pencil gives."""
    found = sharpe(np.array([1.0, 1.0, 1.0, -1.0]))

    assert found is not None
    assert (0.5, 4) == (found.ratio, found.count)
    assert -1.1547 == round(found.skewness, 4)
    assert 2.3333 == round(found.kurtosis, 4)


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0]])
def test_results_that_do_not_differ_have_no_ratio(values: list[float]) -> None:
    """A ratio over no spread is no number."""
    assert sharpe(np.array(values)) is None


def test_without_an_edge_the_probability_is_uniform() -> None:
    """On results of pure chance every probability is as likely."""
    found = []
    for seed in range(600):
        rng = Random(seed)
        ratio = sharpe(np.array([rng.gauss(0.0, 1.0) for _ in range(100)]))
        assert ratio is not None
        found.append(probability_above(ratio))
    expected = (np.arange(600) + 0.5) / 600

    assert float(np.abs(np.sort(found) - expected).max()) < 1.36 / 600**0.5


def test_one_trial_chose_nothing() -> None:
    """With one trial no luck is to be taken off; with more, more."""
    assert 0.0 == best_of_luck(1, 1.0)
    assert 0.0 < best_of_luck(2, 1.0) < best_of_luck(3, 1.0) < best_of_luck(1_000, 1.0)


def test_no_number_of_results_proves_a_loss() -> None:
    """A ratio below the benchmark cannot be told from it by waiting."""
    assert results_needed(Sharpe(-0.1, 40)) is None
    assert 70 == results_needed(Sharpe(0.2, 40))
