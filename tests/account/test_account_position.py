"""Average entry, unrealised and realised profit: the venues' own worked examples, and exactness."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from trading.account.position import Position
from trading.model.numbers import ZERO
from trading.model.orders import Side

D = Decimal


def position(quantity: str, entry_value: str) -> Position:
    """Return a position that cost so much."""
    return Position(symbol="BTCUSDT", quantity=D(quantity), entry_value=D(entry_value))


def test_average_entry() -> None:
    """0.5 at 5000 and 0.3 at 6000 are 0.8 at 5375. Source: Bybit help 900000630066."""
    held = position("0", "0")
    held.increase(Side.BUY, D(5000), D("0.5"))
    held.increase(Side.BUY, D(6000), D("0.3"))

    assert (D("0.8"), D(4300), D(5375)) == (held.quantity, held.entry_value, held.average_entry)


def test_unrealised_profit_of_a_long_and_a_short() -> None:
    """Long 0.2 from 7000 to 7500 is 100; short 0.4 from 6000 to 5000 is 400. Source: the same."""
    assert D(100) == position("0.2", "1400").unrealised(D(7500))
    assert D(400) == position("-0.4", "2400").unrealised(D(5000))
    assert D(-100) == position("-0.2", "1400").unrealised(D(7500))


def test_what_is_flat_has_no_side_no_average_and_no_profit() -> None:
    """A flat position says so in every way."""
    flat = position("0", "0")

    assert (True, None, ZERO, ZERO) == (
        flat.is_flat,
        flat.side,
        flat.average_entry,
        flat.unrealised(D(9)),
    )
    assert (Side.BUY, Side.SELL) == (position("1", "1").side, position("-1", "1").side)


def test_a_reduction_leaves_the_average_entry() -> None:
    """Taking half of a long out at a profit realises it and keeps the average."""
    held = position("0.8", "4300")

    assert D(250) == held.reduce(D(6000), D("0.4"))
    assert (D("0.4"), D(5375)) == (held.quantity, held.average_entry)


def test_a_third_of_an_average_that_does_not_divide() -> None:
    """A cost that cannot be split evenly is rounded once, and nothing of it is lost at the end."""
    held = position("-3", "100.00000001")

    parts = [held.reduce(D(30), D(1)) for _ in range(3)]

    assert D("100.00000001") - 90 == sum(parts)
    assert (ZERO, ZERO) == (held.quantity, held.entry_value)


def test_closing_the_last_of_it_gives_all_of_the_cost_back() -> None:
    """A lattice finer than the money quantum leaves nothing behind when the position is flat."""
    held = position("3", "0.0000000004")

    assert D("-0.0000000001") == held.reduce(D("0.0000000001"), D(3))
    assert (ZERO, ZERO) == (held.quantity, held.entry_value)


FILLS = st.lists(
    st.tuples(st.integers(400_000, 600_000), st.integers(1, 5_000)), min_size=1, max_size=12
)


@given(fills=FILLS, closes=FILLS, is_long=st.booleans())
def test_closed_to_flat_the_realised_profit_is_the_exact_cash_flow(
    fills: list[tuple[int, int]], closes: list[tuple[int, int]], *, is_long: bool
) -> None:
    """However often it is opened and partly closed: profit is what came in less what went out."""
    held = position("0", "0")
    side = Side.BUY if is_long else Side.SELL
    paid = realised = got = ZERO
    for ticks, steps in fills:
        price, quantity = D(ticks) / 10, D(steps) / 10_000
        held.increase(side, price, quantity)
        paid += price * quantity
    for ticks, steps in closes:
        price, quantity = D(ticks) / 10, min(D(steps) / 10_000, abs(held.quantity))
        if quantity:
            realised += held.reduce(price, quantity)
            got += price * quantity
    if not held.is_flat:
        price, quantity = D(50_000), abs(held.quantity)
        realised += held.reduce(price, quantity)
        got += price * quantity

    assert side.sign * (got - paid) == realised
    assert (ZERO, ZERO) == (held.quantity, held.entry_value)
