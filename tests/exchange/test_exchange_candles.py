"""Bars are what their prints were, and longer ones what their minutes were."""

from __future__ import annotations

import random

import pytest

from trading.exchange.candles import Candles
from trading.exchange.contract import contract_for
from trading.exchange.history import HISTORY_MINUTES, Bar, History, MarkHistory
from trading.exchange.intervals import WEEK, Interval, bar_start, next_bar_start

MINUTE_NS = 60_000_000_000
FIRST_MINUTE = 29_833_320
BTC = contract_for("BTCUSDT")


def candles() -> Candles:
    """Return bars that begin at 865,000 ticks."""
    history = History(BTC, seed=1, price_ticks=865_000)
    return Candles(history, start_ns=FIRST_MINUTE * MINUTE_NS, price_ticks=865_000)


def row(bar: Bar) -> tuple[int, ...]:
    """Return a bar's numbers."""
    return (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover)


def test_a_bar_opens_at_the_previous_close_even_outside_its_own_range() -> None:
    """High and low come from the bar's prints only, as on the venue."""
    bars = candles()
    bars.add(FIRST_MINUTE * MINUTE_NS, 865_010, 2)
    bars.add((FIRST_MINUTE + 1) * MINUTE_NS, 864_990, 3)
    bars.add((FIRST_MINUTE + 1) * MINUTE_NS + 1, 864_980, 1)

    assert (865_010, 864_990, 864_980, 864_980, 4, 864_990 * 3 + 864_980) == row(
        bars.bar(FIRST_MINUTE + 1)
    )


def test_a_minute_without_prints_is_flat() -> None:
    """Time passes without trades: the bar stands at the last close, without volume."""
    bars = candles()
    bars.move_to((FIRST_MINUTE + 2) * MINUTE_NS)

    assert (865_000, 865_000, 865_000, 865_000, 0, 0) == row(bars.bar(FIRST_MINUTE + 1))


def test_the_past_joins_the_first_live_bar_without_a_gap() -> None:
    """Every open is the close before it, across the start too."""
    bars = candles()
    closes = [bars.bar(minute).close for minute in range(FIRST_MINUTE - 200, FIRST_MINUTE)]
    opens = [bars.bar(minute).open for minute in range(FIRST_MINUTE - 199, FIRST_MINUTE + 1)]

    assert closes == opens


@pytest.mark.parametrize("interval", [1, 3, 5, 60, 240, 1_440, WEEK, "month"])
def test_the_forming_bar_equals_its_minutes_merged(interval: Interval) -> None:
    """The bar kept up to date while prints come is the same as one made anew from its minutes."""
    bars = candles()
    chance = random.Random(5)
    for step in range(400):
        ns = FIRST_MINUTE * MINUTE_NS + step * 2_500_000_000
        bars.add(ns, 865_000 + chance.randrange(-50, 50), chance.randrange(1, 9))
        bars.current(interval)
    kept = row(bars.current(interval))
    anew = bars.page(interval, from_minute=0, to_minute=bars.minute, limit=1)[0]

    assert row(anew[1]) == kept


def test_the_last_day_is_the_last_1440_minutes() -> None:
    """The rolling day ends with the forming minute."""
    bars = candles()
    bars.add(FIRST_MINUTE * MINUTE_NS, 999_999, 7)
    minutes = [bars.bar(minute) for minute in range(FIRST_MINUTE - 1_439, FIRST_MINUTE + 1)]
    day = bars.last_day()

    assert minutes[0].open == day.open
    assert 999_999 == day.high == day.close
    assert sum(minute.volume for minute in minutes) == day.volume

    bars.move_to((FIRST_MINUTE + 1) * MINUTE_NS)

    assert minutes[1].open == bars.last_day().open


def test_a_page_is_the_most_recent_bars_of_its_range_newest_first() -> None:
    """A far-back start does not make the page begin there; the end does make it end there."""
    bars = candles()
    page = bars.page(1, from_minute=FIRST_MINUTE - 1_000, to_minute=FIRST_MINUTE - 10, limit=3)

    assert [FIRST_MINUTE - 10, FIRST_MINUTE - 11, FIRST_MINUTE - 12] == [m for m, _ in page]
    assert [] == bars.page(1, from_minute=FIRST_MINUTE, to_minute=FIRST_MINUTE - 1, limit=3)


def test_history_ends_after_thirty_days() -> None:
    """Before the made-up past there is nothing: a short page, then an empty one."""
    bars = candles()
    oldest = FIRST_MINUTE - HISTORY_MINUTES

    assert [oldest + 1, oldest] == [
        minute for minute, _ in bars.page(1, from_minute=0, to_minute=oldest + 1, limit=200)
    ]
    assert [] == bars.page(1, from_minute=0, to_minute=oldest - 1, limit=200)


@pytest.mark.parametrize("seed", range(5))
def test_the_past_is_pure_plausible_and_has_opens_outside_the_range(seed: int) -> None:
    """Same seed, same past; every bar holds its close; now and then an open lies outside."""
    first = History(BTC, seed=seed, price_ticks=865_000)
    again = History(BTC, seed=seed, price_ticks=865_000)
    bars = [first.bar(age) for age in range(1, 3_001)]

    assert [row(bar) for bar in bars] == [row(again.bar(age)) for age in range(1, 3_001)]
    assert all(0 < bar.low <= bar.close <= bar.high for bar in bars)
    assert all(bar.volume * bar.low <= bar.turnover <= bar.volume * bar.high for bar in bars)
    outside = sum(not bar.low <= bar.open <= bar.high for bar in bars)
    assert 10 < outside < 150


def test_the_past_of_another_seed_is_another() -> None:
    """The seed is not ignored."""
    one, other = (History(BTC, seed=seed, price_ticks=865_000) for seed in (1, 2))

    assert row(one.bar(100)) != row(other.bar(100))


def test_the_marks_past_stays_within_the_last_prices() -> None:
    """The mark's wicks are shorter than the last price's."""
    history = History(BTC, seed=1, price_ticks=865_000)
    marks = MarkHistory(history)

    for age in range(1, 500):
        last, mark = history.bar(age), marks.bar(age)
        assert (last.open, last.close) == (mark.open, mark.close)
        assert min(last.low, last.open) <= mark.low <= mark.high <= max(last.high, last.open)
        assert 0 == mark.volume


@pytest.mark.parametrize(
    ("minute", "interval", "start", "following"),
    [
        (7, 5, 5, 10),
        (4 * 1_440, WEEK, 4 * 1_440, 11 * 1_440),  # 5 January 1970 was a Monday
        (3 * 1_440, WEEK, -3 * 1_440, 4 * 1_440),
        (40 * 1_440, "month", 31 * 1_440, 59 * 1_440),
        (5 * 1_440, 3 * 1_440, 3 * 1_440, 6 * 1_440),
    ],
)
def test_bars_start_on_their_grid(
    minute: int, interval: Interval, start: int, following: int
) -> None:
    """Weeks start on Monday, months on the first, all others on multiples of their length."""
    assert start == bar_start(minute, interval)
    assert following == next_bar_start(start, interval)
