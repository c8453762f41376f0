"""Silence with a position: what happened meanwhile is settled in the order in which it happened."""

from decimal import Decimal

from tests.support.market import bar, ns, settled
from tests.support.run import Run, next_head, setup_of
from trading.config import FeedConfig
from trading.model.events import (
    CandlesRequested,
    FeedConnected,
    FeedLost,
    FundingBooked,
    IntentRaised,
    OrderFilled,
    Output,
)

D = Decimal
LOST_MS = 30_000
SETTLEMENT_MS = 150_000
BACK_MS = 240_500


def silent(*, next_ms: float = SETTLEMENT_MS) -> Run:
    """Return a session, long since its first second, that went deaf at 30 s and is back at 240 s.

    Nothing of the time between is known yet.
    """
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "2 buy 49500 51000"},
            feed=FeedConfig(stop_s=3_600),
        )
    )
    run.answers_candles = False
    run.connect(next_ms=next_ms)
    run.step(bar(-1, 50_000.0, at_ms=1))
    run.feed(0, LOST_MS)
    assert run.quantity > 0
    run.step(FeedLost(ns(LOST_MS), "cut"))
    run.until(BACK_MS - 400)
    run.step(FeedConnected(ns(BACK_MS - 300), 2))
    return run


def tell(run: Run, *lows: float, high: float = 50_010.0) -> list[Output]:
    """Answer for the bars from 0 on: each opens and closes at 50,000 and had this low."""
    found: list[Output] = []
    for index, low in enumerate(lows):
        update = bar(index, 50_000.0, high, low, 50_000.0, at_ms=BACK_MS + 1_000)
        found += run.step(update)
    return found


def test_the_whole_silence_is_asked_for() -> None:
    """With the first push after it, every bar since the last one known."""
    run = silent()
    run.tick(BACK_MS)

    spans = [(each.start_ns, each.end_ns) for each in run.all(CandlesRequested)]
    assert [(ns(0), ns(240_000))] == spans


def test_a_stop_touched_in_the_silence_is_a_stop() -> None:
    """At its price, half a spread worse, marked as pessimistic, and the target is gone."""
    run = silent()
    run.tick(BACK_MS)
    tell(run, 49_990.0, 49_400.0, 49_990.0, 49_990.0)

    stop = run.all(OrderFilled)[-1]
    assert ["entry", "stop"] == run.roles()
    assert (D("49495"), True, f"backfill {ns(60_000)}") == (
        stop.price,
        stop.is_pessimistic,
        stop.evidence,
    )
    assert () == run.engine.head().orders


def test_what_was_heard_before_the_silence_is_no_news() -> None:
    """A low of the first bar that was heard print by print stopped nobody then, nor does it now."""
    run = silent()
    run.tick(BACK_MS)
    tell(run, 49_990.0, 49_990.0, 49_990.0, 49_990.0)

    assert ["entry"] == run.roles()
    assert 2 == len(run.engine.head().orders)


def test_nothing_is_entered_on_bars_of_the_silence() -> None:
    """The strategy sees them; it is not asked."""
    run = silent()
    run.tick(BACK_MS)
    before = len(run.all(IntentRaised))
    tell(run, 49_990.0, 49_400.0, 49_990.0)

    assert before == len(run.all(IntentRaised))


def test_a_position_stopped_before_the_settlement_does_not_pay_it() -> None:
    """The stop was in the second minute, the settlement in the third: nothing was held by then."""
    run = silent()
    run.tick(BACK_MS)
    tell(run, 49_990.0, 49_400.0, 49_990.0, 49_990.0)
    run.at(settled(SETTLEMENT_MS, at_ms=BACK_MS + 2_000))

    assert ["entry", "stop"] == run.roles()
    assert [] == run.all(FundingBooked)
    assert () == run.engine.head().owed


def test_a_position_stopped_after_the_settlement_pays_it() -> None:
    """The other way round, what was held through the settlement is owed."""
    run = silent()
    held = run.quantity
    run.tick(BACK_MS)
    tell(run, 49_990.0, 49_990.0, 49_990.0, 49_400.0)
    run.at(settled(SETTLEMENT_MS, at_ms=BACK_MS + 2_000))

    assert ["entry", "stop"] == run.roles()
    assert [held] == [each.quantity for each in run.all(FundingBooked)]


def test_a_position_carried_over_the_night_is_settled_from_the_night() -> None:
    """The account's next session opens later: the bars between tell what the stop saw."""
    first = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "2 buy 49500"},
            end_policy="carry",
            minutes=1,
        )
    )
    first.connect()
    first.feed(0, 61_000)
    later = Run(setup_of(head=next_head(first), opened_ms=600_000))
    later.answers_candles = False
    later.connect(600_000)
    for index in range(10):
        low = 49_400.0 if index == 5 else 49_990.0
        later.step(bar(index, 50_000.0, 50_010.0, low, 50_000.0, at_ms=600_001))

    assert ["stop"] == later.roles()
    assert f"backfill {ns(300_000)}" == later.all(OrderFilled)[0].evidence


def late(script: str) -> Run:
    """Return a session deaf from 70 to 80 s, that settles at 120 s and hears of the bar at 123 s.

    Its strategy is asked every half second it hears: for the 223rd time at 121.5 s.
    """
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": script}))
    run.answers_candles = False
    run.connect(next_ms=120_000)
    run.step(bar(-1, 50_000.0, at_ms=1))
    run.feed(0, 60_000)
    run.at(bar(0, 50_000.0, at_ms=60_000))
    run.feed(60_000, 70_000)
    run.step(FeedLost(ns(70_000), "cut"))
    run.step(FeedConnected(ns(79_900), 2))
    run.feed(80_000, 123_000)
    return run


def test_what_is_opened_after_a_settlement_that_waits_does_not_pay_it() -> None:
    """The bar comes when the position is there; the settlement was before it."""
    run = late("223 buy 49500 51000")
    assert ["entry"] == run.roles()
    run.at(bar(1, 50_000.0, at_ms=123_000))
    run.at(settled(120_000, at_ms=124_000))

    assert () == run.engine.head().owed
    assert [] == run.all(FundingBooked)


def test_what_is_closed_after_a_settlement_that_waits_pays_it() -> None:
    """The bar comes when the position is gone; it was held when the clock passed."""
    run = late("200 buy 49500 51000; 223 exit")
    assert ["entry", "exit"] == run.roles()
    quantity = run.all(OrderFilled)[0].quantity
    run.at(bar(1, 50_000.0, at_ms=123_000))
    run.at(settled(120_000, at_ms=124_000))

    (booked,) = run.all(FundingBooked)
    assert quantity == booked.quantity


def test_what_was_stopped_in_the_silence_pays_no_settlement_that_waits() -> None:
    """Of what was held when the clock passed, the bar takes away what it stopped out before."""
    run = late("100 buy 49500 51000")
    assert ["entry"] == run.roles()
    run.at(bar(1, 50_000.0, 50_010.0, 49_400.0, 50_000.0, at_ms=123_000))
    run.at(settled(120_000, at_ms=124_000))

    assert ["entry", "stop"] == run.roles()
    assert () == run.engine.head().owed
    assert [] == run.all(FundingBooked)
