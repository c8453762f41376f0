"""The wallet as a list of reasons, adding up to the last digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.account.ledger import Ledger
from trading.account.position import Position
from trading.errors import ConservationBroken
from trading.model.events import LedgerPosted, LedgerReason, Output
from trading.model.numbers import MONEY_QUANTUM, ZERO, money

D = Decimal


def post(ledger: Ledger, amount: Decimal, out: list[Output]) -> Decimal:
    """Post one line."""
    position = Position(symbol="BTCUSDT")
    return ledger.post(LedgerReason.FEE, amount, position, "fill 1", 5, out)


def test_a_line_has_reason_cause_amount_and_balance() -> None:
    """A line tells all there is to know about one movement."""
    ledger = Ledger(D(10_000), lines=41)
    out: list[Output] = []

    assert D("-1.5") == post(ledger, D("-1.5"), out)
    assert [
        LedgerPosted(
            at_ns=5,
            line=42,
            reason=LedgerReason.FEE,
            symbol="BTCUSDT",
            amount=D("-1.5"),
            balance=D("9998.5"),
            cause="fill 1",
        )
    ] == out


def test_what_rounds_to_nothing_posts_nothing() -> None:
    """Less than half a quantum moves no money and uses no line."""
    ledger = Ledger(D(1), lines=0)
    out: list[Output] = []

    assert ZERO == post(ledger, MONEY_QUANTUM / 2, out)
    assert ([], 0, D(1)) == (out, ledger.lines, ledger.balance)


AMOUNTS = st.lists(
    st.decimals(min_value=-(10**6), max_value=10**6, places=11, allow_nan=False), max_size=30
)


@given(opening=st.decimals(0, 10**9, places=2, allow_nan=False), amounts=AMOUNTS)
def test_start_plus_lines_is_the_balance(opening: Decimal, amounts: list[Decimal]) -> None:
    """The balance after any lines is the opening plus their sum; every line shows it."""
    ledger = Ledger(opening, lines=0)
    out: list[Output] = []
    for amount in amounts:
        assert money(amount) == post(ledger, amount, out)

    total = opening
    lines = [each for each in out if isinstance(each, LedgerPosted)]
    for number, line in enumerate(lines, start=1):
        total += line.amount
        assert (number, total) == (line.line, line.balance)
    assert total == ledger.balance == ledger.opening + sum(ledger.totals.values())


def test_a_balance_that_does_not_add_up_is_our_bug() -> None:
    """Money that moved without a line is found with the next one."""
    ledger = Ledger(D(100), lines=0)
    ledger.balance += D(1)

    with pytest.raises(ConservationBroken, match="ledger line 1: opening 100"):
        post(ledger, D(5), [])


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_money_that_is_no_number_never_enters(amount: str) -> None:
    """An amount that is not finite stops the books instead of spoiling them."""
    ledger = Ledger(D(100), lines=0)

    with pytest.raises((ConservationBroken, ArithmeticError)):
        post(ledger, D(amount), [])
