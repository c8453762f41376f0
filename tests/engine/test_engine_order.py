"""One event in, events out, in an order that is always the same; time never goes back."""

from decimal import Decimal
from typing import get_args

import pytest

from tests.support.instruments import BTCUSDT, ETHUSDT
from tests.support.market import (
    SYMBOL,
    bar,
    book,
    control,
    forming,
    mark,
    ns,
    rate,
    settled,
    timer,
    trade,
)
from tests.support.run import Run, setup_of
from tests.support.strategies import BUILT
from trading.model.events import (
    AttemptStarted,
    CandlesExhausted,
    CandleUpdate,
    Channel,
    ConnectionNoted,
    ControlWord,
    EquityMarked,
    FeedConnected,
    FeedLost,
    FrameRejected,
    FramesConflated,
    Input,
    LedgerPosted,
    MessageIgnored,
    OrderFilled,
    OrderSubmitted,
    Output,
    PolicyReceived,
    PositionChanged,
    RequestFailed,
    RoundTripClosed,
    SessionResumed,
    SessionStarted,
)

D = Decimal
ONE_OF_EACH: list[Input] = [
    trade(50_000.0),
    book(49_999.9, 50_000.1),
    mark(50_000.0),
    forming(0, 50_000.0, at_ms=1),
    rate(60_000),
    settled(60_000, at_ms=2),
    CandlesExhausted(SYMBOL, ns(2), 60, ns(0), ns(60_000)),
    FrameRejected(ns(3), "book", "no JSON"),
    FramesConflated(ns(3), 7),
    FeedConnected(ns(3), 2),
    FeedLost(ns(3), "closed"),
    RequestFailed(ns(3), SYMBOL, "candles", "timeout", False),
    timer(3),
    control(ControlWord.PAUSE, 4),
    PolicyReceived(ns(4), True, 0.5, False, "thin book", "adviser", ns(60_000)),
    SessionResumed(ns(5), 2, ns(1)),
]


def test_every_kind_of_input_has_its_effect() -> None:
    """The engine knows what to do with each record of the union: none raises, before or after.

    The first is preceded by the session's start, whatever it is.
    """
    assert set(get_args(Input)) == {type(each) for each in ONE_OF_EACH}
    for event in ONE_OF_EACH:
        run = Run(setup_of())
        first = run.step(event)
        run.step(*ONE_OF_EACH)
        assert isinstance(first[0], SessionStarted)
        assert ns(600_000) == first[0].deadline_ns
        assert 1 == len(run.all(SessionStarted))


def test_words_of_the_shell_are_kept() -> None:
    """Rejected, conflated, failed, lost, connected, resumed: each leaves its reason."""
    run = Run(setup_of())
    run.step(*ONE_OF_EACH)

    told = {(each.channel, each.reason, each.count) for each in run.all(MessageIgnored)}
    assert {
        ("book", "no JSON", 1),
        ("queue", "overtaken by newer frames", 7),
        ("rest", "candles: timeout", 1),
    } <= told
    assert [(True, "connection 2"), (False, "closed")] == [
        (each.is_up, each.reason) for each in run.all(ConnectionNoted)
    ]
    (resumed,) = run.all(AttemptStarted)
    assert (2, 4) == (resumed.attempt, resumed.blind_ms)


def test_time_never_goes_back() -> None:
    """An input received earlier than the last is stepped at the later time."""
    run = Run(setup_of())
    run.connect()
    run.tick(5_000)
    run.step(timer(9_000), timer(1_000), trade(50_000.0, at_ms=4_000, delay_ms=-3_000))

    assert ns(9_000) == run.engine.now_ns
    stamps = [each.at_ns for each in run.out]
    assert sorted(stamps) == stamps


def test_the_engine_says_when_it_wants_to_wake() -> None:
    """Never later than the next arrival of an order, look at the feed, sample, or the deadline."""
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": "4 buy 49500"}))
    run.connect()
    run.feed(0, 2_000)
    (submitted,) = run.all(OrderSubmitted)

    assert run.engine.wake_ns <= submitted.arrival_ns
    run.until_ns(submitted.arrival_ns + 1)
    assert run.engine.wake_ns > submitted.arrival_ns
    assert run.engine.wake_ns - run.engine.now_ns <= 500_000_000


def test_an_unknown_symbol_is_ignored_and_moves_nothing() -> None:
    """Whatever is said of a contract that is not ours: a word, no effect, and no time passes."""
    run = Run(setup_of())
    run.connect()
    run.tick(1_000)
    before = run.head_bytes()
    events: list[Input] = [
        trade(1.0, at_ms=99_000, delay_ms=-98_000, symbol="ETHUSDT"),
        book(1.0, 2.0, at_ms=99_000, delay_ms=-98_000, symbol="ETHUSDT"),
        mark(1.0, at_ms=99_000, delay_ms=-98_000, next_funding_ms=1, symbol="ETHUSDT"),
        bar(0, 1.0, at_ms=1_000, symbol="ETHUSDT"),
        CandlesExhausted("ETHUSDT", ns(1_000), 60, ns(0), ns(60_000)),
    ]

    out = run.step(*events)

    assert [("ETHUSDT", "unknown symbol")] * 5 == [
        (each.symbol, each.reason) for each in out if isinstance(each, MessageIgnored)
    ]
    assert 5 == len(out)
    assert before == run.head_bytes()


def test_a_fill_is_booked_before_the_strategy_is_asked() -> None:
    """In the step of the print that fills come fill, fee and position, in this order.

    The strategy asked by the same print sees the position.
    """
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "1 buy 49000"},
            channels=(),
            builds_candles=True,
        )
    )
    run.at(trade(50_000.0, at_ms=0))
    filled = run.at(trade(50_010.0, at_ms=500))

    kinds = [type(each) for each in filled if not isinstance(each, EquityMarked | OrderSubmitted)]
    assert [OrderFilled, LedgerPosted, PositionChanged] == kinds[-3:]
    assert [D(0), run.quantity] == BUILT[-1].seen_position
    assert run.quantity > 0


def test_a_closing_fill_books_fee_profit_trip_and_position() -> None:
    """The order of the books at the end of a trip."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "1 buy 49000; 3 exit"},
            channels=(),
            builds_candles=True,
        )
    )
    prints = [trade(50_000.0 + at_ms / 100, at_ms=at_ms) for at_ms in (0, 500, 1_000, 1_500)]
    run.at(*prints[:3])
    closing = run.at(prints[3])

    books = [each for each in closing if isinstance(each, OrderFilled | LedgerPosted)]
    trips: list[Output] = [each for each in closing if isinstance(each, RoundTripClosed)]
    assert ["OrderFilled", "fee", "realised_pnl"] == [
        str(each.reason) if isinstance(each, LedgerPosted) else "OrderFilled" for each in books
    ]
    assert 1 == len(trips)
    assert closing.index(books[-1]) < closing.index(trips[0])


def test_every_symbol_has_a_market_and_a_strategy_of_its_own() -> None:
    """Two contracts in one session: books and scripts do not mix, the wallet is one."""
    setup = setup_of(
        strategy="ScriptedOnTrades",
        parameters={"script": "1 buy 100"},
        instruments=(BTCUSDT, ETHUSDT),
        channels=(),
        builds_candles=True,
        leverage=1,
    )
    run = Run(setup)
    run.at(
        trade(200.0, at_ms=0),
        trade(300.0, at_ms=1, symbol="ETHUSDT"),
        trade(201.0, at_ms=500),
        trade(301.0, at_ms=501, symbol="ETHUSDT"),
    )

    assert [("BTCUSDT", D("201.1")), ("ETHUSDT", D("301.04"))] == [
        (each.symbol, each.price) for each in run.all(OrderFilled)
    ]
    positions = run.engine.account.positions
    assert {"BTCUSDT", "ETHUSDT"} == {each.symbol for each in positions.values()}
    assert all(each.quantity > 0 for each in positions.values())


@pytest.mark.parametrize("interval_s", [0.25, 1.0, 10.0])
def test_equity_is_sampled_at_its_interval(interval_s: float) -> None:
    """As often as configured, in session time, and not for every message."""
    run = Run(setup_of(equity_sample_s=interval_s, minutes=2))
    run.connect()
    run.feed(0, 20_000, every_ms=100)

    assert 20 / interval_s - 1 <= len(run.all(EquityMarked)) <= 20 / interval_s + 1


def test_a_candle_update_in_a_live_session_is_no_fill() -> None:
    """Where there is a book, bars fill nothing: an order waits for the book."""
    run = Run(setup_of(strategy="Scripted", parameters={"script": "1 buy 49000"}))
    run.connect()
    run.feed(0, 60_000)
    run.tick(60_000, only=[Channel.CANDLE])
    assert 1 == len(run.all(OrderSubmitted))

    update: CandleUpdate = bar(1, 50_000.0, 60_000.0, 40_000.0, 50_000.0, at_ms=61_000)
    run.at(update)

    assert [] == run.all(OrderFilled)
