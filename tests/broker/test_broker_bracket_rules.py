"""A stop on the losing side, a target on the winning one, or the order is not taken."""

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL
from trading.broker import bracket_rules
from trading.model.orders import (
    Bracket,
    OrderRequest,
    OrderRole,
    OrderType,
    Side,
    TriggerSource,
)

D = Decimal
LAST, MARK, INDEX = TriggerSource


def wish(
    side: Side,
    stop: str,
    target: str | None = None,
    *,
    by: TriggerSource = LAST,
    price: str | None = None,
    trigger: str | None = None,
) -> OrderRequest:
    """Return an entry for the market, or with a limit, or with a trigger."""
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return OrderRequest(
        symbol=SYMBOL,
        side=side,
        type=kind if trigger is None else OrderType.STOP_MARKET,
        quantity=D(1),
        role=OrderRole.ENTRY,
        price=None if price is None else D(price),
        trigger_price=None if trigger is None else D(trigger),
        bracket=Bracket(
            stop_price=D(stop), target_price=None if target is None else D(target), trigger_by=by
        ),
    )


def answer(request: OrderRequest) -> str | None:
    """Return the code of a venue where 100 was traded last and the mark is 101."""
    bench = Bench()
    bench.trade(100.0, 0)
    bench.mark(101.0, 0)
    refusal = bracket_rules.refusal(request, bench.market)
    return None if refusal is None else refusal[0]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (wish(Side.BUY, "99.9", "100.1"), None),
        (wish(Side.BUY, "100"), "30028"),
        (wish(Side.BUY, "100.5", by=MARK), None),
        (wish(Side.BUY, "101", by=MARK), "30029"),
        (wish(Side.BUY, "99", "100"), "30026"),
        (wish(Side.BUY, "99", "101", by=MARK), "30027"),
        (wish(Side.SELL, "100.1", "99.9"), None),
        (wish(Side.SELL, "100"), "30030"),
        (wish(Side.SELL, "101", by=MARK), "30031"),
        (wish(Side.SELL, "102", "100"), "30032"),
        (wish(Side.SELL, "102", "101", by=MARK), "30033"),
        (wish(Side.BUY, "98", "99.5", price="99"), None),
        (wish(Side.BUY, "99", price="99"), "30035"),
        (wish(Side.BUY, "104", "110", trigger="105"), None),
        (wish(Side.BUY, "104", "105", trigger="105"), "30036"),
        (wish(Side.BUY, "100.9", by=INDEX), None),
        (wish(Side.BUY, "101", by=INDEX), "10002"),
    ],
)
def test_each_side_has_its_code(entry: OrderRequest, code: str | None) -> None:
    """By the order's own price where it has one, else by the price the bracket watches."""
    assert code == answer(entry)


def test_an_order_without_a_bracket_has_nothing_to_refuse() -> None:
    """A plain order is taken, and so is any where no price has been told yet."""
    bench = Bench()
    plain = OrderRequest(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=D(1),
        role=OrderRole.ENTRY,
    )

    assert None is bracket_rules.refusal(plain, bench.market)
    assert None is bracket_rules.refusal(wish(Side.BUY, "999"), bench.market)


def test_an_entry_whose_stop_was_passed_on_its_way_opens_nothing() -> None:
    """Sent with the market at 100 and a stop at 99, it arrives where 98.5 was traded."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bench.trade(100.0, 0)
    bench.enter(Side.BUY, "1", stop="99.0")
    bench.trade(98.5, 90)
    bench.book(98.4, 98.6, 100)

    assert (["30028"], [], D(0)) == (bench.rejected(), bench.fills(), bench.quantity)


def test_a_bracket_off_the_lattice_is_refused() -> None:
    """Its prices are prices like any other."""
    bench = Bench()
    bench.enter(Side.BUY, "1", stop="99.05")
    bench.enter(Side.BUY, "1", stop="99.0", target="101.01")
    bench.time(100)

    assert ["10002", "10002"] == bench.rejected()
