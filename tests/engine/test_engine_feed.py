"""Old data: first no entries, then a new connection, then the end; exits meet fresh data only."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from tests.support.market import bar, book, forming, ns, trade
from tests.support.run import EVERY_CHANNEL, Run, setup_of
from tests.support.strategies import BUILT
from trading.model.events import (
    CandleClosed,
    CandleGap,
    CandlesRequested,
    Channel,
    EntriesResumed,
    EntriesSuspended,
    FeedConnected,
    FeedLost,
    FeedStageChanged,
    IntentRefused,
    OrderFilled,
    OrderSubmitted,
    Outcome,
    ReconnectRequested,
)

D = Decimal


def without(channel: Channel) -> Iterable[Channel]:
    """Return every channel but one."""
    return [each for each in EVERY_CHANNEL if each is not channel]


def at_s(run: Run, kind: type[ReconnectRequested]) -> list[float]:
    """Return the seconds at which something was given out."""
    return [(each.at_ns - ns(0)) / 1e9 for each in run.all(kind)]


@pytest.mark.parametrize("channel", [Channel.BOOK, Channel.PRICE, Channel.CANDLE])
def test_one_silent_channel_is_enough(channel: Channel) -> None:
    """8 s: no entries. 18 s: a new connection, asked for again every 18 s. 60 s: the end.

    The other channels are as lively as ever: none hides the silent one.
    """
    run = Run(setup_of())
    run.connect()
    run.feed(0, 10_000)
    run.feed(10_000, 90_000, only=without(channel))

    stages = [
        (each.stage, round((each.at_ns - ns(9_540)) / 1e9))
        for each in run.all(FeedStageChanged)
        if each.channel is channel
    ]
    assert [("fresh", -9), ("stale", 8), ("dead", 18)] == stages
    assert [18, 36, 54] == [round(at - 9.54) for at in at_s(run, ReconnectRequested)][:3]
    assert (Outcome.FEED_FAILED, f"no {channel} for BTCUSDT") == (
        run.ended.outcome,
        run.ended.detail.partition(";")[0],
    )
    assert 60 == round((run.ended.at_ns - ns(9_540)) / 1e9)


def test_a_quiet_tape_is_not_a_dead_one() -> None:
    """Nobody trades for 25 s: that may be."""
    run = Run(setup_of())
    run.connect()
    run.feed(0, 10_000)
    run.feed(10_000, 35_000, only=without(Channel.TRADE))

    assert () == run.engine.entry_blocks("BTCUSDT")
    assert [] == run.all(ReconnectRequested)


def test_no_position_is_opened_on_stale_data() -> None:
    """Refused with the channel and its stage; fresh again, entries open again; both are told."""
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": "41 buy 49500"}))
    run.connect()
    run.feed(0, 10_000)
    run.feed(10_000, 21_000, only=without(Channel.BOOK))

    (refused,) = run.all(IntentRefused)
    assert ("stale_feed", "stale_feed: book: stale") == (refused.rule, refused.detail)
    since = len(run.out)
    run.feed(21_000, 23_000)
    assert ["BTCUSDT stale_feed: book: stale"] == [
        each.reason for each in run.all(EntriesResumed, since)
    ]
    assert () == run.engine.entry_blocks("BTCUSDT")


def test_entries_wait_for_every_first_message() -> None:
    """At the start, and after each new connection, all four channels must have spoken."""
    run = Run(setup_of())
    run.connect()
    run.feed(0, 2_000, only=without(Channel.TRADE))
    assert ("stale_feed: trade: waiting",) == run.engine.entry_blocks("BTCUSDT")

    run.feed(2_000, 3_000)
    assert () == run.engine.entry_blocks("BTCUSDT")

    run.step(FeedLost(ns(3_000), "closed"))
    assert run.engine.entry_blocks("BTCUSDT")[0].startswith("stale_feed: book: waiting")
    run.step(FeedConnected(ns(3_100), 2))
    run.feed(3_500, 5_000)
    assert () == run.engine.entry_blocks("BTCUSDT")


def test_funding_must_be_known_before_a_position_is_opened() -> None:
    """An unknown settlement is a cost nobody counted: entries wait for the venue's word."""
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": "3 buy 49500"}))
    run.step(FeedConnected(ns(0), 1))
    run.feed(0, 2_000)

    assert ["funding_unknown"] == [each.rule for each in run.all(IntentRefused)]
    reasons = [each.reason for each in run.all(EntriesSuspended)]
    assert any("funding_unknown" in reason for reason in reasons)


def test_warm_up_is_counted_in_contiguous_bars() -> None:
    """A strategy that needs three bars waits for three in a row; a hole starts the count anew."""
    run = Run(setup_of(strategy="Scripted", parameters={"needs_bars": 3}))
    run.connect()
    run.step(bar(-4, 1.0, at_ms=1), bar(-3, 1.0, at_ms=1))
    run.feed(0, 1_000)
    assert ("warm_up: 2 of 3 contiguous bars",) == run.engine.entry_blocks("BTCUSDT")

    run.step(bar(-1, 1.0, at_ms=1_000))
    assert 1 == len(run.all(CandleGap))
    assert ("warm_up: 1 of 3 contiguous bars",) == run.engine.entry_blocks("BTCUSDT")
    run.feed(1_000, 120_500)
    assert () == run.engine.entry_blocks("BTCUSDT")


def test_a_strategy_decides_on_confirmed_live_bars_only() -> None:
    """It observes every bar; it is asked on none of the warm-up, none unconfirmed, none late."""
    run = Run(setup_of(strategy="Scripted"))
    run.answers_candles = False
    run.connect()
    run.step(bar(-2, 1.0, at_ms=1), bar(-1, 1.0, at_ms=1))
    run.feed(0, 60_500)
    assert (2, 0) == (len(BUILT[-1].observed), BUILT[-1].calls)

    run.at(bar(0, 50_000.0, at_ms=60_400))
    assert (3, 1) == (len(BUILT[-1].observed), BUILT[-1].calls)

    run.feed(60_500, 135_000)
    assert (4, 1) == (len(BUILT[-1].observed), BUILT[-1].calls)
    assert not BUILT[-1].observed[-1].is_confirmed

    run.feed(135_000, 300_500)
    run.at(*(bar(index, 50_000.0, at_ms=300_400) for index in (4,)))
    flags = [each.is_backfilled for each in BUILT[-1].observed]
    assert [True, True, False, False, False, False] == flags[:6]
    opens = [each.open_ns for each in BUILT[-1].observed]
    assert sorted(set(opens)) == opens


def test_a_rollover_asks_for_the_bar_that_is_over() -> None:
    """The request leaves in the step of the first push of the next bar."""
    run = Run(setup_of())
    run.answers_candles = False
    run.connect()
    run.step(bar(-1, 50_000.0, at_ms=1))
    run.feed(0, 60_000)

    (asked,) = [
        each
        for each in run.at(forming(1, 50_000.0, at_ms=60_010))
        if isinstance(each, CandlesRequested)
    ]

    assert (ns(0), ns(60_000), 60) == (asked.start_ns, asked.end_ns, asked.interval_s)
    assert [] == [each for each in run.all(CandleClosed) if each.open_ns >= ns(0)]


def test_an_order_meets_no_data_stamped_before_it_arrived() -> None:
    """Decided at 2040 on a print stamped 2000; arrived 100 ms later, at 2100 of the venue's clock.

    A book stamped 2090 was there before the order, although it is newer than what was decided on.
    """
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": "5 buy 49500"}))
    run.connect()
    run.feed(0, 2_000)
    run.at(trade(50_000.0, at_ms=2_000, delay_ms=40))
    assert 1 == len(run.all(OrderSubmitted))

    run.at(book(49_000.0, 49_000.1, at_ms=2_090, delay_ms=40))
    run.until(2_200)
    assert [] == run.all(OrderFilled)
    run.at(book(50_100.0, 50_100.1, at_ms=2_210, delay_ms=40))
    assert [D("50100.1")] == [each.price for each in run.all(OrderFilled)]


def test_an_order_decided_on_a_bar_meets_no_older_book() -> None:
    """A bar's push at 60.00 s decides at 60.04; the order arrives at 60.10, not before 60.00.

    The newest book seen then was half a second old: its age must not become the order's.
    """
    run = Run(setup_of(strategy="Scripted", parameters={"script": "1 buy 49500"}))
    run.connect()
    run.feed(0, 60_000)
    run.tick(60_000, only=[Channel.CANDLE])
    assert 1 == len(run.all(OrderSubmitted))

    run.at(book(49_900.0, 49_900.1, at_ms=60_050, delay_ms=40))
    run.at(book(49_900.0, 49_900.1, at_ms=60_099, delay_ms=42))
    assert [] == run.all(OrderFilled)
    run.at(book(50_100.0, 50_100.1, at_ms=60_150, delay_ms=40))
    assert [D("50100.1")] == [each.price for each in run.all(OrderFilled)]


def test_a_late_feed_gives_nobody_an_old_price() -> None:
    """The feed lags 3 s behind its best. A decision at 5040 reaches the venue at 5100.

    The books of 2.1 to 5.0 s arrive after that, one by one: all of them were over.
    """
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": "5 buy 49500"}))
    run.connect()
    run.feed(0, 2_000)
    run.at(trade(50_000.0, at_ms=2_000, delay_ms=3_040))
    assert 1 == len(run.all(OrderSubmitted))

    for at_ms in (2_110, 3_000, 5_000):
        run.at(book(49_000.0, 49_000.1, at_ms=at_ms, delay_ms=3_040))
    assert [] == run.all(OrderFilled)
    run.at(book(50_100.0, 50_100.1, at_ms=5_110, delay_ms=3_040))
    assert [D("50100.1")] == [each.price for each in run.all(OrderFilled)]


def test_a_broken_stamp_does_not_end_the_session() -> None:
    """One frame of each channel from far ahead, and everything goes on."""
    run = Run(setup_of())
    run.connect()
    run.feed(0, 5_000)
    far_ms, back_ms = 4e8, 5_000 - 4e8
    run.at(
        trade(1.0, at_ms=far_ms, delay_ms=back_ms),
        book(1.0, 2.0, at_ms=far_ms, delay_ms=back_ms),
        forming(0, 1.0, at_ms=far_ms, delay_ms=back_ms),
    )
    run.feed(5_500, 30_000)

    assert () == run.engine.entry_blocks("BTCUSDT")
    assert [] == run.all(ReconnectRequested)
