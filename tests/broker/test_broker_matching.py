"""Walking a book: never better than shown, never more than is left of it, and never beyond."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import Levels, book
from trading.broker.matching import Consumption, Evidence, displayed, opposing, walk
from trading.model.events import BookUpdate
from trading.model.numbers import ZERO, exact, floor_to_step, is_multiple
from trading.model.orders import Side

D = Decimal
STEP = D("0.0001")
BIDS: Levels = ((100.0, 1.0), (99.9, 2.0), (99.5, 5.0))
ASKS: Levels = ((100.1, 0.5), (100.2, 1.5), (101.0, 4.0))
BOOK = book(BIDS, ASKS)


def taken(
    update: BookUpdate, side: Side, wanted: str, worst: float, consumption: Consumption
) -> list[tuple[str, str]]:
    """Return price and quantity of every level taken, as text."""
    return [
        (str(price), str(quantity.normalize()))
        for price, quantity in walk(update, side, D(wanted), worst, STEP, consumption)
    ]


def test_a_buy_walks_up_the_asks() -> None:
    """Level by level, best first, no more of each than it shows."""
    walked = taken(BOOK, Side.BUY, "3", 200.0, Consumption())

    assert [("100.1", "0.5"), ("100.2", "1.5"), ("101.0", "1")] == walked


def test_a_sell_walks_down_the_bids() -> None:
    """The same, the other way."""
    walked = taken(BOOK, Side.SELL, "2.5", 1.0, Consumption())

    assert [("100.0", "1"), ("99.9", "1.5")] == walked


def test_the_worst_price_is_the_last_one_taken() -> None:
    """A level at the bound is taken, one beyond it is not; what is not shown is not filled."""
    assert [("100.1", "0.5"), ("100.2", "1.5")] == taken(BOOK, Side.BUY, "9", 100.2, Consumption())
    assert [("100.0", "1"), ("99.9", "2")] == taken(BOOK, Side.SELL, "9", 99.9, Consumption())
    assert [] == taken(BOOK, Side.BUY, "9", 100.0, Consumption())
    assert D(6) == sum(D(q) for _, q in taken(BOOK, Side.BUY, "9", 1e9, Consumption()))


def test_what_was_taken_is_not_there_a_second_time() -> None:
    """The same book shown again still lacks what we ate; a level that changes is new again."""
    eaten = Consumption()
    taken(BOOK, Side.BUY, "1.2", 200.0, eaten)

    eaten.refresh(BOOK)
    assert [("100.2", "0.8"), ("101.0", "4")] == taken(BOOK, Side.BUY, "9", 200.0, eaten)

    changed = book(BIDS, ((100.1, 0.5), (100.2, 1.6), (101.0, 4.0)))
    eaten.refresh(changed)
    assert [("100.2", "1.6")] == taken(changed, Side.BUY, "9", 200.0, eaten)


def test_a_level_that_vanishes_and_returns_is_new() -> None:
    """What stood there before is gone with those who placed it."""
    eaten = Consumption()
    taken(BOOK, Side.BUY, "0.5", 200.0, eaten)
    eaten.refresh(book(BIDS, ASKS[1:]))
    eaten.refresh(BOOK)

    assert [("100.1", "0.5")] == taken(BOOK, Side.BUY, "0.5", 200.0, eaten)


def test_the_two_sides_are_eaten_apart() -> None:
    """Selling into the bids leaves the asks whole, even at one price."""
    eaten = Consumption()
    eaten.take(Side.SELL, 100.0, 1.0, D(1))

    assert D(1) == eaten.available(Side.BUY, 100.0, 1.0, STEP)
    assert ZERO == eaten.available(Side.SELL, 100.0, 1.0, STEP)


def test_dust_below_the_lot_step_is_not_traded() -> None:
    """A level shows 0.00019: one lot step of it can be had."""
    dusty = book(BIDS, ((100.1, 0.00019), (100.2, 0.00009)))

    assert [("100.1", "0.0001")] == taken(dusty, Side.BUY, "1", 200.0, Consumption())


SIZES = st.integers(0, 30_000).map(lambda n: n / 7_000)
LADDER = st.lists(st.tuples(st.integers(1, 50), SIZES), min_size=1, max_size=8)


def ladder(rows: list[tuple[int, float]], start: int, sign: int) -> Levels:
    """Return levels going away from a start price."""
    levels = []
    for gap, size in rows:
        start += sign * gap
        levels.append((start / 10, size))
    return tuple(levels)


@given(
    asks=LADDER,
    bids=LADDER,
    orders=st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 60_000), st.integers(-40, 200)),
        min_size=1,
        max_size=6,
    ),
)
def test_no_gift_of_price_or_size(
    asks: list[tuple[int, float]],
    bids: list[tuple[int, float]],
    orders: list[tuple[Side, int, int]],
) -> None:
    """However many orders meet one book, each level gives at most what it shows, best first.

    No fill is better than the best price shown, worse than the bound, or off the lot lattice; and
    an order is left unfilled only if nothing within its bound is left.
    """
    update = book(ladder(bids, 10_000, -1), ladder(asks, 10_000, 1))
    eaten = Consumption()
    given_out: dict[tuple[Side, Decimal], Decimal] = {}
    for side, steps, distance in orders:
        wanted, worst = D(steps) / 10_000, (10_000 + side.sign * distance) / 10
        fills = list(walk(update, side, wanted, worst, STEP, eaten))
        shown = {exact(price): exact(size) for price, size in opposing(update, side)}
        prices = [price * side.sign for price, _ in fills]
        assert sorted(set(prices)) == prices
        assert all(price <= exact(worst) * side.sign for price in prices)
        for price, quantity in fills:
            assert quantity > ZERO
            assert is_multiple(quantity, STEP)
            total = given_out[side, price] = given_out.get((side, price), ZERO) + quantity
            assert total <= shown[price]
        got = sum((quantity for _, quantity in fills), ZERO)
        assert got <= wanted
        if got < wanted:
            within = [p for p in shown if p * side.sign <= exact(worst) * side.sign]
            left = [floor_to_step(shown[p] - given_out.get((side, p), ZERO), STEP) for p in within]
            assert not any(left)


def test_displayed_is_the_queue_one_joins() -> None:
    """The size at the very price; nobody inside the window; unknown beyond it."""
    assert (2.0, 0.0, 0.0, 5.0, None) == tuple(
        displayed(BOOK, Side.BUY, price) for price in (99.9, 100.05, 99.7, 99.5, 99.4)
    )
    assert (1.5, 0.0, 4.0, None) == tuple(
        displayed(BOOK, Side.SELL, price) for price in (100.2, 100.15, 101.0, 101.1)
    )


def test_evidence_names_its_source_and_time() -> None:
    """What the journal keeps of the data behind a fill."""
    assert "book 17" == str(Evidence(17, "book"))
