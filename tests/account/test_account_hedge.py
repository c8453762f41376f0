"""Hedge mode: a symbol's long and short never net, and stand behind each other only when cross."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from math import inf

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.carried import Held, carrying
from tests.support.instruments import BINANCE_BTCUSDT, BTCUSDT_TIERED
from tests.support.market import SYMBOL, T0_NS, ns
from trading.account.account import Account
from trading.account.funding import Held as HeldAt
from trading.account.head import AccountHead
from trading.account.health import ANY, MarginHealth
from trading.account.terms import MarginTerms
from trading.errors import ConfigError, ConservationBroken
from trading.model.events import (
    FundingBooked,
    FundingHistoryRequested,
    FundingSettled,
    LedgerPosted,
    LedgerReason,
    OrderFilled,
    Output,
    PositionChanged,
    RoundTripClosed,
)
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode
from trading.model.numbers import ZERO, money
from trading.model.orders import Liquidity, OrderRequest, OrderRole, OrderType, Side
from trading.model.sides import PositionMode, PositionSide

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
HEDGE = MarginTerms(position_mode=PositionMode.HEDGE)
HEDGE_CROSS = MarginTerms(position_mode=PositionMode.HEDGE, mode=MarginMode.CROSS)
SIDES = {True: Side.BUY, False: Side.SELL}


@dataclass
class Books:
    """An account, and fills of it in one line."""

    account: Account
    out: list[Output] = field(default_factory=list)
    fills: int = 0

    @classmethod
    def opened(cls, terms: MarginTerms = HEDGE, wallet: str = "1000000") -> Books:
        """Return the books of a new account."""
        return cls(Account(AccountHead(wallet=D(wallet)), terms))

    def fill(
        self,
        side: Side,
        quantity: str | Decimal,
        price: str | Decimal,
        which: PositionSide = PositionSide.BOTH,
    ) -> None:
        """Book a fill of a position."""
        self.fills += 1
        quantity, price = D(quantity), D(price)
        fill = OrderFilled(
            at_ns=T0_NS + self.fills,
            fill_id=self.fills,
            order_id=self.fills,
            symbol=SYMBOL,
            side=side,
            role=OrderRole.ENTRY,
            price=price,
            quantity=quantity,
            fee=money(price * quantity * D("0.0006")),
            liquidity=Liquidity.TAKER,
            exchange_ns=T0_NS,
            evidence="book",
            position_side=which,
        )
        request = OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=OrderType.MARKET,
            quantity=quantity,
            role=OrderRole.ENTRY,
            position_side=which,
        )
        self.account.book_fill(fill, request, D(10), self.out)

    def lines(self, which: PositionSide) -> list[tuple[LedgerReason, Decimal]]:
        """Return the ledger's lines of one position."""
        posted = [each for each in self.out if isinstance(each, LedgerPosted)]
        return [(each.reason, each.amount) for each in posted if each.position_side is which]

    def trips(self) -> list[RoundTripClosed]:
        """Return the round trips that ended."""
        return [each for each in self.out if isinstance(each, RoundTripClosed)]


def hedged(
    *held: Held, wallet: str = "10000", instrument: Instrument = BTCUSDT_TIERED
) -> MarginHealth:
    """Return the health of an account in hedge mode; margins of 0 are cross."""
    head = carrying(*held, wallet=wallet)
    mode = head.margin_mode or MarginMode.ISOLATED
    terms = MarginTerms(position_mode=PositionMode.HEDGE, mode=mode)
    return MarginHealth(Account(head, terms), {SYMBOL: instrument})


def both(long: str, short: str, *, margins: tuple[str, str] = ("0", "0")) -> tuple[Held, Held]:
    """Return a long and a short of one symbol, each bought or sold at 100,000."""
    return (
        Held(long, "100000", margins[0], side=LONG),
        Held(f"-{short}", "100000", margins[1], side=SHORT),
    )


# --- fills ------------------------------------------------------------------------------------


def test_a_sale_into_the_short_leaves_the_long_alone() -> None:
    """Two positions, two costs, two margins; nothing is realised."""
    books = Books.opened()
    books.fill(Side.BUY, "0.5", "50000", LONG)
    books.fill(Side.SELL, "0.3", "51000", SHORT)

    long, short = books.account.positions_of(SYMBOL)
    assert (D("0.5"), D(25_000), D(5_000)) == (long.quantity, long.entry_value, long.margin)
    assert (D("-0.3"), D(15_300), D(3_060)) == (short.quantity, short.entry_value, short.margin)
    assert {LedgerReason.FEE} == {reason for reason, _ in (*books.lines(LONG), *books.lines(SHORT))}
    told = [each.position_side for each in books.out if isinstance(each, PositionChanged)]
    assert [LONG, SHORT] == told


def test_each_position_has_its_own_round_trip() -> None:
    """The long's ends while the short's goes on; results and fees are its own."""
    books = Books.opened()
    books.fill(Side.BUY, "0.5", "50000", LONG)
    books.fill(Side.SELL, "0.3", "51000", SHORT)
    books.fill(Side.SELL, "0.5", "52000", LONG)

    (trip,) = books.trips()
    assert (LONG, Side.BUY, D(1_000), D("30.6")) == (
        trip.position_side,
        trip.side,
        trip.gross,
        trip.fees,
    )
    assert [(SYMBOL, SHORT)] == list(books.account.trips)


@pytest.mark.parametrize(("which", "side"), [(LONG, Side.SELL), (SHORT, Side.BUY)])
def test_no_fill_opens_a_position_the_wrong_way(which: PositionSide, side: Side) -> None:
    """A sale can never make a long short; if the broker tried, that is our bug."""
    books = Books.opened()

    with pytest.raises(ConservationBroken, match=f"a {side} cannot open {SYMBOL} {which}"):
        books.fill(side, "0.1", "50000", which)


def test_a_position_is_the_same_one_for_good() -> None:
    """Who holds on to it sees what becomes of it: opened, closed, opened again."""
    books = Books.opened()
    long, short = books.account.positions_of(SYMBOL)
    books.fill(Side.BUY, "0.5", "50000", LONG)
    books.fill(Side.SELL, "0.5", "50000", LONG)
    books.fill(Side.BUY, "0.2", "50000", LONG)

    assert (D("0.2"), ZERO) == (long.quantity, short.quantity)
    assert long is books.account.position(SYMBOL, LONG)
    assert (long, short) == books.account.positions_of(SYMBOL)


def test_margin_and_exposure_are_those_of_both() -> None:
    """Gross: what hedges does not make the other smaller; unrealised profit nets by itself."""
    books = Books.opened()
    books.fill(Side.BUY, "0.5", "50000", LONG)
    books.fill(Side.SELL, "0.3", "51000", SHORT)
    account, marks = books.account, {SYMBOL: 52_000.0}

    assert D(5_000) + D(3_060) == account.tied_up
    assert D("0.8") * 52_000 == account.exposure(dict(marks))
    assert D(1_000) - D(300) == account.unrealised(dict(marks))


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.integers(1, 40), st.integers(900, 1_100)),
        max_size=40,
    )
)
def test_two_positions_are_two_one_way_accounts(
    told: list[tuple[bool, bool, int, int]],
) -> None:
    """Whatever is traded: every position, ledger line and trip is that of an account of its own."""
    books = Books.opened()
    apart = {which: Books.opened(MarginTerms()) for which in (LONG, SHORT)}
    for is_long, opens, lots, price in told:
        which = LONG if is_long else SHORT
        held = books.account.position(SYMBOL, which).held
        quantity = D(lots) / 10 if opens else min(D(lots) / 10, held)
        if quantity:
            side = SIDES[is_long is opens]
            books.fill(side, quantity, D(price), which)
            apart[which].fill(side, quantity, D(price))

    account = books.account
    for which, alone in apart.items():
        one, other = account.position(SYMBOL, which), alone.account.position(SYMBOL)
        assert (one.quantity, one.entry_value, one.margin) == (
            other.quantity,
            other.entry_value,
            other.margin,
        )
        assert alone.lines(PositionSide.BOTH) == books.lines(which)
        assert [each.net for each in alone.trips()] == [
            each.net for each in books.trips() if each.position_side is which
        ]
    moved = [each.amount for each in books.out if isinstance(each, LedgerPosted)]
    assert account.wallet == D(1_000_000) + sum(moved)
    assert account.wallet == sum(each.account.wallet for each in apart.values()) - D(1_000_000)


def test_what_is_handed_on_keeps_the_two_apart() -> None:
    """Read back, the next session holds a long and a short, each with its trip."""
    books = Books.opened()
    books.fill(Side.BUY, "0.5", "50000", LONG)
    books.fill(Side.SELL, "0.3", "51000", SHORT)
    account = books.account
    head = AccountHead(
        wallet=account.wallet,
        margin_mode=MarginMode.ISOLATED,
        counters=account.counters,
        positions=tuple(account.positions.values()),
        trips=tuple(account.trips.values()),
    )
    later = Account(msgspec.json.decode(msgspec.json.encode(head), type=AccountHead), HEDGE)

    assert account.positions == later.positions
    assert account.trips == later.trips


# --- the mode ---------------------------------------------------------------------------------


def test_the_mode_is_locked_while_something_is_open() -> None:
    """Bitunix 20009: a position of one mode has no place in the other; flat, either will do."""
    one_way, two = carrying(Held("0.5", "100000", "500")), carrying(*both("0.5", "0.3"))

    with pytest.raises(ConfigError, match="position_mode: expected the mode of what the account"):
        Account(one_way, HEDGE)
    with pytest.raises(ConfigError, match=r"carries \(long, short\)"):
        Account(two, MarginTerms(mode=MarginMode.CROSS))
    assert D(10) == Account(AccountHead(wallet=D(10)), HEDGE).wallet


# --- funding ----------------------------------------------------------------------------------


def test_each_position_settles_with_a_line_of_its_own() -> None:
    """Asked for once; the long pays on its quantity, the short receives on its own."""
    account = Account(AccountHead(wallet=D(100)), HEDGE)
    out: list[Output] = []
    account.funding.announced(SYMBOL, ns(1), ns(0), 8)
    held = [HeldAt(D(2), 1, LONG), HeldAt(D(-1), 2, SHORT)]
    account.funding.pass_time(SYMBOL, held, ns(1), ns(1), out)
    account.funding.ask_again(ns(10_000), out)
    word = FundingSettled(SYMBOL, ns(2), ns(1), D("0.0001"), D(50_000))
    for owed in account.funding.settle(word):
        account.book_funding(owed, word, ns(2), out)

    asked = [each for each in out if isinstance(each, FundingHistoryRequested)]
    booked = [each for each in out if isinstance(each, FundingBooked)]
    posted = [each for each in out if isinstance(each, LedgerPosted)]
    assert 2 == len(asked), "once when it passed, once again"
    assert [(LONG, D(-10)), (SHORT, D(5))] == [(e.position_side, e.amount) for e in booked]
    assert [(LONG, D(-10)), (SHORT, D(5))] == [(e.position_side, e.amount) for e in posted]
    assert ({}, D(95)) == (account.funding.owed, account.wallet)
    assert [] == account.funding.settle(word)


# --- liquidation ------------------------------------------------------------------------------


def test_isolated_each_position_is_liquidated_by_itself() -> None:
    """0.5 with 500 behind it: the long at 99,400, the short at 100,600; the bounds are both."""
    found = hedged(*both("0.5", "0.5", margins=("500", "500")))
    marks: dict[str, float | None] = {SYMBOL: 100_000.0}

    assert D(99_400) == found.liquidation_price(SYMBOL, marks, LONG)
    assert D(100_600) == found.liquidation_price(SYMBOL, marks, SHORT)
    assert (99_400.0, 100_600.0) == found.bounds(SYMBOL, marks)
    spent = {which: found.balance(SYMBOL, {SYMBOL: 99_400.0}, which) for which in (LONG, SHORT)}
    assert [True, False] == [each is not None and each.is_spent for each in spent.values()]


def test_isolated_each_position_has_its_own_tier() -> None:
    """0.5 and 0.5 at 100,000 are 50,000 each, the lowest tier; cross they are 100,000, the next.

    Source: Bitunix help centre, "MMR", id 78.
    """
    marks: dict[str, float | None] = {SYMBOL: 100_000.0}
    isolated = hedged(*both("0.5", "0.5", margins=("500", "500")))
    cross = hedged(*both("0.5", "0.5"))

    tiers = BTCUSDT_TIERED.tiers
    lowest, next_one = tiers[0], tiers[1]
    assert 2 * D(50_000) * lowest.maintenance_rate == isolated.maintenance(marks)
    assert D(
        100_000
    ) * next_one.maintenance_rate - next_one.maintenance_amount == cross.maintenance(marks)


def test_cross_what_is_hedged_cannot_be_liquidated_by_its_own_price() -> None:
    """By the entry, equal long and short lose nothing together, wherever the mark goes."""
    found = hedged(*both("0.5", "0.5"))
    marks: dict[str, float | None] = {SYMBOL: 100_000.0}

    assert (ANY, None) == (found.bounds(SYMBOL, marks), found.liquidation_price(SYMBOL, marks))


def test_cross_by_the_mark_a_hedge_is_liquidated_far_above() -> None:
    """Its maintenance grows with the price, and nothing grows with it."""
    found = hedged(*both("5", "5"), instrument=BINANCE_BTCUSDT)
    marks: dict[str, float | None] = {SYMBOL: 100_000.0}

    low, high = found.bounds(SYMBOL, marks)
    price = found.liquidation_price(SYMBOL, marks, LONG)
    at = [found.balance(SYMBOL, {SYMBOL: high + off}, LONG) for off in (-1.0, 1.0)]
    assert (-inf, True) == (low, 100_000.0 < high < inf)
    assert price is not None
    assert high == float(price)
    assert [False, True] == [each is not None and each.is_spent for each in at]


def test_cross_a_step_down_counts_both() -> None:
    """0.6 beside 0.4 is 100,000: the long goes down to what the lower tier leaves it."""
    found = hedged(*both("0.6", "0.4"))

    assert D("0.1") == found.lower_tier_quantity(SYMBOL, 100_000.0, LONG)
    assert ZERO == found.lower_tier_quantity(SYMBOL, 100_000.0, SHORT)


def test_the_position_that_loses_most_goes_first() -> None:
    """Of a symbol's two, too: a fall takes the long, a rise the short."""
    found = hedged(*both("0.6", "0.4"))

    for mark, which in ((99_000.0, LONG), (101_000.0, SHORT)):
        losing = found.most_losing({SYMBOL: mark})
        assert losing is not None
        assert which is losing.position_side


@given(
    st.sampled_from([BTCUSDT_TIERED, BINANCE_BTCUSDT]),
    st.tuples(st.integers(0, 60), st.integers(0, 60)),
    st.floats(0.7, 1.4),
    st.floats(0.0, 1.0),
    st.sampled_from(MarginMode),
)
def test_inside_the_bounds_nothing_is_liquidated_and_at_them_something_is(
    instrument: Instrument,
    lots: tuple[int, int],
    drawn: float,
    share: float,
    mode: MarginMode,
) -> None:
    """Isolated and cross, of a long, a short or both, at any mark."""
    quantities = {LONG: D(lots[0]) / 10, SHORT: -D(lots[1]) / 10}
    margin = "0" if mode is MarginMode.CROSS else "10000"
    held = [
        Held(str(quantity), "100000", margin, side=which)
        for which, quantity in quantities.items()
        if quantity
    ]
    assume(held)
    found = hedged(*held, wallet="30000", instrument=instrument)
    start: dict[str, float | None] = {SYMBOL: 100_000.0 * drawn}

    def is_spent(mark: float) -> bool:
        balances = (found.balance(SYMBOL, {SYMBOL: mark}, which) for which in (LONG, SHORT))
        return any(each is not None and each.is_spent for each in balances)

    assume(not is_spent(100_000.0 * drawn))
    low, high = found.bounds(SYMBOL, start)
    lowest, highest = max(low, 1.0), min(high, 1e6)
    assert not is_spent(lowest + (highest - lowest) * (0.0001 + 0.9998 * share))
    if low > 1.0:
        assert is_spent(low * 0.9999)
    if high < 1e6:
        assert is_spent(high * 1.0001)
