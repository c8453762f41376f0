"""``sma_cross`` beside slow and obvious averages: the same crossings, for ever, no more."""

from fractions import Fraction
from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bench import Bench
from tests.support.market import SYMBOL, T0_NS
from trading.model.events import CandleClosed
from trading.model.intents import Enter
from trading.model.numbers import NS_PER_S
from trading.model.orders import Side
from trading.strategy.builtin.sma_cross import SmaCross
from trading.strategy.view import View


def bars(closes: list[float]) -> list[CandleClosed]:
    """Return closed bars with these closes."""
    return [
        CandleClosed(
            at_ns=T0_NS,
            symbol=SYMBOL,
            interval_s=60,
            open_ns=T0_NS + index * 60 * NS_PER_S,
            open=close,
            high=close,
            low=close,
            close=close,
            volume=1.0,
            turnover=close,
        )
        for index, close in enumerate(closes)
    ]


def view_of(bench: Bench) -> View:
    """Return a view of a bench."""
    return bench.view()


def decided(closes: list[float], fast: int, slow: int) -> list[tuple[int, Side]]:
    """Return index and side of every entry the strategy wants, always flat."""
    bench = Bench()
    view, strategy = view_of(bench), SmaCross(fast_bars=fast, slow_bars=slow)
    wanted = []
    for index, candle in enumerate(bars(closes)):
        bench.market.last_price = candle.close
        strategy.observe(candle, view)
        intent = strategy.decide(view)
        if intent is not None:
            assert isinstance(intent, Enter)
            wanted.append((index, intent.side))
    return wanted


def naive(closes: list[float], fast: int, slow: int) -> list[tuple[int, Side]]:
    """Return the crossings of two exact averages, each computed anew; equal is no side."""
    exact = [Fraction(repr(close)) for close in closes]
    found = []
    side: Side | None = None
    for index in range(slow - 1, len(closes)):
        gap = (
            sum(exact[index - fast + 1 : index + 1]) / fast
            - sum(exact[index - slow + 1 : index + 1]) / slow
        )
        if gap == 0:
            continue
        now = Side.BUY if gap > 0 else Side.SELL
        if side is not None and now is not side:
            found.append((index, now))
        side = now
    return found


PRICES = st.lists(st.integers(0, 30).map(lambda n: (1_000 + n) / 10), max_size=80)


@given(closes=PRICES, fast=st.integers(1, 6), extra=st.integers(1, 8))
def test_crossings_are_those_of_exact_averages(closes: list[float], fast: int, extra: int) -> None:
    """On a coarse lattice, with many touches: the same bars, the same sides."""
    assert naive(closes, fast, fast + extra) == decided(closes, fast, fast + extra)


def test_crossings_are_those_of_pandas() -> None:
    """3,000 bars of a random walk, 10 over 50: what ``rolling().mean()`` says."""
    rng = Random(4)
    closes = [60_000.0]
    for _ in range(3_000):
        closes.append(round(closes[-1] + rng.gauss(0, 30), 1))
    series = pd.Series(closes)
    above = (series.rolling(10).mean() > series.rolling(50).mean())[49:]
    changed = above[above != above.shift()].iloc[1:]
    expected = [
        (int(str(index)), Side.BUY if is_above else Side.SELL)
        for index, is_above in changed.items()
    ]

    assert len(expected) > 50
    assert expected == decided(closes, 10, 50)


@pytest.mark.parametrize("price", [86_511.1, 0.1, 1e-7, 123_456_789.1])
def test_a_market_that_stands_still_crosses_nothing(price: float) -> None:
    """After any past, equal averages are no signal: rounding residue is not a trend."""
    rng = Random(9)
    closes = [price * (1 + rng.randint(-50, 50) / 1_000) for _ in range(400)]

    wanted = decided([*closes, *[price] * 500], 10, 50)

    assert [] == [index for index, _ in wanted if index >= 400 + 49]


def test_it_needs_one_bar_more_than_its_slow_average() -> None:
    """A crossing compares two bars."""
    assert 51 == SmaCross().min_history_bars
    assert 4 == SmaCross(fast_bars=1, slow_bars=3).min_history_bars


def test_the_bracket_is_as_far_as_the_parameters_say() -> None:
    """30 bps and 1.5 times that from the price, to either side; reward 0 sets no target."""
    bench = Bench()
    bench.market.last_price = 50_000.0
    view = view_of(bench)
    for reward, target in ((1.5, "50225"), (0.0, None)):
        strategy = SmaCross(fast_bars=1, slow_bars=2, reward=reward)
        for candle in bars([5.0, 4.0, 6.0]):
            strategy.observe(candle, view)
        intent = strategy.decide(view)

        assert isinstance(intent, Enter)
        assert Side.BUY is intent.side
        assert 49_850 == intent.stop_price
        assert (None if target is None else float(target)) == (
            None if intent.target_price is None else float(intent.target_price)
        )


def test_it_does_not_pile_up() -> None:
    """With a position, with an entry under way, or without a price, a crossing is let pass."""
    busy, holding, blind = Bench(), Bench(), Bench()
    busy.plain(Side.BUY, "1", limit="1.0")
    holding.account.position(SYMBOL).increase(Side.BUY, 5, 1)  # type: ignore[arg-type]
    for bench, price in ((busy, 5.0), (holding, 5.0), (blind, None)):
        bench.market.last_price = price
        strategy = SmaCross(fast_bars=1, slow_bars=2)
        for candle in bars([5.0, 4.0, 6.0]):
            strategy.observe(candle, view_of(bench))

        assert None is strategy.decide(view_of(bench))


def test_a_crossing_is_good_for_its_own_bar_only() -> None:
    """Asked a bar later, the moment is over."""
    bench = Bench()
    bench.market.last_price = 5.0
    strategy = SmaCross(fast_bars=1, slow_bars=2)
    for candle in bars([5.0, 4.0, 6.0, 7.0]):
        strategy.observe(candle, view_of(bench))

    assert None is strategy.decide(view_of(bench))
