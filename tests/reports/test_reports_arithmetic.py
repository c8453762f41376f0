"""The arithmetic: what a report sums is summed again, exactly, and compared."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from reports.arithmetic import Arithmetic, add_up
from reports.fold import fold_session
from tests.support import told_scenarios
from tests.support.good_session import good_session
from tests.support.recorded_session import record, record_hedged
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.events import (
    LedgerReason,
    OrderFilled,
    PositionChanged,
)
from trading.model.numbers import ZERO
from trading.model.orders import Liquidity, OrderRole, Side


def added_up(write: Callable[[Path], Path], tmp_path: Path) -> Arithmetic:
    """Write a journal, fold it and add it up."""
    with JournalReader(write(tmp_path / "journal.db")) as reader:
        return add_up(fold_session(reader))


@pytest.mark.parametrize(
    "write",
    [
        good_session,
        record,
        record_hedged,
        told_scenarios.one_trade,
        told_scenarios.no_trades,
        told_scenarios.crash,
        told_scenarios.crash_unmarked,
        told_scenarios.resumed,
        told_scenarios.killed,
        told_scenarios.funded,
        told_scenarios.carried,
        told_scenarios.rejected,
        told_scenarios.opening_only,
        told_scenarios.hostile,
    ],
)
def test_every_honest_session_adds_up(write: Callable[[Path], Path], tmp_path: Path) -> None:
    """Start and all parts make the wallet to the last digit, and every other claim holds."""
    arithmetic = added_up(write, tmp_path)

    assert () == arithmetic.broken
    assert arithmetic.computed == arithmetic.booked
    assert arithmetic.start + sum(part.amount for part in arithmetic.parts) == arithmetic.booked


def test_the_parts_are_the_ledger_by_reason(tmp_path: Path) -> None:
    """Realised profit, fees and funding are shown apart, each with its lines."""
    arithmetic = added_up(told_scenarios.funded, tmp_path)

    assert [
        (LedgerReason.REALISED_PNL, Decimal(10), 1),
        (LedgerReason.FEE, Decimal("-10.386"), 2),
        (LedgerReason.FUNDING, Decimal("-0.865"), 1),
    ] == [(part.reason, part.amount, part.lines) for part in arithmetic.parts]
    assert Decimal("-10.386") == arithmetic.total(LedgerReason.FEE)


def test_a_cent_out_of_nowhere_is_found(tmp_path: Path) -> None:
    """A balance that does not follow from its lines breaks the sum and names the line."""
    wallet, lines = added_up(told_scenarios.broken, tmp_path).broken

    assert ("10,004.01", "10,004.00") == (wallet.expected, wallet.found)
    assert "line 2 with balance 10,004.01" == lines.found


def test_a_missing_ledger_line_is_found(tmp_path: Path) -> None:
    """A number left out of the ledger is seen even where the amounts agree."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        teller.lines = 1
        teller.say(teller.post(10, LedgerReason.INSURANCE, Decimal(1), "gift"))
        return teller.close()

    (lines,) = added_up(write, tmp_path).broken

    assert "line 2 with balance 10,001.00" == lines.found


def test_a_fill_that_nobody_paid_for_is_found(tmp_path: Path) -> None:
    """A fill without its fee in the ledger, and a position that is not its fills, are named."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        at_ns = teller.ns(10)
        fill = OrderFilled(
            at_ns=at_ns,
            fill_id=1,
            order_id=1,
            symbol="BTCUSDT",
            side=Side.BUY,
            role=OrderRole.ENTRY,
            price=Decimal(86_500),
            quantity=Decimal("0.1"),
            fee=Decimal("5.19"),
            liquidity=Liquidity.TAKER,
            exchange_ns=at_ns,
            evidence="book",
        )
        flat = PositionChanged(
            at_ns=at_ns, symbol="BTCUSDT", quantity=Decimal("0.2"), entry_value=ZERO
        )
        teller.say(fill, flat)
        return teller.close()

    assert [
        ("the fees of all fills = the ledger's fees", "0.00", "\N{MINUS SIGN}5.19"),
        ("the BTCUSDT position = the sum of its fills", "0.20", "0.10"),
    ] == [(c.claim, c.expected, c.found) for c in added_up(write, tmp_path).broken]


def test_a_session_that_counts_wrongly_is_found(tmp_path: Path) -> None:
    """The session's own counts are held against the records."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        teller.fills = 3
        teller.end(10)
        return teller.close()

    (count,) = added_up(write, tmp_path).broken

    assert ("3", "0") == (count.expected, count.found)
