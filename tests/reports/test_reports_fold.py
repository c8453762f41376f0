"""The fold: one pass over a journal, and everything a report says is in the story."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from reports.fold import NO_LAST_WORD, fold_session
from reports.story import SessionStory, Span
from tests.support import told_scenarios
from tests.support.good_session import good_session
from tests.support.recorded_session import record
from tests.support.told_opening import OPENED_NS, told_opening
from tests.support.told_session import Teller
from trading.journal.record import RecordKind, encode_event
from trading.journal.store import JournalReader
from trading.model.events import FeedStage, FundingUnknown, MessageIgnored, Outcome, TimerFired
from trading.model.numbers import NS_PER_S
from trading.model.orders import OrderRole, OrderStatus, Side

Write = Callable[[Path], Path]


def fold(write: Write, tmp_path: Path) -> SessionStory:
    """Write a journal and fold it."""
    with JournalReader(write(tmp_path / "journal.db")) as reader:
        return fold_session(reader)


def test_a_trade_is_told_whole(tmp_path: Path) -> None:
    """Fills, orders, round trip, ledger and equity of one winning long are what was written."""
    story = fold(told_scenarios.one_trade, tmp_path)
    entry, stop, target = story.orders

    assert [OrderRole.ENTRY, OrderRole.TARGET] == [fill.role for fill in story.fills]
    assert OrderStatus.FILLED is entry.status
    assert Decimal("86500.0") == entry.average_price
    assert (OrderStatus.CANCELED, "position closed") == (stop.status, stop.why)
    assert (OrderStatus.FILLED, Decimal("86600.0")) == (target.status, target.triggered_at)
    # 10,000 - 5.19 + 10 - 5.196
    assert Decimal("9999.614") == story.ending.wallet
    assert Decimal("-0.386") == story.result_net
    assert 60 * NS_PER_S == story.equity.held_ns
    assert {} == story.open_positions


def test_drawdown_is_measured_at_the_mark(tmp_path: Path) -> None:
    """An open loss that was recovered before the exit still is the deepest drawdown."""
    fall = fold(told_scenarios.one_trade, tmp_path).equity.drawdown

    # At 61 s: fee 5.19 and 0.1 * 50 below the entry.
    assert Decimal("10.19") == fall.depth
    assert Decimal("10.19") / 10_000 == fall.share
    assert OPENED_NS + 61 * NS_PER_S == fall.trough_ns
    assert fall.recovered_ns is None
    assert (600 - 61) * NS_PER_S == fall.under_water_ns


def test_the_funnel_counts_what_was_lost_and_why(tmp_path: Path) -> None:
    """Bars before and during the session, intents, and refusals by their rule are counted."""
    funnel = fold(told_scenarios.no_trades, tmp_path).funnel
    (refused,) = funnel.refused
    (shut,) = funnel.suspensions

    assert (1, 9, 9) == (funnel.bars_before, funnel.bars, funnel.tradable)
    assert (2, 2, 0) == (funnel.entries_wanted, funnel.refusals, funnel.entry_orders)
    assert ("warm_up", 2) == (refused.name, refused.count)
    assert ("BTCUSDT warm_up", 300 * NS_PER_S) == (shut.rule, shut.total_ns)


def test_rejects_and_cancels_are_kept_apart(tmp_path: Path) -> None:
    """An order the venue refused and one that came back unfilled are counted by reason."""
    funnel = fold(told_scenarios.rejected, tmp_path).funnel

    assert (2, 0, 0) == (funnel.entry_orders, funnel.filled_entries, funnel.fills)
    assert [("30015: under the band", 1)] == [(e.name, e.count) for e in funnel.rejected]
    assert [("session over", 1)] == [(e.name, e.count) for e in funnel.canceled]


def test_a_journal_without_a_last_word_is_a_crash(tmp_path: Path) -> None:
    """What is known up to the crash is told; nothing is made up about the rest."""
    story = fold(told_scenarios.crash, tmp_path)

    assert Outcome.CRASHED is story.ending.outcome
    assert (False, NO_LAST_WORD) == (story.ending.is_written, story.ending.reason)
    assert Span(from_ns=OPENED_NS, to_ns=OPENED_NS + 90 * NS_PER_S) == story.span
    assert {"BTCUSDT": Decimal("-0.1")} == story.open_positions
    # fee 5.19, and 2 gained at the mark
    assert Decimal("-3.19") == story.result_net


def test_an_open_position_without_a_price_has_no_known_result(tmp_path: Path) -> None:
    """Equity that no sample followed is unknown, not the wallet."""
    story = fold(told_scenarios.crash_unmarked, tmp_path)

    assert story.equity.unrealised_end is None
    assert story.result_net is None
    assert Decimal("9994.81") == story.ending.wallet


def test_time_without_a_process_is_not_fresh(tmp_path: Path) -> None:
    """Channels last seen fresh do not make blind time fresh."""
    story = fold(told_scenarios.resumed, tmp_path)
    feed = story.feed

    assert 1 == len(story.attempts)
    # 600 s, less 1 s of waiting and 60 s of blindness
    assert 539 * NS_PER_S == feed.fresh_ns
    assert 539 / 600 == feed.fresh_share
    assert [60 * NS_PER_S] == [each.span.length_ns for each in feed.stages if each.is_blind]
    assert [60 * NS_PER_S] == [gap.length_ns for gap in feed.gaps]


def test_one_stale_channel_makes_the_feed_unfresh(tmp_path: Path) -> None:
    """The worst channel counts; each channel's own time is kept beside it."""
    feed = fold(told_scenarios.killed, tmp_path).feed
    book = next(channel for channel in feed.channels if channel.channel == "book")
    price = next(channel for channel in feed.channels if channel.channel == "price")

    assert (151 - 1 - 20) * NS_PER_S == feed.fresh_ns
    assert 10 * NS_PER_S == book.stage_ns[FeedStage.STALE] == book.stage_ns[FeedStage.DEAD]
    assert 18_100 == book.age_ms_max
    assert 150 * NS_PER_S == price.stage_ns[FeedStage.FRESH]
    assert (2, 1) == (feed.connections, feed.losses)


def test_funding_is_told_booked_or_owed(tmp_path: Path) -> None:
    """A settlement that could not be had is told beside the one that was booked."""
    story = fold(told_scenarios.funded, tmp_path)
    booked, owed = story.funding

    assert not isinstance(booked, FundingUnknown)
    assert Decimal("-0.865") == booked.amount
    assert isinstance(owed, FundingUnknown)
    assert Decimal("-0.865") == story.trips[0].funding


def test_a_carried_position_counts_at_the_mark(tmp_path: Path) -> None:
    """The result of a session that ends with a position is its change of equity."""
    story = fold(told_scenarios.carried, tmp_path)

    assert Decimal("5.00") == story.equity.unrealised_end
    assert Decimal("-0.19") == story.result_net
    assert 540 * NS_PER_S - 3 * NS_PER_S // 10 == story.equity.held_ns


def test_a_crash_is_dated_by_the_last_that_was_heard(tmp_path: Path) -> None:
    """A quiet record after the last output still is a sign of life."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        teller.start()
        teller.mark(10, "86500.0")
        at_ns = teller.ns(17)
        teller.writer.append(RecordKind.EVENT, at_ns, encode_event(TimerFired(at_ns)), b"")
        return teller.close()

    assert OPENED_NS + 17 * NS_PER_S == fold(write, tmp_path).ending.at_ns


def test_a_bar_that_ends_with_the_opening_is_warm_up(tmp_path: Path) -> None:
    """Only bars that closed during the session are the session's."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        for open_s in (-60, -30):
            teller.bar(open_s, (1.0, 1.0, 1.0, 1.0))
        return teller.close()

    funnel = fold(write, tmp_path).funnel

    assert (1, 1) == (funnel.bars_before, funnel.bars)


def test_an_opening_alone_is_a_session(tmp_path: Path) -> None:
    """A journal with nothing but its opening folds to a session in which nothing happened."""
    story = fold(told_scenarios.opening_only, tmp_path)

    assert (1, 0) == (story.records, story.span.length_ns)
    assert Decimal(0) == story.result_net
    assert story.feed.fresh_share is None


def test_ignored_messages_are_counted_within_bounds(tmp_path: Path) -> None:
    """Overtaken frames add up; kinds beyond the limit are counted together, none is lost."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        at_ns = teller.ns(1)
        for number in range(60):
            teller.say(
                MessageIgnored(at_ns=at_ns, symbol="", channel="book", reason=f"odd {number}")
            )
        for count in (3, 4):
            teller.say(
                MessageIgnored(
                    at_ns=at_ns, symbol="", channel="queue", reason="overtaken", count=count
                )
            )
        return teller.close()

    feed = fold(write, tmp_path).feed

    assert 7 == feed.overtaken
    assert 60 == sum(each.count for each in feed.ignored)
    assert ("other reasons", 10) == (feed.ignored[0].name, feed.ignored[0].count)


def test_recorded_bars_have_no_feed_to_watch(tmp_path: Path) -> None:
    """A session without channels is not called fresh or stale."""

    def write(path: Path) -> Path:
        teller = Teller(path, told_opening(has_channels=False))
        teller.start()
        teller.end(600)
        return teller.close()

    feed = fold(write, tmp_path).feed

    assert not feed.is_watched
    assert feed.fresh_share is None
    assert () == feed.stages


def test_a_session_run_by_the_engine_folds_as_it_counted_itself(tmp_path: Path) -> None:
    """On a journal of the real machine the fold finds the fills and trips the engine counted."""
    story = fold(record, tmp_path)

    assert story.ending.is_written
    assert story.fills
    assert len(story.fills) == story.ending.fills
    assert story.trips
    assert len(story.trips) == story.ending.round_trips
    assert story.ending.equity == story.equity.start + (story.result_net or 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_order_ends_as_its_fills_say(tmp_path: Path, seed: int) -> None:
    """Over lively sessions an order is filled exactly when its fills cover its quantity."""
    story = fold(lambda path: good_session(path, seed), tmp_path)
    filled = {order.order_id for order in story.orders if order.status is OrderStatus.FILLED}

    assert {fill.order_id for fill in story.fills} == filled
    assert {Side.BUY, Side.SELL} >= {trip.side for trip in story.trips}
    assert len(filled) == 2 * len(story.trips)
