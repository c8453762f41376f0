"""What a taker pays by book or formula: never less for more, and the same in parts."""

from dataclasses import replace
from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.bench import Bench
from tests.support.instruments import BTCUSDT
from tests.support.market import bar, book
from trading.broker.matching import Consumption
from trading.broker.takers import (
    LINEAR_SHARE_PER_USDT,
    BookWalk,
    ByFormula,
    Linear,
    Sight,
    SquareRoot,
    TakerModel,
    taker_of,
)
from trading.market.activity import Activity
from trading.market.state import SymbolMarket
from trading.model.events import BookUpdate
from trading.model.numbers import ZERO, exact, is_multiple, price_down, price_up
from trading.model.orders import Side
from trading.model.presets import Assumptions, TakerModelName

D = Decimal
ROOT = ByFormula(SquareRoot(1.0, 0.01), 1.0, 1.0)
LINEAR = ByFormula(Linear(), 1.0, 1.0)
FINE = replace(BTCUSDT, tick_size=D("0.00001"))
"""A lattice too fine to hide a small difference of price."""


def market(*closes: float, volume: float = 1_000.0) -> SymbolMarket:
    """Return a market of minutes that closed so."""
    made = Bench(instrument=FINE).market
    for index, close in enumerate(closes):
        made.candles.push(structs.replace(bar(index, close), volume=volume), 0, [])
    return made


def take(
    model: TakerModel,
    side: Side,
    quantity: str | Decimal,
    sight: Sight,
    *,
    worst: float | None = None,
    eaten: Consumption | None = None,
) -> list[tuple[Decimal, Decimal]]:
    """Return what a taker gets."""
    return model.take(side, D(quantity), worst, sight, eaten or Consumption())


def paid(quotes: list[tuple[Decimal, Decimal]]) -> Decimal:
    """Return what all of it cost."""
    return sum((price * quantity for price, quantity in quotes), ZERO)


def test_the_square_root_law_is_what_it_says() -> None:
    """1 % a minute, 1,000 a minute, a quarter of a day's volume: 2/3 * sigma * 1/2."""
    seen = Activity(0.02, 1_000_000.0, 1_000.0, 0)

    assert SquareRoot(1.0, 1.0).mean(250_000.0, 100.0, seen) == pytest.approx(2 / 3 * 0.01)
    assert SquareRoot(1.5, 1.0).mean(250_000.0, 100.0, seen) == pytest.approx(0.01)


def test_a_million_of_bitcoin_costs_what_the_reference_computes() -> None:
    """Sigma 2.5 % a day, 15 billion a day, one million: 1.4 bps paid. Source: realism, 3.2."""
    seen = Activity(0.025, 15e9 / 60_000, 1.0, 0)

    assert SquareRoot(1.0, 0.01).mean(1e6 / 60_000, 60_000.0, seen) * 1e4 == pytest.approx(
        1.4, abs=0.05
    )


def test_the_impact_has_a_cap_and_a_beginning() -> None:
    """Nothing before two bars have closed; the cap where nothing trades at all, or far too much."""
    law = SquareRoot(1.0, 0.01)

    assert law.mean(1.0, 100.0, None) == 0.0
    assert law.mean(1.0, 100.0, Activity(0.02, 0.0, 0.0, 0)) == 0.01
    assert law.mean(1e12, 100.0, Activity(0.02, 1.0, 1.0, 0)) == 0.01


def test_the_older_plans_model_charges_five_percent_a_million() -> None:
    """500 bps for a million, 50 for a hundred thousand, whatever the market does."""
    assert Linear().mean(10.0, 100_000.0, None) == pytest.approx(0.05)
    assert Linear().mean(1.0, 100_000.0, None) == pytest.approx(0.005)
    assert LINEAR_SHARE_PER_USDT * 1e6 == 0.05


def test_without_a_book_a_taker_pays_half_a_spread_and_its_impact() -> None:
    """1 bps and 2/3 * sigma * sqrt(Q / V) beyond the price, the same on either side."""
    sight = Sight(market(50_000.0, 50_500.0, 50_000.0), 50_000.0)
    sigma = sqrt((0.01**2 + (1 - 1 / 1.01) ** 2) / 2) * sqrt(1_440)
    beyond = 1e-4 + min(2 / 3 * sigma * sqrt(0.01 / (1_000 * 1_440)), 0.01)

    ((bought, _),) = take(ROOT, Side.BUY, "0.01", sight)
    ((sold, _),) = take(ROOT, Side.SELL, "0.01", sight)

    assert float(bought) == pytest.approx(50_000 * (1 + beyond), abs=2e-5)
    assert bought - 50_000 == 50_000 - sold


class Flat:
    """The same impact for everybody."""

    def __init__(self, mean: float) -> None:
        """Take it."""
        self._mean = mean

    def mean(self, quantity: float, price: float, seen: Activity | None) -> float:
        """Return it."""
        return self._mean


@given(
    price=st.integers(1, 10**7).map(lambda ticks: ticks / 10),
    mean=st.sampled_from((0.0, 1e-4, 9e-4)) | st.floats(0.0, 0.01),
    tick=st.sampled_from((D("0.1"), D("0.00001"), D("0.000000001"))),
    side=st.sampled_from(Side),
)
def test_what_floats_tell_of_a_price_is_what_its_digits_say(
    price: float, mean: float, tick: Decimal, side: Side
) -> None:
    """A tick to our disadvantage of the exact product, also where that is a tick itself."""
    made = Bench(instrument=replace(BTCUSDT, tick_size=tick)).market
    away = D("0.0001") + exact(mean)

    ((told, _),) = take(ByFormula(Flat(mean), 1.0, 1.0), side, "1", Sight(made, price))

    if side.is_buy:
        assert price_up(exact(price) * (1 + away), tick) == told
    else:
        assert max(tick, price_down(exact(price) * (1 - away), tick)) == told


def test_a_fill_is_on_the_lattice_to_our_disadvantage() -> None:
    """A buy is rounded up, a sell down, and never below the first tick."""
    made = Bench().market
    ((bought, _),) = take(LINEAR, Side.BUY, "1", Sight(made, 86_511.1))
    ((sold, _),) = take(LINEAR, Side.SELL, "1", Sight(made, 86_511.1))
    ((dust, _),) = take(LINEAR, Side.SELL, "1", Sight(made, 0.1))

    assert all(is_multiple(price, BTCUSDT.tick_size) for price in (bought, sold))
    assert bought >= D("86511.1") * (1 + D("0.0001")) > D("86511.1") > sold
    assert BTCUSDT.tick_size == dust


def test_a_book_gives_the_formula_its_own_half_spread() -> None:
    """With 49,990 and 50,010 shown, a buy begins at 50,010, not one basis point off the middle."""
    shown = book(49_990.0, 50_010.0)
    sight = Sight(market(), 50_000.0, shown)

    ((price, _),) = take(ROOT, Side.BUY, "1", sight)

    assert price == D("50010.00000")


def test_no_more_is_to_be_had_than_a_share_of_the_bar() -> None:
    """A tenth of 1,000 in a bar, both orders of a side together; the next bar has its own."""
    model = ByFormula(SquareRoot(1.0, 0.01), 1.0, 0.1)
    made = market(50_000.0, 50_000.0)
    eaten = Consumption()
    bar_1, bar_2 = (
        Sight(made, 50_000.0, bar_volume=1_000.0, bar_open_ns=opened) for opened in (1, 2)
    )

    wishes = [(Side.BUY, bar_1)] * 3 + [(Side.SELL, bar_1), (Side.BUY, bar_2)]
    had = [take(model, side, "60", sight, eaten=eaten) for side, sight in wishes]

    assert [[D(60)], [D(40)], [], [D(60)], [D(60)]] == [
        [quantity for _, quantity in quotes] for quotes in had
    ]


def test_prints_are_judged_by_the_newest_closed_bar() -> None:
    """Where a print fills, the volume of its bar is not known yet: the last one's is taken."""
    model = ByFormula(SquareRoot(1.0, 0.01), 1.0, 0.1)

    ((_, quantity),) = take(model, Side.BUY, "500", Sight(market(1.0, 1.0), 50_000.0))

    assert quantity == D(100)


def test_a_limit_takes_as_many_lots_as_it_may_pay_for() -> None:
    """Not all or nothing: the last lot is within the limit, one more would not be."""
    sight = Sight(market(50_000.0, 50_500.0), 50_000.0)
    worst = 50_010.0

    ((price, quantity),) = take(ROOT, Side.BUY, "900", sight, worst=worst)
    ((beyond, _),) = take(ROOT, Side.BUY, quantity + FINE.quantity_step, sight)

    assert D(0) < quantity < D(900)
    assert price <= D(50_010) < beyond
    assert [] == take(ROOT, Side.BUY, "900", sight, worst=50_004.9)
    assert take(ROOT, Side.BUY, "900", sight, worst=60_000.0)[0][1] == D(900)


BOOK = book(
    tuple((49_999.0 - step, 0.5 + step) for step in range(5)),
    tuple((50_001.0 + step, 0.5 + step) for step in range(5)),
)
SIGHTS = st.sampled_from(
    [(ROOT, None), (LINEAR, None), (BookWalk(ROOT), None), (BookWalk(ROOT), BOOK), (ROOT, BOOK)]
)
LOTS = st.integers(1, 100_000)


def sight_of(shown: BookUpdate | None) -> Sight:
    """Return the sight of a market, with or without a book."""
    return Sight(market(50_000.0, 50_500.0, 50_000.0), 50_000.0, shown)


@given(case=SIGHTS, side=st.sampled_from(Side), lots=LOTS, more=LOTS)
def test_more_never_costs_less(
    case: tuple[TakerModel, BookUpdate | None], side: Side, lots: int, more: int
) -> None:
    """The average of a larger order is never the better one."""
    model, shown = case
    step = FINE.quantity_step
    small = take(model, side, lots * step, sight_of(shown))
    large = take(model, side, (lots + more) * step, sight_of(shown))

    mean_small, mean_large = (paid(q) / sum(quantity for _, quantity in q) for q in (small, large))
    assert (mean_large - mean_small) * side.sign >= -FINE.tick_size


@given(case=SIGHTS, side=st.sampled_from(Side), first=LOTS, second=LOTS)
def test_in_parts_it_costs_the_same(
    case: tuple[TakerModel, BookUpdate | None], side: Side, first: int, second: int
) -> None:
    """Two orders one after the other pay what one of their size does, but for the rounding."""
    model, shown = case
    step = FINE.quantity_step
    sight, eaten = sight_of(shown), Consumption()
    whole = take(model, side, (first + second) * step, sight)
    parts = [
        *take(model, side, first * step, sight, eaten=eaten),
        *take(model, side, second * step, sight, eaten=eaten),
    ]

    assert sum(quantity for _, quantity in whole) == sum(quantity for _, quantity in parts)
    tolerance = FINE.tick_size * (first + second) * step
    assert abs(paid(whole) - paid(parts)) <= 2 * tolerance


@given(case=SIGHTS, lots=LOTS)
def test_a_sell_is_a_mirrored_buy(case: tuple[TakerModel, BookUpdate | None], lots: int) -> None:
    """In a market that is the same either way, both sides pay as much beyond the middle."""
    model, shown = case
    bought = take(model, Side.BUY, lots * FINE.quantity_step, sight_of(shown))
    sold = take(model, Side.SELL, lots * FINE.quantity_step, sight_of(shown))

    assert [(price - 50_000, quantity) for price, quantity in bought] == [
        (50_000 - price, quantity) for price, quantity in sold
    ]


@pytest.mark.parametrize(
    ("name", "with_book", "without"),
    [
        ("book_walk", D("50002"), D("50005.00000")),
        ("square_root", D("50001.00000"), D("50005.00000")),
        ("linear", D("52501.00000"), D("52505.00000")),
    ],
)
def test_a_name_in_the_config_is_a_model(
    name: TakerModelName, with_book: Decimal, without: Decimal
) -> None:
    """A million of notional: the second level, half a spread, 5 %; by formula without a book."""
    model = taker_of(replace(Assumptions(), taker_model=name))
    shown = book(49_999.0, ((50_001.0, 1.0), (50_002.0, 99.0)))

    assert with_book == take(model, Side.BUY, "20", Sight(market(), 50_000.0, shown))[-1][0]
    assert without == take(model, Side.BUY, "20", Sight(market(), 50_000.0))[-1][0]
