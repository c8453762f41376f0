"""A session in hedge mode: a long and a short of one symbol, from the wish to the last record."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from tests.support.carried import Held, carrying
from tests.support.instruments import BTCUSDT_TIERED
from tests.support.market import SYMBOL, Levels, bar, book, mark, ns, settled
from tests.support.run import EAGER_RISK, FUNDING_MS, Run, next_head, setup_of
from tests.support.strategies_orders import ASKED, HERE, script
from trading.config import EndPolicy, FeedConfig, MarginModeName, RiskConfig
from trading.engine import Engine
from trading.errors import ConfigError
from trading.model.events import (
    ControlReceived,
    ControlWord,
    FeedConnected,
    FeedLost,
    FundingBooked,
    FundingHistoryRequested,
    FundingUnknown,
    IntentRefused,
    LedgerPosted,
    LedgerReason,
    LiquidationEnded,
    LiquidationStarted,
    OrderAmended,
    OrderCanceled,
    OrderFilled,
    RoundTripClosed,
    SessionEnded,
)
from trading.model.intents import CancelEntries, Enter, Exit, Intent, MoveProtection
from trading.model.numbers import ZERO
from trading.model.orders import OrderRole, Side
from trading.model.sides import PositionSide

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
BOTH, LONG, SHORT = PositionSide
IN_LONG = Enter(side=BUY, stop_price=D(49_000), target_price=D(52_000))
IN_SHORT = Enter(side=SELL, stop_price=D(51_000), target_price=D(48_000))
BIDS: Levels = ((99_390.0, 10.0),)
ASKS: Levels = ((100_610.0, 10.0),)
LONG_HELD = Held("0.5", "100000", "500", side=LONG)
SHORT_HELD = Held("-0.5", "100000", "500", side=SHORT)


def wishing(
    *wishes: Intent | None,
    risk: RiskConfig = EAGER_RISK,
    end_policy: EndPolicy = "flatten",
    next_ms: float = FUNDING_MS,
) -> Run:
    """Return a session in hedge mode whose strategy has a wish a second."""
    run = Run(
        setup_of(
            strategy=f"{HERE}:Wishes",
            parameters=script(None, *(each for wish in wishes for each in (wish, None))),
            minutes=5,
            risk=risk,
            end_policy=end_policy,
            position_mode="hedge",
            feed=FeedConfig(stop_s=3_600),
        )
    )
    run.connect(next_ms=next_ms)
    run.feed(0, 1_000 * len(wishes) + 1_000, 50_000.0)
    return run


def held(run: Run) -> dict[PositionSide, Decimal]:
    """Return what is held of the symbol, by position."""
    positions = run.engine.account.positions_of(SYMBOL)
    return {each.position_side: each.quantity for each in positions if not each.is_flat}


def carried(*positions: Held, wallet: str = "10000", mode: MarginModeName = "isolated") -> Run:
    """Return a session that took these over, with a wide book and a mark of 100,000."""
    run = Run(
        setup_of(
            head=carrying(*positions, wallet=wallet),
            instruments=(BTCUSDT_TIERED,),
            margin_mode=mode,
            position_mode="hedge",
        )
    )
    run.connect()
    run.at(book(BIDS, ASKS, at_ms=1), mark(100_000.0, at_ms=2))
    return run


# --- wishes -----------------------------------------------------------------------------------


def test_a_strategy_holds_a_long_and_a_short_and_sees_both() -> None:
    """Each with its own protection; ``position`` is the net."""
    run = wishing(IN_LONG, IN_SHORT)
    long, short = ASKED[-1].sides[-1]

    assert {LONG, SHORT} == set(held(run))
    assert (held(run)[LONG], -held(run)[SHORT]) == (long.quantity, short.quantity)
    assert (D(49_000), D(51_000)) == (long.stop_price, short.stop_price)
    assert (D(52_000), D(48_000)) == (long.target_price, short.target_price)
    assert sum(held(run).values()) == ASKED[-1].nets[-1]


def test_one_position_a_side() -> None:
    """A second long is refused while there is one; a short is not."""
    run = wishing(IN_LONG, IN_LONG, IN_SHORT, IN_SHORT)

    assert ["one_position", "one_position"] == [each.rule for each in run.all(IntentRefused)]
    assert [LONG, SHORT] == [each.position_side for each in run.all(OrderFilled)]


def test_exposure_is_that_of_both() -> None:
    """What the long weighs is not there for the short."""
    risk = replace(EAGER_RISK, symbol_notional_max_usdt=6_000.0, risk_pct=0.8)
    alone, after = wishing(IN_SHORT, risk=risk), wishing(IN_LONG, IN_SHORT, risk=risk)

    assert D(4_000) > abs(held(alone)[SHORT]) * 50_000 > D(3_500)
    exposure = after.engine.account.exposure({SYMBOL: 50_000.0})
    assert exposure is not None
    assert D(5_900) < exposure <= D(6_000)
    assert abs(held(after)[SHORT]) < abs(held(alone)[SHORT])


@pytest.mark.parametrize(
    ("wish", "left"),
    [
        (Exit(position_side=LONG), {SHORT}),
        (Exit(position_side=SHORT), {LONG}),
        (Exit(), set()),
    ],
)
def test_an_exit_closes_the_position_it_names(wish: Exit, left: set[PositionSide]) -> None:
    """Or both, where it names none; each is a round trip of its own."""
    run = wishing(IN_LONG, IN_SHORT, wish)

    assert left == set(held(run))
    trips = run.all(RoundTripClosed)
    assert {LONG, SHORT} - left == {each.position_side for each in trips}
    assert left == {order.request.position_side for order in run.engine.head().orders}


def test_what_is_taken_back_may_be_of_one_position() -> None:
    """The entry into the short goes, that into the long stays."""
    low = msgspec.structs.replace(IN_LONG, limit_price=D(49_900))
    high = msgspec.structs.replace(IN_SHORT, limit_price=D(50_100))
    run = wishing(low, high, CancelEntries(position_side=SHORT))

    assert 1 == len(run.all(OrderCanceled))
    assert [LONG] == [order.request.position_side for order in run.engine.head().orders]


def test_protection_is_moved_by_position() -> None:
    """In hedge mode the position must be named; only its stop moves."""
    moved = MoveProtection(stop_price=D(49_500), position_side=LONG)
    run = wishing(IN_LONG, IN_SHORT, MoveProtection(stop_price=D(49_500)), moved)

    (refused,) = run.all(IntentRefused)
    assert ("position_side", "name long or short, or set position_mode") == (
        refused.rule,
        refused.remedy,
    )
    assert [D(49_500)] == [each.trigger_price for each in run.all(OrderAmended)]
    stops = {
        order.request.position_side: order.request.trigger_price
        for order in run.engine.head().orders
        if order.request.role is OrderRole.STOP
    }
    assert {LONG: D(49_500), SHORT: D(51_000)} == stops


def test_one_way_has_no_long_to_name() -> None:
    """Refused by risk, with the remedy; nothing is sent."""
    run = Run(
        setup_of(
            strategy=f"{HERE}:Wishes",
            parameters=script(None, IN_LONG, None, Exit(position_side=LONG)),
        )
    )
    run.connect()
    run.feed(0, 4_000, 50_000.0)

    (refused,) = run.all(IntentRefused)
    assert ("position_side", "Exit of long in one_way mode") == (refused.rule, refused.detail)
    assert run.quantity > ZERO


# --- the end, and what goes on ----------------------------------------------------------------


def test_flatten_closes_both() -> None:
    """One word, two orders, two round trips."""
    run = wishing(IN_LONG, IN_SHORT)
    run.at(ControlReceived(ns(4_000), ControlWord.FLATTEN, "ada", "enough"))
    run.feed(4_100, 6_000, 50_000.0)

    closed = [each.position_side for each in run.all(OrderFilled) if each.role == "flatten"]
    assert ({}, [LONG, SHORT]) == (held(run), sorted(closed))


def test_a_session_ends_flat_of_both() -> None:
    """At the deadline, as the end policy says."""
    run = wishing(IN_LONG, IN_SHORT)
    run.feed(4_000, 310_000, 50_000.0)

    assert ({}, 2) == (held(run), run.all(SessionEnded)[0].round_trips)


def test_both_are_carried_with_their_protection() -> None:
    """The next session holds both, and the short's stop stops the short alone."""
    first = wishing(IN_LONG, IN_SHORT, end_policy="carry")
    first.feed(4_000, 310_000, 50_000.0)
    head = next_head(first)
    later = Run(setup_of(head=head, opened_ms=320_000, position_mode="hedge", end_policy="carry"))
    later.connect(320_000)
    later.feed(320_000, 322_000, 50_000.0)
    before = held(later)
    later.feed(322_000, 330_000, 51_050.0)

    assert {LONG, SHORT} == {each.position_side for each in head.positions} == set(before)
    assert ({LONG}, [SHORT]) == (
        set(held(later)),
        [each.position_side for each in later.all(RoundTripClosed)],
    )


def test_the_mode_cannot_change_under_what_is_carried() -> None:
    """A one-way session refuses an account with a long and a short."""
    head = carrying(LONG_HELD, SHORT_HELD)

    with pytest.raises(ConfigError, match="position_mode: expected the mode of what the account"):
        Engine(setup_of(head=head))


# --- liquidation ------------------------------------------------------------------------------


def test_isolated_the_venue_takes_one_position_and_leaves_the_other() -> None:
    """99,400 is the end of the long; the short lives on, with its own margin, to 100,600."""
    run = carried(LONG_HELD, SHORT_HELD)
    run.at(mark(99_400.0, at_ms=20))
    after = held(run)
    (started,) = run.all(LiquidationStarted)
    run.at(mark(100_600.0, at_ms=30))

    assert ({SHORT: D("-0.5")}, {}) == (after, held(run))
    assert (LONG, D("0.5"), D(200)) == (
        started.position_side,
        started.quantity,
        started.maintenance,
    )
    assert [LONG, SHORT] == [each.position_side for each in run.all(LiquidationEnded)]
    assert {LONG, SHORT} == {each.position_side for each in run.all(LedgerPosted)}


def test_isolated_only_the_orders_of_what_is_taken_are_cancelled() -> None:
    """The long's stop and target go; those of the short stay."""
    run = wishing(IN_LONG, IN_SHORT, risk=replace(EAGER_RISK, risk_pct=0.5))
    run.step(mark(39_000.0, at_ms=4_000))

    assert {SHORT} == set(held(run))
    assert {SHORT} == {order.request.position_side for order in run.engine.head().orders}


def test_cross_one_position_stands_behind_the_other() -> None:
    """Where the long alone would be gone, the short has won as much as it lost."""
    apart = carried(Held("0.5", "100000", side=LONG), wallet="600", mode="cross")
    hedged = carried(
        Held("0.5", "100000", side=LONG),
        Held("-0.4", "100000", side=SHORT),
        wallet="600",
        mode="cross",
    )
    for run in (apart, hedged):
        run.at(mark(99_100.0, at_ms=20))

    assert ({}, 0) == (held(apart), len(hedged.all(LiquidationStarted)))
    hedged.at(mark(98_000.0, at_ms=30))
    (ended,) = hedged.all(LiquidationEnded)[:1]
    assert LONG is ended.position_side, "the one that loses most goes first"
    assert hedged.engine.account.wallet >= ZERO


def test_bars_end_both_positions_in_one_minute() -> None:
    """A bar from 99,000 to 101,000 passes where each is liquidated."""
    run = Run(
        setup_of(
            head=carrying(LONG_HELD, SHORT_HELD),
            instruments=(BTCUSDT_TIERED,),
            channels=(),
            position_mode="hedge",
        )
    )
    run.at(bar(0, 100_000.0, 100_100.0, 99_900.0, 100_000.0))
    assert {LONG, SHORT} == set(held(run))
    run.at(bar(1, 100_000.0, 101_000.0, 99_000.0, 100_000.0))

    assert [LONG, SHORT] == [each.position_side for each in run.all(LiquidationEnded)]
    assert {} == held(run)


# --- funding ----------------------------------------------------------------------------------


def test_each_position_pays_or_receives_with_a_line_of_its_own() -> None:
    """Asked for once; what is received is booked before what is paid."""
    run = wishing(IN_LONG, IN_SHORT, next_ms=10_000)
    run.feed(4_000, 11_000, 50_000.0)
    owed = {each.position_side: each.quantity for each in run.engine.head().owed}
    asked = [each.at_ns for each in run.all(FundingHistoryRequested)]
    run.at(settled(10_000, at_ms=11_500, rate="0.0001", mark="50000"))

    assert held(run) == owed
    assert len(asked) == len(set(asked)) > 0
    booked = [(each.position_side, each.amount) for each in run.all(FundingBooked)]
    lines = [
        (each.position_side, each.amount)
        for each in run.all(LedgerPosted)
        if each.reason is LedgerReason.FUNDING
    ]
    assert [(side, -5 * owed[side]) for side in (SHORT, LONG)] == booked == lines
    trips = {each.position_side: each.funding for each in run.engine.head().trips}
    assert dict(booked) == trips


def test_what_stays_owed_is_told_of_each() -> None:
    """The session ends before the venue has spoken."""
    run = wishing(IN_LONG, IN_SHORT, next_ms=10_000)
    before = held(run)
    run.feed(4_000, 330_000, 50_000.0)

    assert list(before.items()) == [
        (each.position_side, each.quantity) for each in run.all(FundingUnknown)
    ]


# --- a silence --------------------------------------------------------------------------------


def told_after_silence(*bars: tuple[float, float]) -> Run:
    """Return a session that held both, was deaf from 30 s to 240 s, and is told low and high.

    A settlement passed at 150 s.
    """
    run = wishing(IN_LONG, IN_SHORT, next_ms=150_000)
    run.step(bar(-1, 50_000.0, at_ms=3_900))
    run.feed(4_000, 30_000, 50_000.0)
    run.answers_candles = False
    run.step(FeedLost(ns(30_000), "cut"))
    run.until(240_100)
    run.step(FeedConnected(ns(240_200), 2))
    run.tick(240_500)
    for index, (low, high) in enumerate(bars):
        run.step(bar(index, 50_000.0, high, low, 50_000.0, at_ms=241_500))
    return run


def test_a_silence_is_settled_for_both() -> None:
    """A bar nobody heard reached the stop of each: both are out, marked as pessimistic."""
    run = told_after_silence((49_990.0, 50_010.0), (48_900.0, 51_100.0))

    outs = [each for each in run.all(OrderFilled) if each.role is OrderRole.STOP]
    assert [LONG, SHORT] == sorted(each.position_side for each in outs)
    assert all(each.is_pessimistic for each in outs)
    assert {} == held(run)


def test_only_what_was_held_at_a_settlement_owes_it() -> None:
    """The long was stopped in the second minute, the settlement was in the third."""
    calm = (49_990.0, 50_010.0)
    run = told_after_silence(calm, (48_900.0, 50_010.0), calm, calm)

    assert {SHORT} == set(held(run)) == {each.position_side for each in run.engine.head().owed}
