"""OCO groups of several entries: each covers its own, all together what is open, never more."""

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.crowd import Crowd, coverage, groups
from tests.support.market import SYMBOL, Levels
from trading.model.numbers import ZERO
from trading.model.orders import (
    PROTECTIVE,
    Bracket,
    BracketScope,
    Liquidity,
    OrderRole,
    OrderType,
    Side,
    Trail,
)

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
ORDER, POSITION = BracketScope.ORDER, BracketScope.POSITION


def bracket(stop: str, target: str | None = None, scope: BracketScope = ORDER) -> Bracket:
    """Return a bracket."""
    return Bracket(
        stop_price=D(stop), target_price=None if target is None else D(target), scope=scope
    )


def wide(bench: Bench, at_ms: float, price: float = 100.0) -> None:
    """Show a deep book at a price."""
    bench.book(((price, 500.0),), ((round(price + 0.1, 1), 500.0),), at_ms)


def opened(*entries: tuple[str, Bracket]) -> Bench:
    """Return a bench on which buys were filled one after the other, each with its bracket."""
    bench = Bench()
    wide(bench, 0)
    for quantity, each in entries:
        bench.send(OrderType.MARKET, BUY, quantity, bracket=each)
        wide(bench, bench.now_ms + 100)
    return bench


# --- one group an entry -------------------------------------------------------------------


def test_each_order_bracket_covers_its_own_entry() -> None:
    """Two entries, two stops: the nearer one takes out its own part and leaves the other."""
    bench = opened(("1", bracket("99.0", "105.0")), ("2", bracket("98.0", "103.0")))
    assert {1: D(1), 4: D(2)} == coverage(bench)

    bench.trade(99.0, 300)
    wide(bench, 310, 98.9)
    assert ("stop", D("98.9"), D(1)) == bench.traded()[-1]
    assert (D(2), {4: D(2)}) == (bench.quantity, coverage(bench))


def test_the_target_of_one_entry_leaves_the_other_alone() -> None:
    """The group is one OCO: its stop goes with its target, the other group stays whole."""
    bench = opened(("1", bracket("99.0", "105.0")), ("2", bracket("98.0", "103.0")))
    bench.trade(103.0, 300, taker=BUY)
    wide(bench, 310, 103.0)

    assert ("target", D("103.0"), D(2)) == bench.traded()[-1]
    assert (D(1), {1: D(1)}) == (bench.quantity, coverage(bench))


def test_a_position_bracket_covers_what_no_other_does() -> None:
    """Beside an order's group it covers the rest, also what was opened without any bracket."""
    bench = opened(("1", bracket("99.0")), ("2", bracket("97.0", scope=POSITION)))
    bench.plain(BUY, "0.5")
    wide(bench, 400)

    assert (D("3.5"), {1: D(1), 3: D("2.5")}) == (bench.quantity, coverage(bench))


def test_a_later_position_bracket_replaces_the_earlier() -> None:
    """There is one for the position: the newest, over all of it."""
    bench = opened(("1", bracket("99.0", scope=POSITION)), ("2", bracket("98.0", scope=POSITION)))

    assert {3: D(3)} == coverage(bench)
    assert [(2, "replaced by a newer bracket")] == bench.canceled()


def test_an_exit_is_taken_from_the_farthest_stop() -> None:
    """First from the position's group, then from the order group whose stop is farthest away."""
    bench = opened(
        ("1", bracket("99.0")), ("1", bracket("96.0")), ("1", bracket("97.0", scope=POSITION))
    )
    bench.leave("0.5")
    wide(bench, 500)
    assert {1: D(1), 3: D(1), 5: D("0.5")} == coverage(bench)

    bench.leave("1")
    wide(bench, 700)
    assert {1: D(1), 3: D("0.5")} == coverage(bench)

    bench.leave("1")
    wide(bench, 900)
    assert {1: D("0.5")} == coverage(bench)


def test_an_order_group_grows_with_its_entry_alone() -> None:
    """Part by part, beside another group that does not move."""
    bench = opened(("1", bracket("99.0")))
    thin: Levels = ((100.1, 0.4),)
    bench.send(OrderType.LIMIT, BUY, "2", price="100.1", bracket=bracket("98.0"))
    bench.book(((100.0, 5.0),), thin, 300)
    assert {1: D(1), 3: D("0.4")} == coverage(bench)

    bench.book(((100.0, 5.0),), ((100.1, 0.7),), 400)
    assert {1: D(1), 3: D("1.1")} == coverage(bench)


def test_the_stop_of_one_entry_ends_that_entry_only() -> None:
    """What is left of another entry goes on working."""
    bench = opened(("1", bracket("99.0")))
    bench.send(OrderType.LIMIT, BUY, "2", price="98.0", bracket=bracket("97.0"))
    wide(bench, 250)
    bench.trade(99.0, 300)
    wide(bench, 310, 99.0)

    assert D(0) == bench.quantity
    assert [3] == [order.order_id for order in bench.broker.live(SYMBOL)]


# --- legs of every kind -------------------------------------------------------------------


def full() -> Bench:
    """Return a bench with a position of 1 that has all four ways out."""
    legs = Bracket(
        stop_price=D("98.0"),
        target_price=D("103.0"),
        target_is_limit=True,
        trail=Trail(callback_bps=D(50)),
        hold_ns=10_000 * 1_000_000,
    )
    bench = Bench()
    bench.trade(100.0, 0)
    wide(bench, 0)
    bench.send(OrderType.MARKET, BUY, bracket=legs)
    wide(bench, 100)
    return bench


@pytest.mark.parametrize(
    ("role", "price", "at_ms", "paid"),
    [
        (OrderRole.TRAIL, 99.5, 200, "99.5"),
        (OrderRole.STOP, 90.0, 200, "90.0"),
        (OrderRole.TARGET, 103.5, 200, "103.5"),
        (OrderRole.TIME_STOP, 100.0, 10_100, "100.0"),
    ],
)
def test_each_leg_closes_the_position_and_ends_the_others(
    role: OrderRole, price: float, at_ms: float, paid: str
) -> None:
    """Stop, target, trail or time: one fill of one of them, and nothing is left."""
    bench = full()
    assert {
        OrderRole.STOP: OrderType.STOP_MARKET,
        OrderRole.TARGET: OrderType.TAKE_PROFIT_LIMIT,
        OrderRole.TRAIL: OrderType.TRAILING_STOP,
        OrderRole.TIME_STOP: OrderType.TIMED_MARKET,
    } == {leg.request.role: leg.request.type for leg in bench.broker.live(SYMBOL)}
    bench.trade(price, at_ms, taker=BUY if price > 100 else SELL)
    wide(bench, at_ms + 10, price)

    first = bench.traded()[1]
    assert (D(paid), D(1)) == first[1:]
    assert first[0] in {str(role), "stop", "trail"}
    assert role is not OrderRole.TARGET or first[0] == "target"
    assert role is not OrderRole.TIME_STOP or first[0] == "time_stop"
    assert (D(0), {}) == (bench.quantity, bench.broker.orders)


def test_a_target_with_a_limit_is_a_maker() -> None:
    """It waits in the book once it is reached; a print beyond it fills it at its own price."""
    bench = full()
    bench.trade(103.0, 200, taker=BUY)
    wide(bench, 210, 102.9)
    bench.trade(103.1, 300, taker=BUY, quantity=600.0)

    fill = bench.fills()[-1]
    assert (D("103.0"), Liquidity.MAKER) == (fill.price, fill.liquidity)
    assert {} == bench.broker.orders


def test_a_target_that_fills_in_parts_shrinks_every_sibling() -> None:
    """As a maker, print by print: stop, trail and time stop cover what is left."""
    bench = full()
    bench.trade(103.0, 200, taker=BUY)
    bench.book(((102.9, 5.0),), ((103.2, 5.0),), 210)
    bench.trade(103.1, 300, taker=BUY, quantity=0.3)

    assert (D("0.7"), {1: D("0.7")}) == (bench.quantity, coverage(bench))


# --- pairs of entries ---------------------------------------------------------------------


def pair() -> Bench:
    """Return a bench with a buy above and a sell below the market, one cancels the other."""
    bench = Bench()
    bench.trade(100.0, 0)
    wide(bench, 0)
    bench.send(OrderType.STOP_MARKET, BUY, trigger="101.0", oco="p", bracket=bracket("99.0"))
    bench.send(OrderType.STOP_MARKET, SELL, trigger="99.0", oco="p", bracket=bracket("101.0"))
    bench.send(OrderType.LIMIT, BUY, price="95.0", oco="q", bracket=bracket("94.0"))
    bench.time(100)
    return bench


def test_one_of_a_pair_cancels_the_other() -> None:
    """With its first fill, and the other group of entries stays."""
    bench = pair()
    bench.trade(101.0, 200, taker=BUY)
    bench.book(((100.9, 5.0),), ((101.0, 0.1),), 210)

    assert D("0.1") == bench.quantity
    assert [(2, "the other of its pair filled")] == bench.canceled()
    assert {1, 3} == {order.order_id for order in bench.live(OrderRole.ENTRY)}


def test_a_wick_through_both_fills_only_one() -> None:
    """Both triggered between two books: the first that fills takes the other out of the book."""
    bench = pair()
    bench.trade(101.0, 200, taker=BUY)
    bench.trade(99.0, 201, taker=SELL)
    wide(bench, 300)

    assert [("entry", D("100.1"), D(1))] == bench.traded()
    assert [(2, "the other of its pair filled")] == bench.canceled()


# --- whatever happens ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_the_groups_cover_exactly_what_is_open(seed: int) -> None:
    """After every event: no more, no less, each group of one mind, with one stop, on one side."""
    crowd = Crowd(seed)
    bench = crowd.bench
    seen = 0
    for before in crowd.run(600):
        held = before
        for fill in bench.fills()[seen:]:
            after = held + fill.side.sign * fill.quantity
            is_smaller = abs(after) < abs(held) and after * held >= 0
            assert is_smaller or fill.role is OrderRole.ENTRY
            held, seen = after, seen + 1
        assert held == bench.quantity
        covers = coverage(bench)
        assert abs(held) == sum(covers.values(), ZERO)
        for parent_id, legs in groups(bench).items():
            assert 1 == sum(leg.request.role is OrderRole.STOP for leg in legs)
            assert {held * leg.request.side.sign < 0 for leg in legs} == {True}
            if legs[0].request.scope is ORDER:
                entry = sum(f.quantity for f in bench.fills() if f.order_id == parent_id)
                assert covers[parent_id] <= entry
        assert (
            len({p for p, legs in groups(bench).items() if legs[0].request.scope is POSITION}) < 2
        )

    roles = {fill.role for fill in bench.fills()}
    assert {OrderRole.ENTRY, OrderRole.EXIT} <= roles
    assert roles & PROTECTIVE


def test_every_kind_of_leg_was_put_to_the_test() -> None:
    """A crowd in which no trail or time stop ever fills would prove nothing of them."""
    roles = set()
    for seed in range(30):
        crowd = Crowd(seed)
        list(crowd.run(600))
        roles |= {fill.role for fill in crowd.bench.fills()}

    assert {OrderRole.ENTRY, OrderRole.EXIT} | PROTECTIVE == roles
