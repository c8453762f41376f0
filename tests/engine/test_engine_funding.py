"""Settlements in a running session: owed when the venue's clock passes them, booked once."""

from decimal import Decimal

from tests.support.carried import Held, carrying
from tests.support.market import book, mark, ns, rate, settled, trade
from tests.support.run import Run, next_head, setup_of
from trading.config import ExecutionConfig
from trading.model.events import (
    FundingBooked,
    FundingHistoryRequested,
    LedgerPosted,
    LedgerReason,
    PositionChanged,
    RoundTripClosed,
)

D = Decimal
AT_MS = 10_000


def long(script: str = "2 buy 49500", **changes: object) -> Run:
    """Return a session that is long since its first second, with a settlement at 10 s."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": script},
            **changes,  # type: ignore[arg-type]
        )
    )
    run.connect(next_ms=AT_MS)
    run.feed(0, 3_000)
    return run


def asked(run: Run) -> list[int]:
    """Return the settlements asked for."""
    return [each.settlement_ns for each in run.all(FundingHistoryRequested)]


def test_a_settlement_is_owed_when_the_exchanges_clock_passes_it() -> None:
    """By the venue's stamps, not by ours: a message stamped before it changes nothing."""
    run = long()
    run.at(trade(50_000.0, at_ms=AT_MS - 1, delay_ms=500))
    assert [] == asked(run)

    run.at(book(49_999.9, 50_000.1, at_ms=AT_MS, delay_ms=510))
    assert [ns(AT_MS)] == asked(run)
    (owed,) = run.engine.head().owed
    assert (run.quantity, ns(AT_MS), 1) == (owed.quantity, owed.settlement_ns, owed.trip_id)


def test_it_is_booked_once_with_the_venues_numbers() -> None:
    """Rate and mark of the history, the position of the instant; a second answer books nothing."""
    run = long()
    run.feed(3_000, 12_000)
    answer = settled(AT_MS, at_ms=12_000, rate="0.0000276", mark="28155.1")
    run.at(answer, answer)

    (booked,) = run.all(FundingBooked)
    lines = [e for e in run.all(LedgerPosted) if e.reason is LedgerReason.FUNDING]
    assert (run.quantity, D("28155.1"), D("0.0000276")) == (
        booked.quantity,
        booked.mark,
        booked.rate,
    )
    assert (D("0.1786"), D("-0.13878662")) == (run.quantity, booked.amount)
    assert [booked.amount] == [each.amount for each in lines]
    assert () == run.engine.head().owed


def test_it_belongs_to_the_trip_it_was_paid_in() -> None:
    """The round trip's net holds it."""
    run = long("2 buy 49500; 26 exit")
    run.feed(3_000, 12_000)
    run.at(settled(AT_MS, at_ms=12_000, rate="0.01"))
    run.feed(12_500, 15_000)

    (trip,) = run.all(RoundTripClosed)
    (booked,) = run.all(FundingBooked)
    assert booked.amount == trip.funding
    assert run.engine.account.wallet - 10_000 == trip.net


def test_an_answer_nobody_waits_for_is_history() -> None:
    """Flat at the settlement: nothing is owed, asked or booked."""
    run = long("99 buy 49500")
    run.feed(3_000, 12_000)
    run.at(settled(AT_MS, at_ms=12_000))

    assert ([], []) == (asked(run), run.all(FundingBooked))


def test_what_is_opened_by_the_message_of_the_settlement_does_not_pay() -> None:
    """The settlement passes before the book stamped at it fills anything."""
    execution = ExecutionConfig(latency_ms_min=0, latency_ms_max=0)
    run = long("19 buy 49500", execution=execution)
    run.feed(3_000, 9_000)
    run.at(trade(50_000.0, at_ms=AT_MS - 1))
    run.at(book(49_999.9, 50_000.1, at_ms=AT_MS))
    run.feed(10_500, 12_000)

    assert run.quantity > 0
    assert [] == asked(run)


def test_what_is_closed_by_the_message_of_the_settlement_pays() -> None:
    """Held up to the instant, sold at it: owed on what was held."""
    execution = ExecutionConfig(latency_ms_min=0, latency_ms_max=0)
    run = long("2 buy 49500; 19 exit", execution=execution)
    held = run.quantity
    run.feed(3_000, 9_000)
    run.at(trade(50_000.0, at_ms=AT_MS - 1))
    run.at(book(49_999.9, 50_000.1, at_ms=AT_MS))
    run.feed(10_500, 12_000)

    assert D(0) == run.quantity
    assert [held] == [each.quantity for each in run.engine.head().owed]


def test_settlements_missed_while_blind_are_owed_by_the_next_session() -> None:
    """Carried over two settlements with nobody there: the next session asks for both, once.

    It does when the bar that ends the silence is closed: until then a stop might have come first.
    """
    run = long(end_policy="carry", minutes=1)
    run.feed(3_000, 60_500)
    run.at(settled(AT_MS, at_ms=60_600))
    run.feed(61_000, 62_000)
    assert run.engine.has_ended

    open_ms = 17 * 3_600_000
    later = Run(setup_of(head=next_head(run), opened_ms=open_ms, end_policy="carry"))
    later.connect(open_ms, next_ms=24 * 3_600_000)
    later.feed(open_ms, open_ms + 50_000)
    assert [] == asked(later)
    later.feed(open_ms + 50_500, open_ms + 62_000)

    first, second = 8 * 3_600_000 + AT_MS, 16 * 3_600_000 + AT_MS
    assert (
        [ns(first), ns(second)]
        == asked(later)[:2]
        == [each.settlement_ns for each in later.engine.head().owed]
    )
    for settlement in (first, second, first, second):
        later.at(settled(settlement, at_ms=open_ms + 62_500))
    assert 2 == len(later.all(FundingBooked))


def test_the_price_channel_names_the_next_settlement() -> None:
    """Without any REST reply the mark's own word is enough."""
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": "4 buy 49500"}))
    run.feed(0, 1_000)
    assert any("funding_unknown" in reason for reason in run.engine.entry_blocks("BTCUSDT"))

    run.at(mark(50_000.0, at_ms=1_000, next_funding_ms=AT_MS, delay_ms=40))
    run.feed(1_500, 12_000)

    assert [ns(AT_MS)] == asked(run)[:1]


def test_a_longer_interval_owes_no_phantom() -> None:
    """The venue goes from 1 h to 4 h: the hour in between was never settled."""
    hour_ms = 3_600_000
    run = long("2 buy 41000", minutes=600)
    run.step(rate(AT_MS, at_ms=3_100, interval_h=1))
    run.feed(3_500, 11_000)
    run.at(settled(AT_MS, at_ms=11_000))
    run.at(rate(4 * hour_ms, at_ms=11_100, interval_h=4))
    run.at(mark(50_000.0, at_ms=11_200, next_funding_ms=4 * hour_ms))

    run.feed(1.5 * hour_ms, 1.5 * hour_ms + 1_000)

    assert [ns(AT_MS)] == asked(run)[:1]
    assert () == run.engine.head().owed


def test_an_unanswered_settlement_is_asked_for_again() -> None:
    """Later and later, as long as the session runs."""
    run = long(minutes=5)
    run.feed(3_000, 60_000)

    seconds = [round((each.at_ns - ns(AT_MS)) / 1e9) for each in run.all(FundingHistoryRequested)]
    assert [0, 2, 6, 14, 30] == seconds


def test_isolated_funding_is_paid_from_what_is_free_then_from_orders_then_from_the_margin() -> None:
    """510 of which 500 back the position: 10 pay first, and the position's own margin the rest."""
    head = carrying(Held("0.5", "100000", "500"), wallet="510")
    run = Run(setup_of(head=head))
    run.connect(next_ms=AT_MS)
    run.at(mark(100_000.0, at_ms=1), mark(100_000.0, at_ms=AT_MS))
    run.at(settled(AT_MS, at_ms=AT_MS + 100, rate="0.001", mark="100000"))

    position = run.engine.account.position("BTCUSDT")
    changed = [each.margin for each in run.all(PositionChanged)]
    assert (D(460), D(460), [D(460)]) == (run.engine.account.wallet, position.margin, changed)
    assert D(460) == next_head(run).positions[0].margin


def test_received_funding_is_free() -> None:
    """It does not become margin."""
    head = carrying(Held("-0.5", "100000", "500"), wallet="510")
    run = Run(setup_of(head=head))
    run.connect(next_ms=AT_MS)
    run.at(mark(100_000.0, at_ms=1), mark(100_000.0, at_ms=AT_MS))
    run.at(settled(AT_MS, at_ms=AT_MS + 100, rate="0.001", mark="100000"))

    account = run.engine.account
    assert (D(560), D(500)) == (account.wallet, account.tied_up)
