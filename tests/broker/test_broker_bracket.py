"""Protection: it covers exactly what is open, one cancels the other, nothing re-opens."""

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, Levels, ns
from trading.model.events import OrderResized, OrderSubmitted
from trading.model.orders import OrderRole, OrderStatus, OrderType, Side, TriggerSource
from trading.model.sides import PositionSide

D = Decimal
DEEP: Levels = ((100.0, 50.0),)
THIN: Levels = ((100.1, 0.4), (109.0, 50.0))


def covered(bench: Bench) -> tuple[list[Decimal], list[Decimal]]:
    """Return what stops and what targets cover."""
    stops, targets = bench.live(OrderRole.STOP), bench.live(OrderRole.TARGET)
    return [each.remaining for each in stops], [each.remaining for each in targets]


def part_filled() -> Bench:
    """Return a bench with 0.4 of an entry of 1 filled at 100 ms, the rest waiting."""
    bench = Bench()
    bench.book(DEEP, THIN, 0)
    bench.enter(Side.BUY, "1", stop="99.0", target="103.0")
    bench.book(DEEP, THIN, 100)
    assert D("0.4") == bench.quantity
    return bench


def test_protection_is_armed_with_the_first_fill() -> None:
    """Stop and target stand at the venue at once, without latency, for what was filled."""
    bench = part_filled()

    legs = [each for each in bench.out if isinstance(each, OrderSubmitted)][1:]
    assert ([D("0.4")], [D("0.4")]) == covered(bench)
    assert [
        (OrderRole.STOP, OrderType.STOP_MARKET, D("99.0")),
        (OrderRole.TARGET, OrderType.TAKE_PROFIT_MARKET, D("103.0")),
    ] == [(leg.request.role, leg.request.type, leg.request.trigger_price) for leg in legs]
    assert all(leg.request.reduce_only and leg.request.side is Side.SELL for leg in legs)
    assert {(1, ns(100))} == {(leg.parent_id, leg.arrival_ns) for leg in legs}
    assert {OrderStatus.WORKING} == {
        order.status for order in bench.broker.live(SYMBOL) if order.parent_id
    }


def test_it_grows_with_the_position() -> None:
    """Every further fill of the entry is covered in the same step; the legs stay the same two."""
    bench = part_filled()

    bench.book(DEEP, ((100.2, 0.5),), 200)
    assert ([D("0.9")], [D("0.9")]) == covered(bench)
    bench.book(DEEP, ((100.3, 0.5),), 300)
    assert ([D(1)], [D(1)]) == covered(bench)

    assert {2, 3} == set(bench.broker.orders)
    resized = [each for each in bench.out if isinstance(each, OrderResized)]
    assert [D("0.9"), D("0.9"), D(1), D(1)] == [each.quantity for each in resized]


def test_a_stop_out_takes_the_rest_of_the_entry_back() -> None:
    """What was not yet filled never re-opens the position: not this book, not the next."""
    bench = part_filled()
    bench.trade(99.0, 200)
    bench.book(DEEP, THIN, 210)
    bench.book(DEEP, ((100.0, 50.0),), 300)
    bench.book(((99.9, 9.0),), ((100.0, 50.0),), 400)

    assert ["entry", "stop"] == [role for role, _, _ in bench.traded()]
    assert D(0) == bench.quantity
    assert {} == bench.broker.orders
    assert {(1, "position is being closed"), (3, "position closed")} == set(bench.canceled())


@pytest.mark.parametrize(("price", "first", "other"), [(99.0, "stop", 3), (103.0, "target", 2)])
def test_one_cancels_the_other(price: float, first: str, other: int) -> None:
    """Whichever fills, the other is gone in the same step."""
    bench = part_filled()
    bench.trade(price, 200)
    bench.book(((price, 50.0),), ((110.0, 50.0),), 210)

    assert first == bench.traded()[-1][0]
    assert (other, "position closed") in bench.canceled()
    assert {} == bench.broker.orders


def test_a_stop_that_fills_in_parts_shrinks_its_sibling() -> None:
    """The book holds 0.1 at the bid: the target covers what is left, until nothing is."""
    bench = part_filled()
    bench.trade(99.0, 200)
    bench.book(((98.9, 0.1),), THIN, 210)
    assert ([D("0.3")], [D("0.3")]) == covered(bench)

    bench.book(((98.8, 9.0),), THIN, 220)
    assert [("stop", D("98.9"), D("0.1")), ("stop", D("98.8"), D("0.3"))] == bench.traded()[1:]
    assert {} == bench.broker.orders


def test_both_triggered_close_once() -> None:
    """Both legs on their way to a thin book: together they close what is held, and no more."""
    bench = part_filled()
    bench.trade(99.0, 200)
    bench.trade(103.0, 201)
    bench.book(((98.9, 0.3),), THIN, 220)
    bench.check()
    bench.book(((98.8, 9.0),), THIN, 230)

    assert D(0) == bench.quantity
    assert D("0.4") == sum(quantity for role, _, quantity in bench.traded() if role != "entry")
    assert {} == bench.broker.orders


def test_an_exit_shrinks_the_protection_and_ends_the_entry() -> None:
    """Half of it sold: stop and target cover the other half; nothing is bought any more."""
    bench = part_filled()
    bench.leave("0.2")
    bench.book(DEEP, THIN, 200)
    bench.book(DEEP, ((100.1, 50.0),), 300)

    assert (D("0.2"), [D("0.2")], [D("0.2")]) == (bench.quantity, *covered(bench))
    assert [] == bench.live(OrderRole.ENTRY)


def test_reduce_only_never_opens_and_never_flips() -> None:
    """An exit larger than the position closes it and is gone."""
    bench = part_filled()
    bench.leave("5")
    bench.book(DEEP, THIN, 200)
    bench.book(DEEP, THIN, 300)

    assert [("exit", D("100.0"), D("0.4"))] == bench.traded()[1:]
    assert D(0) == bench.quantity
    assert {} == bench.broker.orders


def test_an_exit_that_comes_too_late_is_refused() -> None:
    """The stop was faster: the reduce-only order finds nothing to reduce."""
    bench = part_filled()
    bench.leave("0.4")
    bench.trade(99.0, 150)
    bench.book(DEEP, THIN, 165)
    bench.book(DEEP, THIN, 250)

    assert ["entry", "stop"] == [role for role, _, _ in bench.traded()]
    assert {} == bench.broker.orders


def test_a_second_position_has_its_own_protection() -> None:
    """After the first trip is over, the next entry is covered by its own bracket alone."""
    bench = part_filled()
    bench.leave("0.4")
    bench.book(DEEP, THIN, 200)
    bench.enter(Side.SELL, "2", stop="101.0")
    bench.book(DEEP, ((100.1, 50.0),), 300)

    (stop,) = bench.live(OrderRole.STOP)
    assert (D(-2), D(2), Side.BUY, 5) == (
        bench.quantity,
        stop.remaining,
        stop.request.side,
        stop.parent_id,
    )
    assert [] == bench.live(OrderRole.TARGET)
    bench.check()


def test_the_planned_risk_is_the_distance_to_the_stop() -> None:
    """Fill by fill, from the price paid: 0.4 at 100.1 and 0.6 at 100.3 over a stop at 99."""
    bench = part_filled()
    bench.book(DEEP, ((100.3, 50.0),), 200)

    assert (
        D("0.4") * D("1.1") + D("0.6") * D("1.3")
        == bench.account.trips[SYMBOL, PositionSide.BOTH].risk
    )


def test_protection_by_mark_is_by_mark_on_both_legs() -> None:
    """The bracket's trigger source holds for stop and target."""
    bench = Bench()
    bench.book(DEEP, DEEP_ASK, 0)
    bench.enter(Side.BUY, "1", stop="99.0", target="103.0", by=TriggerSource.MARK)
    bench.book(DEEP, DEEP_ASK, 100)

    assert {TriggerSource.MARK} == {order.request.trigger_by for order in bench.broker.live(SYMBOL)}


DEEP_ASK: Levels = ((100.1, 50.0),)
