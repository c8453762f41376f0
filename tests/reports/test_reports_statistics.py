"""The statistics: known vectors, and silence where there is nothing to say."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.fold import fold_session
from reports.statistics import TRADES_FEW, Statistics, describe, wilson
from tests.support import told_scenarios
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.events import RoundTripClosed
from trading.model.orders import OrderRole, Side


def described(write: Callable[[Path], Path], tmp_path: Path) -> Statistics:
    """Write a journal, fold it and describe it."""
    with JournalReader(write(tmp_path / "journal.db")) as reader:
        return describe(fold_session(reader))


def trades(exits: list[str]) -> Callable[[Path], Path]:
    """Return a writer of longs of 0.1 at 86,500.0 that leave at these prices."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        teller.start()
        for number, price in enumerate(exits):
            teller.enter(10 * number + 1, Side.BUY, "86500.0", "0.1", stop="86400.0")
            teller.leave(10 * number + 6, price, OrderRole.EXIT, "exit")
        teller.end(600)
        return teller.close()

    return write


@pytest.mark.parametrize(
    ("wins", "count", "low", "high"),
    [(12, 20, 0.387, 0.781), (0, 5, 0.0, 0.434), (5, 5, 0.566, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_gives_the_published_intervals(
    wins: int, count: int, low: float, high: float
) -> None:
    """The interval is Wilson's, and everything where nothing was tried."""
    found = wilson(wins, count)

    assert (low, high) == (round(found[0], 3), round(found[1], 3))


@given(st.integers(1, 2_000), st.data())
def test_wilson_always_holds_the_rate(count: int, data: st.DataObject) -> None:
    """The interval lies inside [0, 1] and around the observed rate."""
    wins = data.draw(st.integers(0, count))
    low, high = wilson(wins, count)

    assert 0.0 <= low <= wins / count + 1e-12
    assert wins / count - 1e-12 <= high <= 1.0


def test_two_trades_are_described_by_hand(tmp_path: Path) -> None:
    """One win and one loss: every number is the one a pencil gives."""
    numbers = described(trades(["86700.0", "86400.0"]), tmp_path)
    # fees: 5.19 in; 5.202 and 5.184 out. +20 - 10.392 = 9.608; -10 - 10.374 = -20.374
    win, loss = Decimal("9.608"), Decimal("-20.374")

    assert (2, 1, 0.5) == (numbers.trips, numbers.wins, numbers.win_rate)
    assert (win, loss) == (numbers.best, numbers.worst)
    assert (win + loss) / 2 == numbers.expectancy
    assert win / -loss == numbers.profit_factor
    # 10 were at risk in both
    assert (2, (win + loss) / 20) == (numbers.planned, numbers.expectancy_r)
    assert Decimal("34610.00") == numbers.turnover
    assert Decimal("20.766") == numbers.fees
    assert 6 == numbers.fees_bps
    # every fill was 0.1 of price worse than the middle, on 0.1
    assert (4, Decimal("0.04")) == (numbers.compared, numbers.slippage)
    assert numbers.is_few


def test_without_a_loss_there_is_no_profit_factor(tmp_path: Path) -> None:
    """An infinite ratio is none."""
    numbers = described(trades(["86700.0"]), tmp_path)

    assert numbers.profit_factor is None
    assert Decimal("9.608") == numbers.gains


def test_breaking_even_is_not_winning(tmp_path: Path) -> None:
    """A round trip that earned exactly its costs counts, but not as a win or a loss."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        even = RoundTripClosed(
            at_ns=teller.ns(10),
            trip_id=1,
            symbol="BTCUSDT",
            side=Side.BUY,
            quantity=Decimal(1),
            entry_price=Decimal(100),
            exit_price=Decimal(101),
            opened_ns=teller.ns(1),
            closed_ns=teller.ns(10),
            gross=Decimal(1),
            fees=Decimal(1),
            funding=Decimal(0),
            net=Decimal(0),
            risk=Decimal(0),
            reason_in="",
            reason_out="",
        )
        teller.say(even)
        return teller.close()

    numbers = described(write, tmp_path)

    assert (1, 0, 0.0) == (numbers.trips, numbers.wins, numbers.win_rate)
    assert (None, 0, None) == (numbers.profit_factor, numbers.planned, numbers.expectancy_r)


def test_nothing_traded_has_no_rates(tmp_path: Path) -> None:
    """Rates over nothing are none, sums over nothing are nothing."""
    numbers = described(told_scenarios.no_trades, tmp_path)

    assert (0, 0) == (numbers.trips, numbers.fills)
    assert [None] * 5 == [
        numbers.win_rate,
        numbers.win_rate_low,
        numbers.expectancy,
        numbers.profit_factor,
        numbers.fees_bps,
    ]
    assert Decimal(0) == numbers.turnover == numbers.slippage
    assert 0.0 == numbers.exposure_share


def test_thirty_trades_are_no_longer_few(tmp_path: Path) -> None:
    """The word "few" ends where it is said to end."""
    before = described(trades(["86700.0"] * (TRADES_FEW - 1)), tmp_path / "before")
    at = described(trades(["86700.0"] * TRADES_FEW), tmp_path / "at")

    assert before.is_few
    assert not at.is_few
