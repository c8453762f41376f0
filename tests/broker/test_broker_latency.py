"""Latency: a stream a leg, a body and a tail, and what a config makes of them."""

from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.broker.latency import Leg, LeggedLatency, Tail, UniformLatency, latency_of
from trading.config import ExecutionConfig
from trading.model.numbers import NS_PER_MS
from trading.model.presets import Assumptions

NO_TAIL = Tail(0.0, 250.0, 1.5, 5_000.0)
TAIL = Tail(0.01, 250.0, 1.5, 5_000.0)


def legs(seed: int = 1, **settings: float) -> LeggedLatency:
    """Return the legs of the neutral preset, with settings in its place."""
    return LeggedLatency(ExecutionConfig(**settings).assumptions, seed)  # type: ignore[arg-type]


def test_half_of_the_draws_lie_below_the_median() -> None:
    """And the body is as wide as its sigma says: a sixth lies beyond exp(sigma) times it."""
    leg = Leg(60.0, 0.5, NO_TAIL, Random(1))
    drawn = sorted(leg.draw_ns() / NS_PER_MS for _ in range(4_000))

    assert 58 < median(drawn) < 62
    assert 0.14 < sum(each > 60 * 1.6487 for each in drawn) / 4_000 < 0.18


def test_the_tail_is_as_heavy_as_its_share_and_is_cut() -> None:
    """One draw in a hundred takes a quarter of a second or more; none more than the cut."""
    leg = Leg(60.0, 0.5, TAIL, Random(1))
    drawn = [leg.draw_ns() / NS_PER_MS for _ in range(20_000)]
    slow = [each for each in drawn if each >= 250]

    assert 0.007 < len(slow) / 20_000 < 0.014
    assert any(each > 1_000 for each in slow)
    assert max(drawn) <= 5_000


@given(
    share=st.floats(0.0, 1.0, exclude_max=True),
    low=st.floats(0.0, 400.0),
    more=st.floats(0.0, 400.0),
)
def test_a_larger_median_never_makes_the_same_draw_faster(
    share: float, low: float, more: float
) -> None:
    """Two runs that differ only in a median see the same luck, one of them later."""
    fast, slow = (Leg(each, 0.5, TAIL, Random(1)) for each in (low, low + more))

    assert 0 <= fast.quantile_ns(share) <= slow.quantile_ns(share) <= 5_000 * NS_PER_MS


def test_a_draw_in_one_leg_shifts_no_other() -> None:
    """However often cancels, answers and questions are drawn, the orders' times are the same."""
    quiet, busy = legs(), legs()
    for _ in range(7):
        busy.response_ns()
        busy.query_ns()
    expected = [quiet.order_ns() for _ in range(20)]

    drawn = []
    for _ in range(20):
        drawn.append(busy.order_ns())
        busy.response_ns()

    assert expected == drawn


def test_the_seed_decides() -> None:
    """The same seed gives the same draws, another seed others."""
    first, again, other = (
        [latency.order_ns() for _ in range(20)] for latency in (legs(1), legs(1), legs(2))
    )

    assert first == again
    assert first != other


def test_the_legs_are_summed_where_they_follow_each_other() -> None:
    """Without spread: what the feed hides and the way there; the way back; both ways of a query."""
    fixed = legs(
        feed_latency_ms=5,
        entry_latency_ms=60,
        cancel_latency_ms=70,
        response_latency_ms=40,
        trigger_latency_ms=10,
        latency_sigma=0,
        latency_tail_share=0,
    )

    assert [65, 75, 40, 100, 10] == [
        each / NS_PER_MS
        for each in (
            fixed.order_ns(),
            fixed.cancel_ns(),
            fixed.response_ns(),
            fixed.query_ns(),
            fixed.trigger_ns,
        )
    ]


def test_a_leg_of_no_length_has_no_tail() -> None:
    """Switched off is switched off: not one draw in a hundred takes a second."""
    leg = Leg(0.0, 0.5, TAIL, Random(1))

    assert {0} == {leg.draw_ns() for _ in range(1_000)}


@given(seed=st.integers(0, 2**32), low=st.integers(0, 500), width=st.integers(0, 500))
def test_every_uniform_draw_lies_inside_its_bounds(seed: int, low: int, width: int) -> None:
    """Never faster than the least, never slower than the most; the way back is not in them."""
    latency = UniformLatency(low, low + width, 10.0, seed)

    for _ in range(20):
        for drawn in (latency.order_ns(), latency.cancel_ns(), latency.query_ns()):
            assert low * NS_PER_MS <= drawn <= (low + width) * NS_PER_MS
    assert 0 == latency.response_ns()


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (ExecutionConfig(), LeggedLatency),
        (ExecutionConfig(preset="pessimistic", entry_latency_ms=20), LeggedLatency),
        (ExecutionConfig(latency_ms_min=50, latency_ms_max=500), UniformLatency),
    ],
)
def test_both_bounds_make_it_uniform(config: ExecutionConfig, kind: type) -> None:
    """Without them it is the legs of the preset."""
    assert kind is type(latency_of(config, 1))


def test_the_neutral_preset_is_what_the_measurements_suggest() -> None:
    """60 ms each way, sigma a half, one in a hundred in the tail from 250 ms."""
    neutral = Assumptions()

    assert (60.0, 60.0, 0.5, 0.01, 250.0, 1.5, 5_000.0) == (
        neutral.entry_latency_ms,
        neutral.response_latency_ms,
        neutral.latency_sigma,
        neutral.latency_tail_share,
        neutral.latency_tail_from_ms,
        neutral.latency_tail_alpha,
        neutral.latency_most_ms,
    )
