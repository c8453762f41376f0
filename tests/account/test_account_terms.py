"""Margin in the books: set aside, freed, carried; never more than there is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bench import Bench
from tests.support.instruments import FREE
from tests.support.market import SYMBOL
from trading.account.account import Account
from trading.account.head import AccountHead
from trading.account.position import Position
from trading.account.terms import MarginTerms
from trading.errors import ConfigError
from trading.model.events import PositionChanged
from trading.model.margin import MarginMode
from trading.model.numbers import ZERO
from trading.model.orders import Order, OrderRequest, OrderRole, OrderType, Side

D = Decimal
CROSS = MarginTerms(mode=MarginMode.CROSS, leverage=10)
TEN = MarginTerms(leverage=10, leverages={"ETHUSDT": 3})


def bench(terms: MarginTerms = TEN, wallet: str = "10000") -> Bench:
    """Return an account without fees, so that margin is all that moves."""
    return Bench(instrument=FREE, head=AccountHead(wallet=D(wallet)), terms=terms)


def marks(price: float | None) -> dict[str, float | None]:
    """Return the one mark."""
    return {SYMBOL: price}


def test_what_opens_sets_its_margin_aside() -> None:
    """A tenth of 100 x 100.1 at 10x; free is the rest of the wallet, whatever the mark does."""
    held = bench()
    held.hold(Side.BUY, "100")

    assert D("1001.0") == held.account.position(SYMBOL).margin == held.account.tied_up
    assert [D("1001.0")] == [each.margin for each in held.all(PositionChanged)]
    assert D("8999.0") == held.account.free(marks(50.0)) == held.account.free(marks(None))


def test_what_closes_frees_its_part() -> None:
    """A quarter of it with a quarter of the position, all of it with the rest."""
    held = bench()
    held.hold(Side.BUY, "100")
    held.leave("25")
    held.book(100.0, 100.1, 400, size=1_000.0)
    assert D("750.75") == held.account.tied_up

    held.leave("75")
    held.book(100.0, 100.1, 800, size=1_000.0)
    assert ZERO == held.account.tied_up
    assert held.account.wallet == held.account.free(marks(None))


def test_a_symbol_may_have_a_leverage_of_its_own() -> None:
    """A third for ETH, a tenth for everything else."""
    assert (D(100), D(30)) == (
        TEN.initial_margin("ETHUSDT", D(300)),
        TEN.initial_margin("BTCUSDT", D(300)),
    )


def test_cross_sets_nothing_aside_and_calls_on_everything() -> None:
    """A loss takes from what is free, a profit does not add to it; an unknown mark is no answer."""
    held = bench(CROSS)
    held.hold(Side.BUY, "100")

    assert ZERO == held.account.position(SYMBOL).margin
    assert D("1001.0") == held.account.tied_up
    free = [held.account.free(marks(price)) for price in (100.1, 90.1, 110.1, None)]
    assert [D("8999.0"), D("7999.0"), D("8999.0"), None] == free


def test_no_more_is_set_aside_than_is_free() -> None:
    """A fill dearer than its order's cost leaves the position with what there is."""
    held = bench(wallet="1002")
    held.book(99.9, 100.0, 0, size=1_000.0)
    held.plain(Side.BUY, "100")
    held.book(104.9, 105.0, 100, size=1_000.0)  # it would tie up 1,050

    assert D(1_002) == held.account.position(SYMBOL).margin
    assert ZERO == held.account.free(marks(None))


def test_a_loss_takes_what_is_free_and_then_the_margin() -> None:
    """10 at 100, 2x, of 502: a tenth sold at 0.1 frees 50 and loses 99.9; 2 were free."""
    held = bench(MarginTerms(leverage=2), wallet="502")
    held.hold(Side.BUY, "10", price=99.9)
    assert (D(500), D(2)) == (held.account.tied_up, held.account.free(marks(None)))
    held.leave("1")
    held.book(0.1, 0.2, 1_000)

    assert D("402.10") == held.account.wallet == held.account.tied_up
    assert [] == held.insured()


@pytest.mark.parametrize("terms", [MarginTerms(leverage=2), MarginTerms(mode=MarginMode.CROSS)])
def test_an_account_that_is_flat_owes_nothing(terms: MarginTerms) -> None:
    """What a gap took beyond everything is the insurance fund's, and a line of the ledger."""
    held = bench(terms, wallet="502")
    held.hold(Side.SELL, "10", price=100.1)
    held.leave("10", Side.BUY)
    held.book(199.9, 200.0, 1_000)

    assert ZERO == held.account.wallet == held.account.tied_up
    assert [D("498.0")] == held.insured()
    held.check()


def test_the_mode_is_locked_while_something_is_open() -> None:
    """What was isolated cannot be called on by the whole account over night, nor the reverse."""
    carried = Position(symbol=SYMBOL, quantity=D(1), entry_value=D(100), margin=D(10))
    locked = AccountHead(wallet=D(100), margin_mode=MarginMode.ISOLATED, positions=(carried,))
    flat = AccountHead(wallet=D(100), margin_mode=MarginMode.ISOLATED)

    with pytest.raises(ConfigError, match="margin_mode: expected isolated, as long as the account"):
        Account(locked, CROSS)
    assert D(10) == Account(locked, TEN).tied_up
    assert D(100) == Account(flat, CROSS).free({})


def test_an_order_that_could_fill_locks_it_too() -> None:
    """Its fill would open in the other mode than it was accepted in."""
    request = OrderRequest(
        symbol=SYMBOL, side=Side.BUY, type=OrderType.MARKET, quantity=D(1), role=OrderRole.ENTRY
    )
    order = Order(
        order_id=1,
        request=request,
        quantity=D(1),
        submitted_ns=0,
        decision_mid=None,
        arrival_ns=0,
        arrival_exchange_ns=0,
    )
    head = AccountHead(wallet=D(100), margin_mode=MarginMode.CROSS, orders=(order,))

    with pytest.raises(ConfigError, match="margin_mode: expected cross"):
        TEN.check(head)


def test_a_position_older_than_margin_gets_its_own() -> None:
    """What was carried before margin was counted is margined as if opened at its entry."""
    carried = Position(symbol=SYMBOL, quantity=D(-1), entry_value=D(100))
    old = AccountHead(wallet=D(1_000), positions=(carried,))

    assert D(10) == Account(old, TEN).position(SYMBOL).margin
    assert ZERO == Account(old, CROSS).position(SYMBOL).margin


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Side)),
            st.integers(1, 3_000).map(lambda lots: D(lots) / 10),
            st.integers(500, 1_500).map(lambda ticks: ticks / 10),
        ),
        max_size=12,
    ),
    st.sampled_from([1, 3, 50]),
)
def test_margin_never_exceeds_the_wallet(
    moves: list[tuple[Side, Decimal, float]], leverage: int
) -> None:
    """Whatever is traded: nothing negative is set aside, never more than the wallet, none if flat.

    So the account never owes: what a loss takes beyond everything, the insurance fund pays.
    """
    held = bench(MarginTerms(leverage=leverage))
    for index, (side, quantity, price) in enumerate(moves):
        held.plain(side, quantity)
        held.book(price, price + 0.1, 100 * (index + 1), size=1e9)
        position = held.account.position(SYMBOL)
        assert ZERO <= position.margin <= held.account.wallet
        assert not (position.is_flat and position.margin)
        held.check()
