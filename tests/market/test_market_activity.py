"""How much a market moves and trades, as its closed bars tell."""

from math import sqrt
from random import Random
from statistics import fmean

import pytest
from msgspec import structs

from tests.support.market import SYMBOL, T0_NS, bar
from trading.market.activity import SAMPLES_MOST, activity
from trading.market.candles import CandleSeries
from trading.model.numbers import NS_PER_S

DAY_BARS = 1_440


def series(closes: list[float], interval_s: int = 60, volume: float = 10.0) -> CandleSeries:
    """Return closed bars with these closes."""
    made = CandleSeries(SYMBOL, interval_s, kept_bars=5_000, confirm_timeout_ns=1, live_from_ns=0)
    for index, close in enumerate(closes):
        update = bar(index, close, interval_s=interval_s)
        made.push(structs.replace(update, volume=volume), T0_NS, [])
    return made


def swinging(count: int, share: float) -> list[float]:
    """Return closes that go up and down by a share, so that any stride sees moves of its size."""
    rng = Random(count)
    closes = [100.0]
    for _ in range(count - 1):
        closes.append(closes[-1] * (1 + share * rng.choice((-1, 1))))
    return closes


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_bars_tell_nothing(count: int) -> None:
    """One price is no return."""
    assert activity(series([100.0] * count)) is None


def test_two_bars_make_a_day() -> None:
    """One percent a minute is one percent times the root of 1,440 a day; volume times that."""
    seen = activity(series([100.0, 101.0]))

    assert seen is not None
    assert seen.volatility_day == pytest.approx(0.01 * sqrt(DAY_BARS))
    assert (14_400.0, 10.0) == (seen.volume_day, seen.bar_volume)
    assert T0_NS + 60 * NS_PER_S == seen.bar_open_ns


def test_what_is_older_than_a_day_does_not_count() -> None:
    """A storm before it leaves no trace in price or volume."""
    calm, stormy = swinging(DAY_BARS, 0.0001), swinging(DAY_BARS, 0.01)
    alone, after = activity(series(calm)), activity(series([*stormy, *calm]))

    assert alone is not None
    assert after is not None
    assert alone.volatility_day == after.volatility_day


def test_a_wild_hour_raises_the_day_and_a_calm_one_does_not_lower_it() -> None:
    """A storm's cost is a storm's: ten times the moves, ten times the volatility."""
    calm, wild = swinging(DAY_BARS, 0.0005), swinging(60, 0.005)

    def volatility(closes: list[float]) -> float:
        seen = activity(series(closes))
        assert seen is not None
        return seen.volatility_day

    assert volatility([*calm, *wild]) > 5 * volatility(calm)
    assert volatility([*swinging(DAY_BARS - 60, 0.005), *swinging(60, 0.0)]) > 0.1


def test_bars_of_an_hour_have_no_hour_within_them() -> None:
    """Where an hour is one bar, the day's own volatility stands."""
    seen = activity(series([100.0, 101.0, 100.0, 101.0], interval_s=3_600))

    assert seen is not None
    assert seen.volatility_day == pytest.approx(0.01 * sqrt(24), rel=0.01)


def test_the_samples_tell_the_whole() -> None:
    """Over many days the mean estimate of 2 % is 2 %, though each looks at a few bars only."""
    share = 0.02 / sqrt(DAY_BARS)
    found = []
    for seed in range(60):
        rng = Random(seed)
        closes = [100.0]
        for _ in range(DAY_BARS - 1):
            closes.append(closes[-1] * (1 + rng.gauss(0, share)))
        seen = activity(series(closes))
        assert seen is not None
        found.append(seen.volatility_day**2)

    assert sqrt(fmean(found)) == pytest.approx(0.02, rel=0.25)
    assert SAMPLES_MOST < DAY_BARS


def test_a_price_of_nothing_is_no_crash() -> None:
    """A bar that closes at 0 cannot be returned from; it counts as no move."""
    seen = activity(series([0.0, 100.0]))

    assert seen is not None
    assert seen.volatility_day == 0.0
