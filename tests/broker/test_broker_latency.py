"""Latency: drawn inside its bounds, from one seeded stream."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from trading.broker.latency import UniformLatency
from trading.config import ExecutionConfig
from trading.model.numbers import NS_PER_MS


def draws(seed: int, count: int = 200) -> list[int]:
    """Return draws of the default latency."""
    latency = UniformLatency(ExecutionConfig(), Random(seed))
    return [latency.entry_ns() for _ in range(count)]


@given(seed=st.integers(0, 2**32), low=st.integers(0, 500), width=st.integers(0, 500))
def test_every_draw_lies_inside_the_bounds(seed: int, low: int, width: int) -> None:
    """Never faster than the least, never slower than the most."""
    config = ExecutionConfig(latency_ms_min=low, latency_ms_max=low + width)
    latency = UniformLatency(config, Random(seed))

    for _ in range(20):
        assert low * NS_PER_MS <= latency.entry_ns() <= (low + width) * NS_PER_MS


def test_draws_spread_over_the_bounds() -> None:
    """50 to 500 ms: both ends are come near to, and the mean is in the middle."""
    drawn = [each / NS_PER_MS for each in draws(1, 2_000)]

    assert min(drawn) < 55
    assert max(drawn) > 495
    assert 265 < sum(drawn) / len(drawn) < 285


def test_the_seed_decides() -> None:
    """The same seed gives the same draws, another seed others."""
    assert draws(1) == draws(1)
    assert draws(1) != draws(2)


def test_a_trigger_crosses_no_network() -> None:
    """Its way is constant, and draws nothing from the stream."""
    assert 10 * NS_PER_MS == UniformLatency(ExecutionConfig(), Random(1)).trigger_ns
