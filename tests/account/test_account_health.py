"""An account against its marks: what it must keep, and the bounds inside which it is safe."""

from dataclasses import replace
from decimal import Decimal
from math import inf

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.bench import Bench
from tests.support.carried import Held, carrying
from tests.support.instruments import BINANCE_BTCUSDT, BTCUSDT, BTCUSDT_TIERED, ETHUSDT
from trading.account.account import Account
from trading.account.head import AccountHead
from trading.account.health import ANY, NONE, MarginHealth
from trading.account.position import Position
from trading.account.terms import MarginTerms
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode, MarginRules
from trading.model.sides import PositionMode, PositionSide, Side

D = Decimal
CROSS = MarginTerms(mode=MarginMode.CROSS)
INSTRUMENTS = {"BTCUSDT": BTCUSDT_TIERED, "ETHUSDT": ETHUSDT}
KEY = ("BTCUSDT", PositionSide.BOTH)
ISOLATED_LONG = Held("0.5", "100000", "500")


def health(
    *held: Held, wallet: str = "10000", instrument: Instrument = BTCUSDT_TIERED
) -> MarginHealth:
    """Return the health of an account that holds these."""
    head = carrying(*held, wallet=wallet)
    terms = CROSS if head.margin_mode is MarginMode.CROSS else MarginTerms()
    return MarginHealth(Account(head, terms), {**INSTRUMENTS, "BTCUSDT": instrument})


def test_isolated_a_position_stands_for_itself() -> None:
    """500 behind 0.5 at 100,000: 200 to keep, so 99,400, bankrupt at 99,000."""
    found = health(ISOLATED_LONG)

    assert (D(500), D(200)) == found.balance("BTCUSDT", {"BTCUSDT": 100_000.0})
    assert (99_400.0, inf) == found.bounds("BTCUSDT", {"BTCUSDT": 100_000.0})
    assert D(99_400) == found.liquidation_price("BTCUSDT", {"BTCUSDT": 100_000.0})
    assert D(99_000) == found.bankruptcy_price("BTCUSDT", {"BTCUSDT": 99_500.0})
    spent = [found.balance("BTCUSDT", {"BTCUSDT": mark}) for mark in (99_400.1, 99_400.0)]
    assert [False, True] == [each is not None and each.is_spent for each in spent]


def test_cross_the_whole_account_stands_behind_it() -> None:
    """10,000 behind the same: 19,600 a coin to lose, bankrupt at 80,000."""
    found = health(Held("0.5", "100000"))
    marks: dict[str, float | None] = {"BTCUSDT": 90_000.0}

    assert (D(5_000), D(200)) == found.balance("BTCUSDT", marks)
    assert D(80_400) == found.liquidation_price("BTCUSDT", marks)
    assert D(80_000) == found.bankruptcy_price("BTCUSDT", marks)


def test_bankruptcy_is_on_the_lattice_on_the_safe_side() -> None:
    """Closed there, never more than all is lost: up for what is sold, down for what is bought."""
    sold = health(Held("0.3", "100000", "100")).bankruptcy_price("BTCUSDT", {"BTCUSDT": 1e5})
    bought = health(Held("-0.3", "100000", "100")).bankruptcy_price("BTCUSDT", {"BTCUSDT": 1e5})

    assert (D("99666.7"), D("100333.3")) == (sold, bought)


def test_what_is_flat_or_unknown_has_no_balance() -> None:
    """Flat, nothing can happen; with an unknown mark anything can."""
    flat = health(wallet="5")
    cross = health(Held("1", "100"), Held("1", "10", symbol="ETHUSDT"))
    marks: dict[str, float | None] = {"BTCUSDT": 100.0, "ETHUSDT": None}

    assert (None, ANY) == (flat.balance("BTCUSDT", marks), flat.bounds("BTCUSDT", marks))
    assert (None, NONE) == (cross.balance("BTCUSDT", marks), cross.bounds("BTCUSDT", marks))
    assert None is cross.maintenance(marks)
    assert None is cross.most_losing(marks)
    assert None is flat.most_losing(marks)
    assert None is cross.bankruptcy_price("BTCUSDT", marks)
    assert None is cross.liquidation_price("BTCUSDT", marks)


def test_the_largest_loss_goes_first() -> None:
    """In money, not in percent."""
    found = health(Held("1", "50000"), Held("-10", "2000", symbol="ETHUSDT"))

    for btc, symbol in ((48_000.0, "BTCUSDT"), (49_500.0, "ETHUSDT")):
        losing = found.most_losing({"BTCUSDT": btc, "ETHUSDT": 2_100.0})
        assert losing is not None
        assert symbol == losing.symbol


def test_what_cannot_lose_it_all_has_no_bounds() -> None:
    """A long with more behind it than its whole cost."""
    assert ANY == health(Held("0.1", "50000")).bounds("BTCUSDT", {"BTCUSDT": 50_000.0})


def test_a_step_down_leaves_what_the_lower_tier_holds() -> None:
    """60,000 at the entry is a tier above 50,000; by the mark it depends on the mark."""
    by_entry = health(Held("1", "60000"))
    by_mark = health(Held("1", "60000"), instrument=BINANCE_BTCUSDT)

    assert D("0.8333") == by_entry.lower_tier_quantity("BTCUSDT", 40_000.0)
    assert [D("0.8333"), D(0)] == [
        by_mark.lower_tier_quantity("BTCUSDT", mark) for mark in (60_000.0, 50_000.0)
    ]


@given(
    st.sampled_from([BTCUSDT_TIERED, BINANCE_BTCUSDT]),
    st.integers(-50, 50).filter(bool),
    st.integers(-500, 500).filter(bool),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.floats(0.8, 1.25),
)
def test_inside_all_bounds_a_cross_account_is_safe(
    instrument: Instrument, btc: int, eth: int, at: tuple[float, float], drawn: float
) -> None:
    """Wherever both marks are inside their bounds, nothing is liquidated: shares cannot add up."""
    found = health(
        Held(str(D(btc) / 10), "50000"),
        Held(str(D(eth) / 10), "2000", symbol="ETHUSDT"),
        wallet="30000",
        instrument=instrument,
    )
    start: dict[str, float | None] = {"BTCUSDT": 50_000 * drawn, "ETHUSDT": 2_000.0}
    balance = found.balance("BTCUSDT", start)
    assert balance is not None
    assume(not balance.is_spent)
    moved: dict[str, float | None] = {}
    for (symbol, now), share in zip(start.items(), at, strict=True):
        assert now is not None
        low, high = found.bounds(symbol, start)
        low, high = max(low, now / 2), min(high, now * 2)
        moved[symbol] = low + (high - low) * (0.001 + 0.998 * share)

    after = found.balance("ETHUSDT", moved)
    assert after is not None
    assert not after.is_spent


@pytest.mark.parametrize(
    "terms",
    [
        MarginTerms(leverage=10),
        MarginTerms(leverage=10, position_mode=PositionMode.HEDGE),
        CROSS,
        MarginTerms(mode=MarginMode.CROSS, position_mode=PositionMode.HEDGE),
    ],
)
@given(
    side=st.sampled_from(Side),
    quantities=st.lists(st.integers(1, 50), min_size=1, max_size=3),
    prices=st.lists(st.integers(900, 1_100), min_size=3, max_size=3),
)
def test_where_an_entry_will_be_liquidated_is_known_before(
    terms: MarginTerms, side: Side, quantities: list[int], prices: list[int]
) -> None:
    """What is said of an entry is what the position says once it is filled, piece by piece."""
    bench = Bench(instrument=BTCUSDT_TIERED, head=AccountHead(wallet=D(1_000_000)), terms=terms)
    seen, which = MarginHealth(bench.account, INSTRUMENTS), terms.position_mode.opened_by(side)
    for index, (quantity, price) in enumerate(zip(quantities, prices, strict=False)):
        marks: dict[str, float | None] = {"BTCUSDT": float(price)}
        said = seen.liquidation_after(("BTCUSDT", which), marks, side, D(quantity), D(price))
        at_ms = 1_000.0 * index
        bench.book(float(price), float(price) + 0.1, at_ms, size=1_000.0)
        bench.plain(side, str(quantity), limit=str(price + side.sign * 10))
        bench.book(price - 0.1, float(price), at_ms + 500, size=1_000.0)
        (*_, fill) = bench.fills()
        assume(fill.price == price)
        became = seen.liquidation_price("BTCUSDT", marks, which)

        assert (said is None) is (became is None)
        assert said is None or became is None or abs(said - became) < D("0.0001")


@pytest.mark.parametrize(
    "instrument",
    [
        BTCUSDT,
        BTCUSDT_TIERED,
        BINANCE_BTCUSDT,
        replace(BTCUSDT_TIERED, margin_rules=MarginRules(maintenance_holds_fee=True)),
        replace(BINANCE_BTCUSDT, margin_rules=MarginRules(maintenance_holds_fee=True)),
    ],
    ids=["untiered", "entry", "mark", "entry_with_fee", "mark_with_fee"],
)
@given(
    side=st.sampled_from(Side),
    leverage=st.integers(1, 125),
    quantity=st.decimals("0.0001", "2000", places=4),
    price=st.decimals("0.1", "200000", places=1),
    near=st.integers(-3, 3),
    away=st.one_of(st.none(), st.decimals("-0.1", "1.1", places=4)),
)
def test_a_stop_comes_before_liquidation_or_it_does_not(
    instrument: Instrument,
    side: Side,
    leverage: int,
    quantity: Decimal,
    price: Decimal,
    near: int,
    away: Decimal | None,
) -> None:
    """The cheap look at a stop says what the mark says, most of all a tick beside the mark."""
    terms = MarginTerms(leverage=leverage)
    seen = MarginHealth(Account(AccountHead(wallet=D(10_000)), terms), {"BTCUSDT": instrument})
    mark = seen.liquidation_after(KEY, {}, side, quantity, price)
    if away is None:
        stop = (price if mark is None else mark) + near * instrument.tick_size
    else:
        stop = price * (1 - side.sign * away)
    assume(stop > 0)
    is_late = mark is not None and (stop - mark) * side.sign <= 0

    found = seen.liquidated_before(KEY, {}, side, quantity, price, stop)

    assert (mark if is_late else None) == found


def test_of_an_entry_beside_an_unknown_mark_nothing_is_said() -> None:
    """Cross, what the other position leaves is not known."""
    found = health(Held("1", "10", symbol="ETHUSDT"))
    marks: dict[str, float | None] = {"BTCUSDT": 100_000.0, "ETHUSDT": None}

    assert None is found.liquidation_after(KEY, marks, Side.BUY, D(1), D(100_000))
    marks["ETHUSDT"] = 10.0
    assert found.liquidation_after(KEY, marks, Side.BUY, D(1), D(100_000)) is not None


def test_an_entry_beside_its_opposite_shares_its_account_alone_in_cross() -> None:
    """Hedged with the same size, a cross account is liquidated by no fall; isolated, by its own."""
    marks: dict[str, float | None] = {"BTCUSDT": 100_000.0}
    found = []
    for mode in MarginMode:
        terms = MarginTerms(mode=mode, leverage=10, position_mode=PositionMode.HEDGE)
        head = AccountHead(
            wallet=D(20_000),
            margin_mode=mode,
            positions=(
                Position(
                    symbol="BTCUSDT",
                    position_side=PositionSide.SHORT,
                    quantity=D("-0.5"),
                    entry_value=D(50_000),
                    margin=D(5_000) if mode is MarginMode.ISOLATED else D(0),
                ),
            ),
        )
        seen = MarginHealth(Account(head, terms), INSTRUMENTS)
        key = "BTCUSDT", PositionSide.LONG
        found.append(seen.liquidation_after(key, marks, Side.BUY, D("0.5"), D(100_000)))

    assert [D("90400"), None] == found
