"""What every strategy must hold: it cannot see the future, and it survives being stored."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bench import Bench
from tests.support.market import SYMBOL
from tests.support.walks import walk
from trading.model.events import CandleClosed
from trading.model.intents import Intent
from trading.strategy import registry
from trading.strategy.base import Strategy
from trading.strategy.view import View

EVERY = sorted(registry.BUILT_IN)
SHORT: dict[str, dict[str, float | int | bool | str]] = {
    "donchian": {"entry_bars": 8, "exit_bars": 4, "atr_bars": 6},
    "pullback_ribbon": {"fast_bars": 4, "slow_bars": 9, "atr_bars": 5},
    "sma_cross": {"fast_bars": 3, "slow_bars": 8, "atr_bars": 5, "atr_bps_min": 4.0},
    "sweep_reclaim": {"sweep_bars": 4, "vwap_bars": 20, "volume_bars": 6, "reward_min": 0.0},
    "vwap_reversion": {"vwap_bars": 12, "entry_deviations": 1.0, "oversold_rsi": 50.0},
}


@dataclass
class Stage:
    """A strategy, its view, and the bench below."""

    strategy: Strategy
    bench: Bench
    view: View
    positions: Random

    @classmethod
    def of(cls, name: str, seed: int) -> Stage:
        """Set a strategy up with short look-backs."""
        bench = Bench()
        view = bench.view(seed)
        return cls(registry.build(name, SHORT.get(name, {})), bench, view, Random(seed))

    def bar(self, candle: CandleClosed) -> Intent | None:
        """Show a bar, then hold something or nothing, as the seed says."""
        held = self.positions.choice(("0", "0", "0", "0.1", "-0.1"))
        self.bench.account.position(SYMBOL).quantity = Decimal(held)
        self.bench.market.last_price = candle.close
        self.view.now_ns = candle.at_ns
        self.strategy.observe(candle, self.view)
        return self.strategy.decide(self.view)


def decisions(name: str, seed: int, bars: list[CandleClosed]) -> list[Intent | None]:
    """Return what a strategy wants after each bar."""
    stage = Stage.of(name, seed)
    return [stage.bar(candle) for candle in bars]


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 300), other=st.integers(0, 10_000))
def test_the_future_does_not_change_the_past(name: str, seed: int, cut: int, other: int) -> None:
    """Whatever comes after a bar, or nothing at all: what was wanted until then is the same."""
    bars = walk(seed, 300)
    turned = bars[:cut] + walk(other + 20_000, 300)[cut:]
    whole = decisions(name, seed, bars)

    assert whole[:cut] == decisions(name, seed, bars[:cut])
    assert whole[:cut] == decisions(name, seed, turned)[:cut]


@pytest.mark.parametrize("name", EVERY)
def test_stored_at_every_bar_it_decides_the_same(name: str) -> None:
    """Its state is all there is: put away after every bar and brought back, nothing differs."""
    bars = walk(11, 400)
    expected = decisions(name, 11, bars)
    stage = Stage.of(name, 11)
    actual = []
    for candle in bars:
        stage.strategy = pickle.loads(pickle.dumps(stage.strategy))  # noqa: S301 - our own bytes
        actual.append(stage.bar(candle))

    assert expected == actual
    if name != "hold":
        assert any(intent is not None for intent in expected)


@pytest.mark.parametrize("name", EVERY)
def test_determinism_triple(name: str) -> None:
    """Same bars and seed, same decisions; other bars, others; each of them a valid run."""
    first = decisions(name, 1, walk(21, 400))

    assert first == decisions(name, 1, walk(21, 400))
    if name != "hold":
        assert first != decisions(name, 1, walk(22, 400))


@pytest.mark.parametrize("name", EVERY)
def test_it_is_ready_when_it_says_so(name: str) -> None:
    """With its least history seen, no indicator is still unknown: it could decide."""
    strategy = registry.build(name, {})
    stage = Stage.of(name, 1)
    stage.strategy = strategy
    for candle in walk(2, strategy.min_history_bars):
        stage.bar(candle)

    unknown = [
        key
        for key, part in vars(strategy).items()
        if hasattr(type(part), "value") and getattr(part, "value", 0) is None
    ]
    assert [] == unknown
