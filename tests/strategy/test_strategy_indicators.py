"""Indicators beside independent implementations, on made and on recorded bars, to 1e-9."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan, sqrt
from random import Random
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from tests.support.walks import recorded_bars, walk
from trading.errors import ConfigError
from trading.model.events import CandleClosed
from trading.strategy.indicators import Atr, Ema, Highest, Lowest, Rsi, Sma, SyntheticCvd, Vwap
from trading.strategy.indicators.averages import Wilder
from trading.strategy.indicators.window import WindowSum

Column = npt.NDArray[np.float64]


class OfNumbers(Protocol):
    """An indicator of a series of numbers."""

    def push(self, number: float) -> None:
        """Take the next number."""

    @property
    def value(self) -> float | None:
        """The value so far."""


def column(bars: Sequence[CandleClosed], name: str) -> Column:
    """Return one column of bars."""
    return np.array([getattr(bar, name) for bar in bars], dtype=np.float64)


def fed(indicator: OfNumbers, numbers: Sequence[float] | Column) -> list[float | None]:
    """Return the value after each number."""
    values = []
    for number in numbers:
        indicator.push(float(number))
        values.append(indicator.value)
    return values


def assert_same(expected: Column | Sequence[float], actual: list[float | None]) -> None:
    """Hold that both are unknown at the same places and equal at the others."""
    assert len(expected) == len(actual)
    assert [isnan(value) for value in expected] == [value is None for value in actual]
    known = [(e, a) for e, a in zip(expected, actual, strict=True) if a is not None]
    assert len(known) > 10
    for wanted, found in known:
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-7)


BARS = 2_000
MADE = walk(3, BARS)


@pytest.fixture(params=["made", "recorded"])
def bars(request: pytest.FixtureRequest) -> list[CandleClosed]:
    """Bars of a random walk, and of January 2024."""
    return MADE if request.param == "made" else recorded_bars(BARS)


@pytest.mark.parametrize("length", [1, 2, 14, 50])
def test_averages_and_extremes_are_those_of_ta_lib(bars: list[CandleClosed], length: int) -> None:
    """Simple mean and extremes; TA-Lib starts both with the first full window."""
    closes = column(bars, "close")
    assert_same(pd.Series(closes).rolling(length).mean().to_list(), fed(Sma(length), closes))
    assert_same(pd.Series(closes).rolling(length).max().to_list(), fed(Highest(length), closes))
    assert_same(pd.Series(closes).rolling(length).min().to_list(), fed(Lowest(length), closes))
    if length > 1:  # TA-Lib knows no window of one
        assert_same(talib.SMA(closes, length), fed(Sma(length), closes))
        assert_same(talib.EMA(closes, length), fed(Ema(length), closes))
        assert_same(talib.MAX(closes, length), fed(Highest(length), closes))
        assert_same(talib.MIN(closes, length), fed(Lowest(length), closes))


@pytest.mark.parametrize("length", [2, 14, 50])
def test_range_and_strength_are_those_of_ta_lib(bars: list[CandleClosed], length: int) -> None:
    """Wilder's smoothing, seeded with the mean: the same bars unknown, the same values."""
    closes = column(bars, "close")
    atr = Atr(length)
    values = []
    for bar in bars:
        atr.push(bar)
        values.append(atr.value)

    assert_same(talib.ATR(column(bars, "high"), column(bars, "low"), closes, length), values)
    assert_same(talib.RSI(closes, length), fed(Rsi(length), closes))


@pytest.mark.parametrize("length", [1, 20, 60])
def test_vwap_is_the_weighted_mean_of_numpy(bars: list[CandleClosed], length: int) -> None:
    """Value and deviation, each computed anew over its window."""
    vwap = Vwap(length)
    typical = (column(bars, "high") + column(bars, "low") + column(bars, "close")) / 3
    volume = column(bars, "volume")
    compared = 0
    for index, bar in enumerate(bars):
        vwap.push(bar)
        window = slice(index + 1 - length, index + 1)
        if index + 1 < length or volume[window].sum() == 0:
            assert None is vwap.value
            assert None is vwap.deviation
            continue
        mean = np.average(typical[window], weights=volume[window])
        spread = sqrt(np.average((typical[window] - mean) ** 2, weights=volume[window]))
        assert vwap.value == pytest.approx(mean, rel=1e-10)
        assert vwap.deviation == pytest.approx(spread, rel=1e-4, abs=1e-3)
        compared += 1
    assert compared > BARS // 2


def test_synthetic_delta_is_chaikins_multiplier_summed(bars: list[CandleClosed]) -> None:
    """TA-Lib's accumulation line is the sum from the start; a window is a difference of it."""
    names = ("high", "low", "close", "volume")
    line = talib.AD(*(column(bars, name) for name in names))
    cvd = SyntheticCvd(20)
    for index, bar in enumerate(bars):
        cvd.push(bar)
        if index >= 20:
            assert cvd.value == pytest.approx(line[index] - line[index - 20], rel=1e-6, abs=1e-5)
    assert None is not cvd.value


def test_a_bar_without_span_counts_for_neither_side() -> None:
    """All of its volume at one price: no share to split it by."""
    cvd = SyntheticCvd(1)
    flat = walk(1, 1)[0]
    price = flat.close
    cvd.push(
        CandleClosed(
            at_ns=flat.at_ns,
            symbol=flat.symbol,
            interval_s=60,
            open_ns=flat.open_ns,
            open=price,
            high=price,
            low=price,
            close=price,
            volume=5.0,
            turnover=5.0 * price,
        )
    )

    assert 0.0 == cvd.value


def test_a_market_that_stands_still_is_neutral() -> None:
    """Neither gain nor loss is 50, where a quotient of nothing would be."""
    assert 50.0 == fed(Rsi(3), [7.0] * 6)[-1]
    assert 100.0 == fed(Rsi(3), [1.0, 2.0, 3.0, 4.0])[-1]
    assert 0.0 == fed(Rsi(3), [4.0, 3.0, 2.0, 1.0])[-1]


NUMBERS = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=60)


@given(numbers=NUMBERS, length=st.integers(1, 12))
def test_extremes_are_those_of_a_list(numbers: list[float], length: int) -> None:
    """With ties, rises and falls of every shape."""
    windows = [numbers[max(0, i + 1 - length) : i + 1] for i in range(len(numbers))]

    assert [max(w) if len(w) == length else None for w in windows] == fed(Highest(length), numbers)
    assert [min(w) if len(w) == length else None for w in windows] == fed(Lowest(length), numbers)


def test_a_window_sum_does_not_drift() -> None:
    """A million numbers of very different sizes later, it is the sum of the window."""
    rng = Random(8)
    window = WindowSum(50)
    numbers = [rng.uniform(-1, 1) * 10 ** rng.randint(-6, 9) for _ in range(100_000)]
    numbers += [rng.uniform(0, 1) for _ in range(120)]
    for number in numbers:
        window.push(number)

    assert window.total == pytest.approx(sum(numbers[-50:]), rel=1e-12)


@pytest.mark.parametrize(
    "make", [Sma, Ema, Wilder, Atr, Rsi, Highest, Lowest, Vwap, SyntheticCvd, WindowSum]
)
@pytest.mark.parametrize("bars", [0, -1, 2.0, 5_001, True, None])
def test_a_look_back_is_a_whole_number_of_bars(
    make: Callable[[object], object], bars: object
) -> None:
    """Anything else is refused where it is written."""
    with pytest.raises(ConfigError, match="a whole number from 1 to 5000"):
        make(bars)
