"""Hedge mode at the paper venue: an order acts on the position it names, and on no other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.instruments import BTCUSDT_TIERED, FREE
from tests.support.market import SYMBOL
from trading.account.head import AccountHead
from trading.account.terms import MarginTerms
from trading.broker import funds
from trading.model.events import BarAmbiguous, OrderRejected
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode
from trading.model.numbers import ZERO
from trading.model.orders import Bracket, OrderRole, OrderType, Side
from trading.model.sides import PositionMode, PositionSide

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
BOTH, LONG, SHORT = PositionSide
HEDGE = MarginTerms(position_mode=PositionMode.HEDGE)
CROSS = MarginTerms(position_mode=PositionMode.HEDGE, mode=MarginMode.CROSS)
TIERED = replace(BTCUSDT_TIERED, limit_quantity_max=D(10_000))


def hedge(
    wallet: str = "10000", *, instrument: Instrument = FREE, terms: MarginTerms = HEDGE
) -> Bench:
    """Return a bench in hedge mode with a market of 99.9 to 100.1, its mark at 100."""
    made = Bench(instrument=instrument, head=AccountHead(wallet=D(wallet)), terms=terms)
    made.book(99.9, 100.1, 0, size=1_000.0)
    made.mark(100.0, 0)
    return made


def held(made: Bench) -> list[Decimal]:
    """Return the long and the short."""
    return [each.quantity for each in made.account.positions_of(SYMBOL)]


def hold_both(made: Bench, long: str = "2", short: str = "1") -> None:
    """Enter both, each with a stop 5 and a target 10 away."""
    made.enter(BUY, long, stop="95", target="110")
    made.enter(SELL, short, stop="105", target="90")
    made.book(99.9, 100.1, made.now_ms + 100, size=1_000.0)
    assert [D(long), -D(short)] == held(made)


# --- what the venue takes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "which", "reduces", "code"),
    [
        (BUY, BOTH, False, "10002"),  # a one-way order
        (SELL, LONG, False, "10002"),  # it could only close
        (BUY, SHORT, False, "10002"),
        (SELL, LONG, True, "30004"),  # no such position
        (BUY, SHORT, True, "30004"),
        (BUY, LONG, False, None),
        (SELL, SHORT, False, None),
    ],
)
def test_an_order_names_a_position_it_can_act_on(
    side: Side, which: PositionSide, code: str | None, *, reduces: bool
) -> None:
    """The mode, then the way round, then whether there is anything to close."""
    made = hedge()
    made.send(OrderType.MARKET, side, position_side=which, reduce_only=reduces)
    made.book(99.9, 100.1, 100, size=1_000.0)

    assert [code] * (code is not None) == made.rejected()
    assert (code is not None) is (held(made) == [ZERO, ZERO])


def test_one_way_an_order_for_a_long_or_a_short_is_refused() -> None:
    """Binance's -4061; Bitunix takes it for a wrong parameter."""
    made = Bench()
    made.book(99.9, 100.1, 0)
    for which in (LONG, SHORT):
        made.send(OrderType.MARKET, BUY, position_side=which)
    made.time(100)

    told = [each.detail for each in made.all(OrderRejected)]
    assert ["10002", "10002"] == made.rejected()
    assert "position side long in one_way mode: expected both" == told[0]


def test_a_closing_order_in_the_positions_own_direction_is_refused() -> None:
    """30019, as one-way."""
    made = hedge()
    made.hold(BUY, "1")
    made.send(OrderType.MARKET, BUY, position_side=LONG, reduce_only=True)
    made.time(300)

    assert ["30019"] == made.rejected()


def test_closing_acts_on_its_position_and_never_opens_the_other() -> None:
    """Sell 5 to close a long of 2: 2 are sold, the short of 1 stays 1."""
    made = hedge()
    hold_both(made)
    made.leave("5", SELL)
    made.book(99.9, 100.1, made.now_ms + 100, size=1_000.0)

    assert [ZERO, D(-1)] == held(made)
    made.check()


# --- protection -------------------------------------------------------------------------------


def test_each_position_has_its_own_protection() -> None:
    """Both brackets stand; closing one takes its own away and leaves the other's."""
    made = hedge()
    hold_both(made)
    covers = {
        which: [each.remaining for each in made.broker.live(SYMBOL, which)]
        for which in (LONG, SHORT)
    }
    made.leave("2", SELL)
    made.book(99.9, 100.1, made.now_ms + 100, size=1_000.0)

    assert {LONG: [D(2), D(2)], SHORT: [D(1), D(1)]} == covers
    assert [] == made.broker.live(SYMBOL, LONG)
    assert [D(1), D(1)] == [each.remaining for each in made.broker.live(SYMBOL, SHORT)]
    made.check()


def test_a_stop_of_one_position_does_not_touch_the_other() -> None:
    """94.9 stops the long out; the short goes on to its target at 90."""
    made = hedge()
    hold_both(made)
    made.trade(94.9, made.now_ms + 1)
    made.book(94.8, 95.0, made.now_ms + 20, size=1_000.0)
    after_stop = held(made)
    made.trade(89.9, made.now_ms + 1)
    made.book(89.8, 90.0, made.now_ms + 20, size=1_000.0)

    assert ([ZERO, D(-1)], [ZERO, ZERO]) == (after_stop, held(made))
    roles = [(each.position_side, each.role) for each in made.fills()[2:]]
    assert [(LONG, OrderRole.STOP), (SHORT, OrderRole.TARGET)] == roles
    assert {} == made.broker.orders


def test_an_exit_of_one_position_ends_no_entry_of_the_other() -> None:
    """A limit entry into the short waits on while the long is closed."""
    made = hedge()
    made.enter(BUY, "1", stop="95")
    waiting = made.enter(SELL, "1", stop="110", limit="105")
    made.book(99.9, 100.1, 100, size=1_000.0)
    made.leave("1", SELL)
    made.book(99.9, 100.1, 300, size=1_000.0)

    assert [ZERO, ZERO] == held(made)
    assert [waiting.order_id] == [each.order_id for each in made.live(OrderRole.ENTRY)]


def test_a_pair_may_have_its_entries_in_both() -> None:
    """A straddle: whichever fills first cancels the other, though it is another position's."""
    made = hedge()
    for side, trigger, stop in ((BUY, "101", "99"), (SELL, "99", "101")):
        bracket = Bracket(stop_price=D(stop))
        kind = OrderType.STOP_MARKET
        made.send(kind, side, trigger=trigger, oco="straddle", bracket=bracket)
    made.time(100)
    made.trade(101.0, 110)
    made.book(101.0, 101.2, 130, size=1_000.0)

    assert [D(1), ZERO] == held(made)
    assert ["the other of its pair filled"] == [reason for _, reason in made.canceled()]


# --- what it costs ----------------------------------------------------------------------------


def test_orders_into_both_hold_what_both_cost() -> None:
    """At 5x 198 and 202: one-way only one side can open, in hedge mode both can."""
    one_way = Bench(instrument=FREE, head=AccountHead(wallet=D(1_000)))
    made = hedge("1000")
    for each in (one_way, made):
        each.book(99.9, 100.1, 0, size=1_000.0)
        each.mark(100.0, 0)
        each.plain(BUY, "10", limit="99")
        each.plain(SELL, "10", limit="101")
        each.time(100)

    left = [funds.free(each.broker, {SYMBOL: each.market}) for each in (one_way, made)]
    assert [D(1_000) - D(202), D(1_000) - D(198) - D(202)] == left


def test_what_opens_beside_an_open_position_must_be_affordable() -> None:
    """900.9 of 1,001.1 stand behind the long, 100.2 are left: 5 coins at 100.2, and no more."""
    made = hedge("1001.1")
    made.hold(BUY, "45")
    for quantity in ("5", "0.0001"):
        made.plain(SELL, quantity, limit="100.2")
    made.time(300)

    assert (["20003"], 1) == (made.rejected(), len(made.live(OrderRole.ENTRY)))


@pytest.mark.parametrize(("terms", "codes"), [(HEDGE, []), (CROSS, ["20002"])])
def test_cross_both_find_one_tier(terms: MarginTerms, codes: list[str]) -> None:
    """At a leverage that tiers up to 50,000 allow: 30,000 beside 30,000 only when isolated."""
    most = next(each for each in TIERED.tiers)
    leverage = most.leverage_max
    made = hedge("1000000", instrument=TIERED, terms=replace(terms, leverage=leverage))
    made.plain(BUY, "300", limit="99")
    made.plain(SELL, "300", limit="101")
    made.time(100)

    assert codes == made.rejected()


# --- bars -------------------------------------------------------------------------------------


def test_a_bar_is_read_once_for_each_position() -> None:
    """It reaches the long's stop and the short's target: both at its low, nothing is assumed."""
    made = Bench(instrument=FREE, terms=HEDGE)
    made.candle(0, 100.0, 100.5, 99.5, 100.0)
    made.enter(BUY, "1", stop="95", target="110")
    made.enter(SELL, "1", stop="110", target="95")
    made.candle(1, 100.0, 100.5, 99.5, 100.0)
    made.candle(2, 100.0, 100.5, 94.0, 94.5)

    roles = [(each.position_side, each.role) for each in made.fills()]
    assert [
        (LONG, OrderRole.ENTRY),
        (SHORT, OrderRole.ENTRY),
        (LONG, OrderRole.STOP),
        (SHORT, OrderRole.TARGET),
    ] == roles
    assert ([], [ZERO, ZERO]) == (made.all(BarAmbiguous), held(made))


def test_one_position_may_be_ambiguous_where_the_other_is_not() -> None:
    """The long's stop and target lie in the bar, of the short only the stop: one bar is counted."""
    made = Bench(instrument=FREE, terms=HEDGE)
    made.candle(0, 100.0, 100.5, 99.5, 100.0)
    made.enter(BUY, "1", stop="99", target="101")
    made.enter(SELL, "1", stop="101", target="90")
    made.candle(1, 100.0, 100.4, 99.6, 100.0)
    made.candle(2, 100.0, 101.5, 98.5, 100.0)

    roles = {each.position_side: each.role for each in made.fills()}
    assert {LONG: OrderRole.STOP, SHORT: OrderRole.STOP} == roles
    assert 1 == len(made.all(BarAmbiguous))
