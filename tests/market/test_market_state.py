"""What one symbol's market keeps, and what it refuses to believe."""

import pytest

from tests.support.instruments import BTCUSDT
from tests.support.market import SYMBOL, T0_NS, book, forming, mark, ns, trade
from trading.config import FeedConfig
from trading.market.candles import CandleSeries
from trading.market.feed_health import FeedHealth
from trading.market.state import FUTURE_LIMIT_NS, SymbolMarket
from trading.model.events import BookUpdate, Channel, MessageIgnored, Output
from trading.model.numbers import NS_PER_MS

FUTURE_MS = FUTURE_LIMIT_NS // NS_PER_MS + 1


def market() -> SymbolMarket:
    """Return a market that knows nothing yet."""
    series = CandleSeries(SYMBOL, 60, kept_bars=9, confirm_timeout_ns=1, live_from_ns=T0_NS)
    return SymbolMarket(BTCUSDT, series, FeedHealth(SYMBOL, tuple(Channel), FeedConfig(), T0_NS))


def reasons(out: list[Output]) -> list[tuple[str, str]]:
    """Return channel and reason of what was ignored."""
    return [(each.channel, each.reason) for each in out if isinstance(each, MessageIgnored)]


def test_the_mid_is_the_books_else_the_last_price() -> None:
    """A book beats a print; without either the price is unknown, not zero."""
    known = market()
    out: list[Output] = []
    assert (None, None) == (known.mid, known.last_price)

    known.take_trade(trade(100.0), 0, out)
    assert (100.0, 100.0) == (known.mid, known.last_price)

    known.take_book(book(100.0, 101.0), 0, out)
    assert (100.5, 100.0) == (known.mid, known.last_price)


def test_a_feed_has_books_if_it_listens_to_them_or_shows_one() -> None:
    """A tape of prints alone has none, until one is shown all the same."""
    series = CandleSeries(SYMBOL, 60, kept_bars=9, confirm_timeout_ns=1, live_from_ns=T0_NS)
    tape = SymbolMarket(BTCUSDT, series, FeedHealth(SYMBOL, (), FeedConfig(), T0_NS))

    assert (True, False) == (market().has_book, tape.has_book)
    tape.take_book(book(100.0, 101.0), 0, [])
    assert tape.has_book


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        (book((), 101.0), "one side is empty"),
        (book(100.0, ()), "one side is empty"),
        (book(101.0, 101.0), "crossed"),
        (book(102.0, 101.0), "crossed"),
        (book(100.0, 101.0, at_ms=FUTURE_MS, delay_ms=-FUTURE_MS), "stamped in the future"),
    ],
)
def test_a_book_that_cannot_be_is_not_kept(update: BookUpdate, reason: str) -> None:
    """An empty side, a crossed book, a broken stamp: the last good book stays, and it is told."""
    known = market()
    out: list[Output] = []
    good = book(100.0, 101.0)
    known.take_book(good, 0, out)

    assert not known.take_book(update, 0, out)
    assert good is known.book
    assert [("book", reason)] == reasons(out)


def test_each_channel_refuses_what_is_older() -> None:
    """Stamps never go back on a channel, and channels do not mix."""
    known = market()
    out: list[Output] = []
    known.take_trade(trade(100.0, at_ms=10), 0, out)
    known.take_mark(mark(100.0, at_ms=10), 0, out)
    known.take_book(book(100.0, 101.0, at_ms=10), 0, out)

    assert not known.take_trade(trade(90.0, at_ms=9), 0, out)
    assert not known.take_mark(mark(90.0, at_ms=9), 0, out)
    assert not known.take_book(book(90.0, 91.0, at_ms=9), 0, out)
    assert (100.0, 100.0, 100.5) == (known.last_price, known.mark, known.mid)
    assert [(c, "out of order") for c in ("trade", "price", "book")] == reasons(out)


def test_a_broken_stamp_does_not_poison_the_channel() -> None:
    """One message from the year 2100 must not make all that follow look old or out of order."""
    known = market()
    out: list[Output] = []
    far = trade(1.0, at_ms=FUTURE_MS, delay_ms=-FUTURE_MS)
    known.take_trade(far, 0, out)

    assert known.take_trade(trade(100.0, at_ms=5), 0, out)
    assert 0 == known.health.age_ns(Channel.TRADE, ns(5))


def test_a_broken_candle_stamp_does_not_poison_the_clock() -> None:
    """The candle channel is judged like the others: its broken stamp makes no channel old."""
    known = market()
    far = forming(0, 1.0, at_ms=FUTURE_MS, delay_ms=-FUTURE_MS)
    out: list[Output] = []
    assert not known.take_candle(far, 0, out)
    assert known.take_candle(forming(0, 1.0, at_ms=10, delay_ms=0), 0, out)

    assert [("candle", "stamped in the future")] == reasons(out)
    assert 0 == known.health.age_ns(Channel.CANDLE, ns(10))


@pytest.mark.parametrize("ahead_ms", [60_001, 200_000])
def test_a_bar_ahead_of_the_venues_clock_is_not_believed(ahead_ms: int) -> None:
    """Once delays are known, a push a bar ahead would make every later one look old."""
    known = market()
    out: list[Output] = []
    known.take_trade(trade(100.0, at_ms=1_000), 0, out)
    ahead = forming(0, 1.0, at_ms=1_000 + ahead_ms, delay_ms=-ahead_ms)

    assert not known.take_candle(ahead, 0, out)
    assert known.take_candle(forming(0, 1.0, at_ms=1_500), 0, out)
    assert [("candle", "stamped in the future")] == reasons(out)


def test_a_clock_five_minutes_slow_is_still_believed() -> None:
    """A stamp a little ahead of the local clock is a slow clock, not a broken stamp."""
    known = market()
    out: list[Output] = []

    assert known.take_trade(trade(100.0, at_ms=299_000, delay_ms=-299_000), 0, out)


def test_a_frame_of_prints_that_came_twice_counts_once() -> None:
    """Same stamp, same first print, another arrival: every print of it is ignored, three times."""
    known = market()
    out: list[Output] = []
    for delay_ms in (50, 51, 52):
        for price in (100.0, 100.0, 101.0):
            known.take_trade(trade(price, at_ms=5, delay_ms=delay_ms), 0, out)

    assert 3 == known.trades_seen
    assert [("trade", "duplicate")] * 6 == reasons(out)


def test_equal_prints_of_two_instants_are_two() -> None:
    """Only a frame of the same stamp is a repetition."""
    known = market()
    out: list[Output] = []
    known.take_trade(trade(100.0, at_ms=5), 0, out)
    known.take_trade(trade(100.0, at_ms=6), 0, out)

    assert (2, []) == (known.trades_seen, out)
