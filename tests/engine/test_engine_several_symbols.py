"""Several symbols on one account: one wallet, a position and a margin each, nothing mixed up."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.instruments import BTCUSDT, ETHUSDT
from tests.support.market import book, mark, rate, settled, trade
from tests.support.run import DELAY_MS, EAGER_RISK, Run, next_head, setup_of
from trading.account.head import AccountHead
from trading.config import MarginModeName
from trading.model.events import (
    FundingBooked,
    LedgerPosted,
    OrderFilled,
    OrderRejected,
    RoundTripClosed,
)
from trading.model.numbers import ZERO

D = Decimal
BOTH = (BTCUSDT, replace(ETHUSDT, quantity_step=D("0.001"), quantity_min=D("0.001")))
PRICES = {"BTCUSDT": 50_000.0, "ETHUSDT": 2_000.0}
NEXT_MS = 20_000.0


def hear(run: Run, at_ms: float) -> None:
    """Hear both symbols once."""
    for symbol, price in PRICES.items():
        run.at(
            mark(price, at_ms=at_ms, delay_ms=DELAY_MS, symbol=symbol),
            trade(price, at_ms=at_ms, delay_ms=DELAY_MS, symbol=symbol),
            book(
                price - 0.1, price + 0.1, at_ms=at_ms, delay_ms=DELAY_MS, symbol=symbol, size=500.0
            ),
        )


def trading(mode: MarginModeName = "isolated") -> Run:
    """Return a session that is long of both; every strategy buys on its second print."""
    setup = setup_of(
        strategy="ScriptedOnTrades",
        parameters={"script": "2 buy 1950; 60 exit"},
        instruments=BOTH,
        margin_mode=mode,
        leverage=1,
        channels=(),
        head=AccountHead(wallet=D(10_000)),
    )
    run = Run(setup)
    run.connect(next_ms=NEXT_MS)
    run.step(rate(NEXT_MS, symbol="ETHUSDT"))
    for at_ms in range(0, 3_000, 500):
        hear(run, at_ms)
    return run


@pytest.mark.parametrize("mode", ["isolated", "cross"])
def test_each_symbol_has_its_position_and_the_wallet_is_one(mode: MarginModeName) -> None:
    """Both bought; the margin of both is tied up, and the ledger's lines tell them apart."""
    run = trading(mode)
    account = run.engine.account
    held = {symbol: account.position(symbol) for symbol in PRICES}

    assert all(each.quantity > ZERO for each in held.values())
    cost = sum((each.entry_value for each in held.values()), ZERO)
    assert abs(cost - account.tied_up) < D("0.000001")
    assert set(PRICES) == {each.symbol for each in run.all(LedgerPosted)}
    assert account.wallet == D(10_000) + sum(each.amount for each in run.all(LedgerPosted))


def test_the_second_finds_free_what_the_first_has_left() -> None:
    """Risk would buy nine times the equity of each; what is free bounds both, and none is refused.

    The first takes 98 % of it, both fees included, the second 98 % of the rest.
    """
    risk = replace(EAGER_RISK, risk_pct=2.0, leverage_max=100.0, notional_max_usdt=1e9)
    run = Run(
        setup_of(
            strategy="Eager",
            parameters={"stop_bps": 10.0},
            instruments=BOTH,
            channels=(),
            risk=risk,
        )
    )
    run.connect(next_ms=NEXT_MS)
    run.step(rate(NEXT_MS, symbol="ETHUSDT"))
    for at_ms in range(0, 3_000, 500):
        hear(run, at_ms)
    account = run.engine.account
    btc, eth = (account.position(symbol).margin for symbol in PRICES)

    assert [] == run.all(OrderRejected)
    assert D(9_600) < btc < D(9_800)
    assert D(100) < eth < D(300)
    assert ZERO <= account.wallet - account.tied_up < D(100)


def test_a_settlement_of_one_is_not_the_others() -> None:
    """Each pays by its own position, mark and rate, once."""
    run = trading()
    hear(run, NEXT_MS)
    run.at(settled(NEXT_MS, at_ms=21_000, rate="0.0001", mark="50000"))
    (booked,) = run.all(FundingBooked)
    assert "BTCUSDT" == booked.symbol
    assert ["ETHUSDT"] == [each.symbol for each in run.engine.head().owed]

    answer = settled(NEXT_MS, at_ms=21_100, rate="-0.0002", mark="2000", symbol="ETHUSDT")
    run.at(answer, answer)
    eth = run.engine.account.position("ETHUSDT").quantity
    assert [booked.amount, eth * 2_000 * D("0.0002")] == [
        each.amount for each in run.all(FundingBooked)
    ]


def test_both_are_closed_at_the_end_and_the_trips_add_up() -> None:
    """Flat in both; what the trips earned is what the wallet moved by."""
    run = trading()
    for at_ms in range(3_000, 40_000, 500):
        hear(run, at_ms)

    trips = run.all(RoundTripClosed)
    assert set(PRICES) == {each.symbol for each in trips}
    assert run.engine.account.wallet - 10_000 == sum(each.net for each in trips)
    assert ZERO == run.engine.account.tied_up
    assert () == next_head(run).positions
    sides = {(each.symbol, each.side) for each in run.all(OrderFilled)}
    assert 4 == len(sides)
