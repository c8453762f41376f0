"""A position that loses its maintenance is taken away: in order, exactly, and never for more."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.carried import Held, carrying
from tests.support.instruments import BTCUSDT, BTCUSDT_TIERED, ETHUSDT, tier
from tests.support.market import SYMBOL, Levels, bar, book, mark, ns, settled, trade
from tests.support.run import Plain, Run, next_head, setup_of, state
from trading.account.head import AccountHead
from trading.model.events import (
    Input,
    LedgerPosted,
    LedgerReason,
    LiquidationEnded,
    LiquidationStarted,
    OrderCanceled,
    OrderFilled,
    RoundTripClosed,
)
from trading.model.instrument import Instrument
from trading.model.margin import MarginRules
from trading.model.numbers import ZERO

D = Decimal
LONG = Held("0.5", "100000", "500")
"""Maintenance 200, so liquidated at 99,400 and bankrupt at 99,000."""
DEEP: Levels = ((99_390.0, 10.0),)
ASKS: Levels = ((99_410.0, 10.0),)


def session(head: AccountHead, *instruments: Instrument, bids: Levels = DEEP) -> Run:
    """Return a session that took the account over, with a book and a mark of 100,000."""
    mode = "cross" if head.margin_mode == "cross" else "isolated"
    run = Run(
        setup_of(
            head=head,
            instruments=instruments or (BTCUSDT_TIERED,),
            margin_mode="cross" if mode == "cross" else "isolated",
        )
    )
    run.connect()
    run.at(book(bids, ASKS, at_ms=1), mark(100_000.0, at_ms=2))
    return run


def lines(run: Run) -> dict[str, Decimal]:
    """Return the ledger's totals by reason."""
    totals: dict[str, Decimal] = {}
    for each in run.all(LedgerPosted):
        totals[each.reason] = totals.get(each.reason, ZERO) + each.amount
    return totals


def test_one_tick_before_nothing_happens() -> None:
    """99,400.1 leaves a little more than the maintenance; 99,400 does not."""
    run = session(carrying(LONG))
    run.at(mark(99_400.1, at_ms=10))
    assert ([], D("0.5")) == (run.all(LiquidationStarted), run.quantity)

    run.at(mark(99_400.0, at_ms=20))
    (started,) = run.all(LiquidationStarted)
    assert (SYMBOL, D("0.5"), D("99400.0")) == (started.symbol, started.quantity, started.mark)
    assert (D(200), D(200)) == (started.balance, started.maintenance)
    assert ZERO == run.quantity


def test_the_market_takes_it_and_the_fee_comes_out_of_what_is_left() -> None:
    """0.5 at 99,390: 305 lost, 29.817 taker fee, 149.1 of 165.183 left for the liquidation."""
    run = session(carrying(LONG))
    run.at(mark(99_400.0, at_ms=20))

    (fill,) = run.all(OrderFilled)
    (ended,) = run.all(LiquidationEnded)
    assert ("liquidation", D(99_390), D("0.5")) == (fill.role, fill.price, fill.quantity)
    assert {
        "realised_pnl": D(-305),
        "fee": D("-29.817"),
        "liquidation_fee": D("-149.1"),
    } == lines(run)
    assert (D("0.5"), ZERO, D("149.1"), ZERO) == (
        ended.closed,
        ended.left,
        ended.fee,
        ended.insured,
    )
    (trip,) = run.all(RoundTripClosed)
    assert "liquidation" == trip.reason_out


def test_the_fee_takes_no_more_than_is_left() -> None:
    """A market 200 lower leaves 65 less: what was free before stays untouched."""
    run = session(carrying(LONG), bids=((99_190.0, 10.0),))
    run.at(mark(99_400.0, at_ms=20))

    assert {"realised_pnl": D(-405), "fee": D("-29.757"), "liquidation_fee": D("-65.243")} == lines(
        run
    )
    assert D(9_500) == run.engine.account.wallet


def test_below_bankruptcy_the_venue_takes_it_over() -> None:
    """Bids under 99,000 are no way out: closed at 99,000, and the fund pays the taker's fee."""
    run = session(carrying(LONG), bids=((98_900.0, 10.0),))
    run.at(mark(98_000.0, at_ms=20))

    (fill,) = run.all(OrderFilled)
    assert (D(99_000), True) == (fill.price, fill.evidence.startswith("takeover"))
    assert {"realised_pnl": D(-500), "fee": D("-29.7"), "insurance": D("29.7")} == lines(run)
    assert D(9_500) == run.engine.account.wallet


def test_a_thin_market_takes_what_it_can() -> None:
    """0.2 at 99,390, the rest at bankruptcy."""
    run = session(carrying(LONG), bids=((99_390.0, 0.2), (98_000.0, 9.0)))
    run.at(mark(99_400.0, at_ms=20))

    traded = [(each.price, each.quantity) for each in run.all(OrderFilled)]
    assert [(D(99_390), D("0.2")), (D(99_000), D("0.3"))] == traded
    assert D(9_500) <= run.engine.account.wallet


def test_a_short_is_the_mirror() -> None:
    """Liquidated at 100,600, bankrupt at 101,000."""
    run = Run(setup_of(head=carrying(Held("-0.5", "100000", "500")), instruments=(BTCUSDT_TIERED,)))
    run.connect()
    run.at(book(((100_590.0, 9.0),), ((100_610.0, 9.0),), at_ms=1), mark(100_599.9, at_ms=2))
    assert [] == run.all(LiquidationStarted)

    run.at(mark(100_600.0, at_ms=3))
    assert {"realised_pnl": D(-305), "fee": D("-30.183"), "liquidation_fee": D("-150.9")} == lines(
        run
    )


def test_orders_go_first() -> None:
    """The stop that would have been next, and whatever else the symbol has open."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "2 buy 41000"},
            instruments=(BTCUSDT_TIERED,),
        )
    )
    run.connect()
    run.feed(0, 3_000, 50_000.0)
    assert run.quantity > 0
    run.at(mark(40_200.0, at_ms=3_000))

    (canceled,) = run.all(OrderCanceled)
    kinds = [type(each).__name__ for each in run.out]
    assert "liquidation" == canceled.reason
    assert kinds.index("LiquidationStarted") < kinds.index("OrderCanceled")
    assert kinds.index("OrderCanceled") < len(kinds) - kinds[::-1].index("OrderFilled") - 1
    assert ZERO == run.quantity


def test_it_steps_down_tier_by_tier_and_stops_when_safe() -> None:
    """1.2 of 120,000 at 0.5 %, 600 to keep: cut to 0.5, of which 0.4 % are enough again."""
    head = carrying(Held("1.2", "100000", "1200"))
    run = session(head, bids=((99_400.0, 10.0),))
    run.at(mark(99_500.0, at_ms=20))

    (ended,) = run.all(LiquidationEnded)
    (fill,) = run.all(OrderFilled)
    position = run.engine.account.position(SYMBOL)
    assert (D("0.7"), D("0.5"), D(99_400)) == (ended.closed, ended.left, fill.price)
    assert D(500) == position.margin
    run.at(mark(99_400.1, at_ms=30))
    assert 1 == len(run.all(LiquidationStarted))
    run.at(mark(99_400.0, at_ms=40))
    assert (2, ZERO) == (len(run.all(LiquidationStarted)), run.quantity)


def test_a_step_that_meets_nobody_is_the_last() -> None:
    """Nothing is bid above bankruptcy: all of it is taken over at once."""
    run = session(carrying(Held("1.2", "100000", "1200")), bids=((98_000.0, 10.0),))
    run.at(mark(99_500.0, at_ms=20))

    assert [(D(99_000), D("1.2"))] == [(each.price, each.quantity) for each in run.all(OrderFilled)]
    assert D(8_800) == run.engine.account.wallet


def test_a_venue_that_does_not_step_down_takes_it_whole() -> None:
    """The same, and no tier is asked."""
    at_once = replace(BTCUSDT_TIERED, margin_rules=MarginRules(steps_down=False))
    run = session(carrying(Held("1.2", "100000", "1200")), at_once)
    run.at(mark(99_500.0, at_ms=20))

    assert (ZERO, [D("1.2")]) == (run.quantity, [each.closed for each in run.all(LiquidationEnded)])


def test_nothing_is_liquidated_while_matching_stands_still() -> None:
    """Over a settlement's pause the bounds stay passed, and the first mark after it counts."""
    head = carrying(LONG)
    setup = setup_of(head=head, instruments=(BTCUSDT_TIERED,))
    execution = replace(setup.config.execution, settlement_pause_ms=2_000)
    run = Run(setup_of(head=head, instruments=(BTCUSDT_TIERED,), execution=execution))
    run.connect(next_ms=100)
    run.at(book(DEEP, ASKS, at_ms=1), mark(100_000.0, at_ms=2))
    run.at(mark(99_000.0, at_ms=150))
    assert [] == run.all(LiquidationStarted)

    run.at(mark(99_300.0, at_ms=2_100))
    assert 1 == len(run.all(LiquidationStarted))


def two(wallet: str = "10000") -> Run:
    """Return a cross account long of BTC and short of ETH."""
    coin = replace(ETHUSDT, tiers=(tier(0, 10**9, 125, "0.005"),))
    run = session(
        carrying(Held("0.5", "100000"), Held("-9", "2000", symbol="ETHUSDT"), wallet=wallet),
        BTCUSDT_TIERED,
        coin,
    )
    run.at(book(1_999.9, 2_000.1, at_ms=3, symbol="ETHUSDT", size=100.0))
    return run


def test_cross_waits_for_every_mark() -> None:
    """Without one there is no equity to judge by; with it there is."""
    run = two("1000")
    run.at(mark(98_000.0, at_ms=10))
    assert [] == run.all(LiquidationStarted)

    run.at(mark(2_000.0, at_ms=20, symbol="ETHUSDT"))
    assert [SYMBOL] == [each.symbol for each in run.all(LiquidationStarted)]


def test_cross_the_largest_loss_goes_first_and_saves_the_rest() -> None:
    """ETH brings the account down, BTC loses more: BTC goes, and ETH stays."""
    run = two("10060")
    run.at(mark(2_000.0, at_ms=5, symbol="ETHUSDT"), mark(88_000.0, at_ms=10))
    assert [] == run.all(LiquidationStarted)
    run.at(book(88_000.0, 88_000.1, at_ms=15), mark(2_420.0, at_ms=20, symbol="ETHUSDT"))

    (started,) = run.all(LiquidationStarted)
    assert (SYMBOL, D(280), D(290)) == (started.symbol, started.balance, started.maintenance)
    assert (ZERO, D(-9)) == (run.quantity, run.engine.account.position("ETHUSDT").quantity)


def test_cross_ends_at_zero_and_never_below() -> None:
    """A gap beyond everything: both are taken over, and the fund pays what is missing."""
    run = two()
    run.at(mark(2_000.0, at_ms=5, symbol="ETHUSDT"))
    run.at(book(59_999.9, 60_000.0, at_ms=8), mark(60_000.0, at_ms=10))

    assert [SYMBOL, "ETHUSDT"] == [each.symbol for each in run.all(LiquidationStarted)]
    assert ZERO == run.engine.account.wallet
    assert lines(run)["insurance"] > ZERO
    insured = sum(each.insured for each in run.all(LiquidationEnded))
    assert lines(run)["insurance"] == insured


def test_isolated_the_other_position_is_not_touched_by_a_gap() -> None:
    """Isolated BTC is gone with its margin; isolated ETH and the free balance are as before."""
    head = carrying(LONG, Held("-9", "2000", "3600", symbol="ETHUSDT"))
    run = session(head, BTCUSDT_TIERED, ETHUSDT)
    run.at(book(49_999.9, 50_000.0, at_ms=5), mark(2_000.0, at_ms=6, symbol="ETHUSDT"))
    run.at(mark(50_000.0, at_ms=10))

    account = run.engine.account
    assert D(9_500) == account.wallet
    assert (D(3_600), D(-9)) == (account.tied_up, account.position("ETHUSDT").quantity)


def test_funding_can_bring_it() -> None:
    """What is free pays first; what is missing moves the liquidation price at once."""
    run = Run(setup_of(head=carrying(LONG, wallet="510"), instruments=(BTCUSDT_TIERED,)))
    run.connect(next_ms=50)
    run.at(book(DEEP, ASKS, at_ms=1), mark(99_800.0, at_ms=2), mark(99_800.0, at_ms=60))
    run.at(settled(50, at_ms=70, rate="0.005", mark="99800"))
    assert D("260.5") == run.engine.account.position(SYMBOL).margin
    assert [] == run.all(LiquidationStarted)

    run.at(mark(99_800.0, at_ms=80))
    assert 1 == len(run.all(LiquidationStarted))


def test_a_gap_while_nobody_listened_is_settled_at_bankruptcy() -> None:
    """A bar of the silence went through it: what the market offered then nobody knows."""
    head = msgspec.structs.replace(carrying(LONG), as_of_ns=ns(-100_000))
    run = Run(setup_of(head=head, instruments=(BTCUSDT_TIERED,)))
    run.answers_candles = False
    run.connect()
    run.at(
        bar(-2, 100_000.0, 100_000.0, 99_300.0, 100_000.0, at_ms=1),
        bar(-1, 100_000.0, 100_000.0, 100_000.0, 100_000.0, at_ms=1),
        trade(100_000.0, at_ms=2),
    )

    (fill,) = run.all(OrderFilled)
    assert (D(99_000), True) == (fill.price, fill.is_pessimistic)
    assert {"realised_pnl": D(-500), "fee": D("-29.7"), "insurance": D("29.7")} == lines(run)


@pytest.mark.parametrize(
    ("opened", "low", "met"),
    [(100_000.0, 99_300.0, "99390.0"), (99_200.0, 99_100.0, "99190.0")],
    ids=["through", "gap"],
)
def test_where_bars_are_all_there_is(opened: float, low: float, met: str) -> None:
    """Through the price: from the price itself, half a spread worse; a gap: from the open."""
    run = Run(setup_of(head=carrying(LONG), instruments=(BTCUSDT_TIERED,), channels=()))
    run.step(bar(0, 100_000.0, 100_000.0, 100_000.0, 100_000.0))
    run.step(bar(1, opened, 100_000.0, low, 100_000.0))

    (fill,) = run.all(OrderFilled)
    assert (D(met), "liquidation") == (fill.price, fill.role)


def test_where_prints_are_all_there_is() -> None:
    """Each print is the mark."""
    run = Run(
        setup_of(
            head=carrying(LONG), instruments=(BTCUSDT_TIERED,), channels=(), builds_candles=True
        )
    )
    run.step(trade(100_000.0, at_ms=1), trade(99_400.1, at_ms=2))
    assert [] == run.all(LiquidationStarted)
    run.step(trade(99_400.0, at_ms=3))
    assert 1 == len(run.all(LiquidationStarted))


@pytest.mark.parametrize("is_prints", [True, False], ids=["prints", "bars"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", range(3))
def test_the_shortcuts_liquidate_at_the_same_event(
    seed: int, sign: int, *, is_prints: bool
) -> None:
    """Until the walk has gone far enough: same outputs, same state, with and without them."""
    rng, price = Random(seed), 100_000.0
    events: list[Input] = []
    for index in range(400):
        opened, price = price, round(price + rng.choice((-30.0, -10.0, 10.0, 20.0)) * sign, 1)
        if is_prints:
            events.append(trade(price, at_ms=index * 50))
        else:
            events.append(bar(index, opened, max(opened, price) + 5, min(opened, price) - 5, price))
    head = carrying(LONG._replace(quantity=str(sign * D(LONG.quantity))))
    setup = setup_of(
        head=head,
        instruments=(BTCUSDT_TIERED,),
        channels=(),
        builds_candles=is_prints,
        minutes=500,
    )
    fast, plain = Run(setup), Run(setup, engine=Plain)
    for run in (fast, plain):
        run.at(*events)

    assert 1 == len(fast.all(LiquidationStarted))
    assert plain.out_bytes() == fast.out_bytes()
    assert state(plain) == state(fast)


@given(
    st.sampled_from([1, -1]),
    st.integers(1, 20),
    st.floats(0.5, 1.5),
    st.floats(0.9, 1.1),
    st.floats(0.001, 3.0),
)
def test_isolated_no_more_than_its_margin_is_ever_lost(
    sign: int, lots: int, moved: float, off: float, size: float
) -> None:
    """Wherever mark and market go, however thin it is, on either side: what was free stays free."""
    quantity = D(lots) / 10
    margin = quantity * 1_000
    head = carrying(Held(str(sign * quantity), "100000", str(margin)))
    run = Run(setup_of(head=head, instruments=(BTCUSDT_TIERED,)))
    run.connect()
    middle = round(100_000 * moved * off, 1)
    run.at(book(middle - 5, middle + 5, at_ms=1, size=size), mark(100_000 * moved, at_ms=2))

    account = run.engine.account
    assert account.wallet - account.tied_up >= 10_000 - margin
    assert account.wallet == 10_000 + sum(lines(run).values())
    for ended in run.all(LiquidationEnded):
        assert ended.left == account.position(SYMBOL).quantity
        assert ended.insured == lines(run).get("insurance", ZERO)


def test_the_next_session_takes_the_margin_over() -> None:
    """Mode and margin are in the head, to the digit."""
    run = session(carrying(LONG))

    assert run.engine.head().margin_mode == next_head(run).margin_mode
    assert D(500) == next_head(run).positions[0].margin
    assert LedgerReason.INSURANCE not in lines(run)
    assert BTCUSDT.symbol == next_head(run).positions[0].symbol
