"""Fills in the books: position, wallet and round trip move together and conserve."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import SYMBOL, T0_NS
from trading.account.account import Account
from trading.account.funding import OwedFunding
from trading.account.head import AccountHead, Counters
from trading.account.position import Position
from trading.account.trips import OpenTrip
from trading.errors import ConservationBroken
from trading.model.events import (
    EquityMarked,
    FundingSettled,
    LedgerPosted,
    LedgerReason,
    OrderFilled,
    Output,
    PositionChanged,
    RoundTripClosed,
)
from trading.model.numbers import ZERO, money
from trading.model.orders import Liquidity, OrderRequest, OrderRole, OrderType, Side
from trading.model.sides import PositionSide

D = Decimal
TAKER_FEE = D("0.0006")
BYBIT_FEE = D("0.00055")


@dataclass
class Books:
    """An account, and a way to say a fill in one line."""

    account: Account = field(default_factory=lambda: Account(AccountHead(wallet=D("10000.00"))))
    out: list[Output] = field(default_factory=list)
    rate: Decimal = TAKER_FEE
    fills: int = 0

    def fill(self, side: Side, quantity: str | Decimal, price: str | Decimal) -> list[Output]:
        """Book a fill and return what was given out."""
        self.fills += 1
        quantity, price = D(quantity), D(price)
        role = OrderRole.ENTRY if side is Side.BUY else OrderRole.EXIT
        fill = OrderFilled(
            at_ns=T0_NS + self.fills,
            fill_id=self.fills,
            order_id=self.fills,
            symbol=SYMBOL,
            side=side,
            role=role,
            price=price,
            quantity=quantity,
            fee=money(price * quantity * self.rate),
            liquidity=Liquidity.TAKER,
            exchange_ns=T0_NS,
            evidence="book",
        )
        request = OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=OrderType.MARKET,
            quantity=quantity,
            role=role,
            reason=f"reason {self.fills}",
        )
        before = len(self.out)
        self.account.book_fill(fill, request, D(100), self.out)
        return self.out[before:]

    def lines(self, reason: LedgerReason | None = None) -> list[Decimal]:
        """Return the amounts of the ledger's lines, of one reason or all."""
        posted = [each for each in self.out if isinstance(each, LedgerPosted)]
        return [each.amount for each in posted if reason in {None, each.reason}]

    def trips(self) -> list[RoundTripClosed]:
        """Return the round trips that ended."""
        return [each for each in self.out if isinstance(each, RoundTripClosed)]

    @property
    def quantity(self) -> Decimal:
        """The signed position."""
        return self.account.position(SYMBOL).quantity


def test_closed_profit_of_a_short_with_fees_and_funding() -> None:
    """Short 0.4 from 6000 to 5000, 0.055 % fees, 2.10 funding: 395.48. Source: Bybit help."""
    books = Books(rate=BYBIT_FEE)
    books.fill(Side.SELL, "0.4", "6000")
    owed = OwedFunding(symbol=SYMBOL, settlement_ns=T0_NS, quantity=D("-0.4"), trip_id=1)
    rate = D("-2.10") / (D("0.4") * 6000)
    books.account.book_funding(
        owed, FundingSettled(SYMBOL, T0_NS, T0_NS, rate, D(6000)), T0_NS, books.out
    )
    books.fill(Side.BUY, "0.4", "5000")

    (trip,) = books.trips()
    assert (D(400), D("2.42"), D("-2.10"), D("395.48")) == (
        trip.gross,
        trip.fees,
        trip.funding,
        trip.net,
    )
    assert D("10395.48") == books.account.wallet
    assert [D("-1.32"), D("-2.10"), D("-1.10"), D(400)] == books.lines()


def test_the_fee_is_taken_at_the_fill_not_at_the_exit() -> None:
    """An entry costs its fee at once, on notional."""
    books = Books()

    posted, changed = books.fill(Side.BUY, "0.5", "50000")

    assert isinstance(posted, LedgerPosted)
    assert (D(-15), D(9985)) == (posted.amount, posted.balance)
    assert isinstance(changed, PositionChanged)
    assert (D("0.5"), D(25_000)) == (changed.quantity, changed.entry_value)


def test_a_flip_closes_before_it_opens() -> None:
    """A larger fill against the position ends one trip and begins another; the fee is shared."""
    books = Books()
    books.fill(Side.BUY, "0.3", "50000")

    books.fill(Side.SELL, "0.8", "51000")

    (trip,) = books.trips()
    fee = D("0.8") * 51_000 * D("0.0006")
    opened = books.account.trips[SYMBOL, PositionSide.BOTH]
    assert (D(300), D("0.3"), D(51_000)) == (trip.gross, trip.quantity, trip.exit_price)
    assert (D("-0.5"), D(51_000)) == (books.quantity, books.account.position(SYMBOL).average_entry)
    assert (2, Side.SELL, D("0.5")) == (opened.trip_id, opened.side, opened.quantity_in)
    assert D(9) + fee == trip.fees + opened.fees
    assert D(50) == opened.risk


def test_a_trip_tells_its_story() -> None:
    """Entry and exit are averages of all fills, reasons those of the first and the last order."""
    books = Books()
    books.fill(Side.BUY, "0.5", "5000")
    books.fill(Side.BUY, "0.3", "6000")
    books.fill(Side.SELL, "0.2", "5500")
    books.fill(Side.SELL, "0.6", "5900")

    (trip,) = books.trips()
    assert (D("0.8"), D(5375), D(5800)) == (trip.quantity, trip.entry_price, trip.exit_price)
    assert ("reason 1", "reason 4", Side.BUY) == (trip.reason_in, trip.reason_out, trip.side)
    assert (T0_NS + 1, T0_NS + 4) == (trip.opened_ns, trip.closed_ns)
    assert (D(340), D(80)) == (trip.gross, trip.risk)
    assert trip.net == trip.gross - trip.fees + trip.funding
    assert books.account.wallet - 10_000 == trip.net
    assert 1 == books.account.round_trips


MOVES = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.integers(1, 20_000).map(lambda steps: D(steps) / 10_000),
        st.integers(300_000, 900_000).map(lambda ticks: D(ticks) / 10),
    ),
    min_size=1,
    max_size=40,
)


@given(moves=MOVES)
def test_any_fills_conserve(moves: list[tuple[Side, Decimal, Decimal]]) -> None:
    """Opening wallet plus lines is the wallet; position is the sum of fills; equity the cash flow.

    With flips, partial closes and all: marked at any price, equity is what was there, plus all
    that was sold, less all that was bought, less fees, plus what is held at that price.
    """
    books = Books()
    cash = held = ZERO
    for side, quantity, price in moves:
        books.fill(side, quantity, price)
        cash -= side.sign * quantity * price
        held += side.sign * quantity

    fees = sum(books.lines(LedgerReason.FEE)) + sum(books.lines(LedgerReason.INSURANCE))
    marked = books.account.marked({SYMBOL: 55_555.5}, T0_NS)
    assert held == books.quantity
    assert D("10000.00") + sum(books.lines()) == books.account.wallet
    assert isinstance(marked, EquityMarked)
    assert D(10_000) + cash + fees + held * D("55555.5") == marked.equity
    assert abs(held) * D("55555.5") == marked.exposure
    if held == ZERO:
        assert D(10_000) + sum(each.net for each in books.trips()) == books.account.wallet


@given(moves=MOVES)
def test_trips_share_everything_between_them(moves: list[tuple[Side, Decimal, Decimal]]) -> None:
    """All trips together, the open one too, hold all realised profit and all fees."""
    books = Books()
    for side, quantity, price in moves:
        books.fill(side, quantity, price)

    open_trips = list(books.account.trips.values())
    trips: list[OpenTrip | RoundTripClosed] = [*books.trips(), *open_trips]
    assert sum(books.lines(LedgerReason.REALISED_PNL)) == sum(each.gross for each in trips)
    assert -sum(books.lines(LedgerReason.FEE)) == sum(each.fees for each in trips)
    assert len(open_trips) == (0 if books.quantity == ZERO else 1)
    assert books.account.counters.trip == len(trips) == len({each.trip_id for each in trips})


@given(moves=MOVES, cut=st.integers(0, 40))
def test_an_account_goes_on_where_its_head_left_off(
    moves: list[tuple[Side, Decimal, Decimal]], cut: int
) -> None:
    """Written down and taken over between any two fills, the account ends the same."""
    whole, first = Books(), Books()
    for move in moves:
        whole.fill(*move)
    for move in moves[:cut]:
        first.fill(*move)
    head = msgspec.json.decode(msgspec.json.encode(head_of(first.account)), type=AccountHead)
    second = Books(account=Account(head), fills=first.fills)
    for move in moves[cut:]:
        second.fill(*move)

    assert head_of(whole.account) == head_of(second.account)
    assert [each for each in whole.out if isinstance(each, RoundTripClosed)] == [
        *first.trips(),
        *second.trips(),
    ]


def head_of(account: Account) -> AccountHead:
    """Return what an account hands on."""
    return AccountHead(
        wallet=account.wallet,
        margin_mode=account.terms.mode,
        counters=account.counters,
        positions=tuple(p for p in account.positions.values() if not p.is_flat),
        trips=tuple(account.trips.values()),
    )


def test_taking_over_a_head_leaves_the_head_alone() -> None:
    """Two accounts from one head do not share anything that can change."""
    books = Books()
    books.fill(Side.BUY, "0.5", "50000")
    head = head_of(books.account)
    written = msgspec.json.encode(head)

    Books(account=Account(head)).fill(Side.SELL, "0.2", "50000")

    assert written == msgspec.json.encode(head)


def test_an_unknown_mark_makes_equity_unknown_not_wrong() -> None:
    """With a position and no mark there is no equity; flat symbols need no mark."""
    account = Account(
        AccountHead(
            wallet=D(100),
            counters=Counters(),
            positions=(Position(symbol=SYMBOL, quantity=D(1), entry_value=D(5)),),
        )
    )
    account.position("ETHUSDT")

    assert None is account.unrealised({})
    assert None is account.exposure({SYMBOL: None})
    assert None is account.marked({"ETHUSDT": 5.0}, T0_NS)
    assert D(3) == account.unrealised({SYMBOL: 8.0})


def test_every_booking_says_that_the_account_has_changed() -> None:
    """Whoever drew bounds from its positions and margin knows when they are old."""
    books = Books()
    account = books.account
    owed = OwedFunding(symbol=SYMBOL, settlement_ns=T0_NS, quantity=D("0.5"), trip_id=1)
    settled = FundingSettled(SYMBOL, T0_NS, T0_NS, D("0.0001"), D(50_000))
    bookings: list[Callable[[], object]] = [
        lambda: books.fill(Side.BUY, "0.5", "50000"),
        lambda: account.book_funding(owed, settled, T0_NS, books.out),
        lambda: account.settle_liquidation(
            account.position(SYMBOL), D(1), D(5), "liquidation", T0_NS, books.out
        ),
        lambda: books.fill(Side.SELL, "0.5", "50000"),
    ]
    assert account.has_changed, "what was taken over was never looked at"

    for book in bookings:
        account.has_changed = False
        book()
        assert account.has_changed


def test_a_close_without_a_trip_is_our_bug() -> None:
    """A position that nobody opened cannot be closed in silence."""
    books = Books()
    books.account.position(SYMBOL).increase(Side.BUY, D(5), D(1))

    with pytest.raises(ConservationBroken, match="which no round trip opened"):
        books.fill(Side.SELL, "1", "5")


@pytest.mark.parametrize("field", ["quantity", "entry_value"])
def test_a_position_that_is_tampered_with_is_found_at_the_next_fill(field: str) -> None:
    """The books no longer are what the fills say; the next one says so, and the session stops."""
    books = Books()
    books.fill(Side.BUY, "0.5", "50000")
    position = books.account.position(SYMBOL)
    setattr(position, field, getattr(position, field) + D("0.00000001"))

    with pytest.raises(ConservationBroken, match=r"^fill 2: .*: expected .* by the fills, was"):
        books.fill(Side.SELL, "0.25", "51000")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Side)),
            st.integers(1, 10**6).map(lambda lots: D(lots) / 10**6),
            st.integers(1, 10**9).map(lambda ticks: D(ticks) / 10**7),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_rounding_is_accounted_for(moves: list[tuple[Side, Decimal, Decimal]]) -> None:
    """Prices and lots so fine that every line is rounded: the books still agree to the digit."""
    books = Books()
    for move in moves:
        books.fill(*move)

    assert books.account.wallet == D(10_000) + sum(books.lines())
