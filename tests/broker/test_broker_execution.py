"""One name swaps every assumption: the same orders, the same market, another result."""

from dataclasses import replace
from decimal import Decimal
from math import sqrt
from random import Random
from statistics import fmean, stdev

import pytest

from tests.support.bench import Bench
from tests.support.market import trade
from tests.support.run import EAGER_RISK, Run, setup_of
from trading.config import ExecutionConfig
from trading.model.events import OrderFilled
from trading.model.orders import Side
from trading.model.presets import Preset

D = Decimal
LADDER: tuple[Preset, ...] = ("optimistic", "neutral", "pessimistic")
SPAN_MS = 3_000


def walked(seed: int, drift: int = 0) -> list[tuple[int, float]]:
    """Return times and middles of a walk in steps of a tick, every 20 ms."""
    rng, tick, path = Random(seed), 500_000, []
    for at_ms in range(0, SPAN_MS, 20):
        tick += rng.choice((-1, 0, 1)) + drift * rng.randint(0, 1)
        path.append((at_ms, tick / 10))
    return path


def cost(config: ExecutionConfig, side: Side, path: list[tuple[int, float]]) -> float:
    """Return what a market order sent at the path's beginning pays beyond the middle then."""
    bench = Bench(config=config)
    for at_ms, middle in path:
        bench.book(round(middle - 0.1, 1), round(middle + 0.1, 1), at_ms)
        if at_ms == 0:
            bench.plain(side, "0.5")
    (fill,) = bench.fills()
    return side.sign * (float(fill.price) - path[0][1])


def constant(latency_ms: float) -> ExecutionConfig:
    """Return a latency that is always the same."""
    return ExecutionConfig(latency_ms_min=latency_ms, latency_ms_max=latency_ms)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("seed", range(5))
def test_in_a_market_that_runs_away_every_millisecond_costs(side: Side, seed: int) -> None:
    """Who follows a move pays for being late, and never less than who is sooner."""
    path = walked(seed, drift=3 * side.sign)
    costs = [cost(constant(ms), side, path) for ms in (0, 50, 200, 800, 2_000)]

    assert sorted(costs) == costs
    assert costs[0] < costs[-1]


def test_more_latency_never_helps_on_average() -> None:
    """Without a drift being late is a lottery: over many walks the mean gain is none."""
    gains = [
        cost(constant(50), side, path) - cost(constant(1_000), side, path)
        for path in map(walked, range(150))
        for side in Side
    ]

    assert fmean(gains) < 2 * stdev(gains) / sqrt(len(gains))


def test_the_same_session_pays_more_under_the_more_severe_preset() -> None:
    """Same strategy, prints and seed; one word of the config is all that differs."""
    paid: dict[Preset, set[Decimal]] = {}
    for preset in LADDER:
        setup = setup_of(
            strategy="Eager",
            parameters={"hold_s": 4.0, "stop_bps": 200.0},
            minutes=3,
            channels=(),
            execution=ExecutionConfig(preset=preset),
            risk=replace(EAGER_RISK, orders_per_min_max=0, losses_in_a_row_max=0),
        )
        run = Run(setup)
        for at_ms in range(0, 4 * 60_000, 250):
            run.at(trade(50_000.0, at_ms=at_ms))
        paid[preset] = {each.side.sign * (each.price - 50_000) for each in run.all(OrderFilled)}
        assert len(run.all(OrderFilled)) > 20
        assert D(0) == run.quantity

    assert {
        "optimistic": {D("2.5")},
        "neutral": {D("5.0")},
        "pessimistic": {D("10.0")},
    } == paid


def test_a_resting_order_is_filled_by_the_presets_maker() -> None:
    """A print at the price, one that eats the queue, one beyond: each preset asks for its own."""
    filled: dict[Preset, list[int]] = {}
    for preset in LADDER:
        bench = Bench(config=ExecutionConfig(preset=preset, latency_ms_min=0, latency_ms_max=0))
        bench.book(99.9, 100.1, 0, size=5.0)
        bench.plain(Side.BUY, "1", limit="99.9")
        bench.book(99.9, 100.1, 10, size=5.0)
        filled[preset] = []
        for step, (price, quantity) in enumerate([(99.9, 4.0), (99.9, 2.0), (99.8, 9.0)]):
            bench.trade(price, 20 + step, quantity=quantity)
            filled[preset].append(len(bench.fills()))

    assert {"optimistic": [1, 1, 1], "neutral": [0, 1, 1], "pessimistic": [0, 0, 1]} == filled
