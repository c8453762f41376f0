"""The life of an order: every pair of status and action, and nothing beyond the table."""

from decimal import Decimal
from itertools import product

import pytest

from tests.support.market import SYMBOL, T0_NS
from trading.errors import IllegalTransition
from trading.model.orders import (
    TRANSITIONS,
    Order,
    OrderAction,
    OrderRequest,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
)

A = OrderAction
S = OrderStatus
LEGAL = {
    (S.IN_FLIGHT, A.ACCEPT): S.WORKING,
    (S.IN_FLIGHT, A.REJECT): S.REJECTED,
    (S.IN_FLIGHT, A.CANCEL): S.CANCELED,
    (S.WORKING, A.TRIGGER): S.WORKING,
    (S.WORKING, A.FILL_PART): S.PART_FILLED,
    (S.WORKING, A.FILL_REST): S.FILLED,
    (S.WORKING, A.CANCEL): S.CANCELED,
    (S.PART_FILLED, A.FILL_PART): S.PART_FILLED,
    (S.PART_FILLED, A.FILL_REST): S.FILLED,
    (S.PART_FILLED, A.CANCEL): S.CANCELED,
}


def order(status: OrderStatus) -> Order:
    """Return an order in some status."""
    request = OrderRequest(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=Decimal(1),
        role=OrderRole.ENTRY,
    )
    return Order(
        order_id=7,
        request=request,
        quantity=Decimal(1),
        submitted_ns=T0_NS,
        decision_mid=None,
        arrival_ns=T0_NS,
        arrival_exchange_ns=T0_NS,
        status=status,
    )


@pytest.mark.parametrize(("status", "action"), list(product(OrderStatus, OrderAction)))
def test_every_pair_of_status_and_action(status: OrderStatus, action: OrderAction) -> None:
    """A pair leads where the table says; any other is our bug, and changes nothing."""
    moved = order(status)
    following = LEGAL.get((status, action))
    if following is None:
        with pytest.raises(IllegalTransition, match=f"order 7: {action} while {status}"):
            moved.apply(action)

    else:
        moved.apply(action)

    assert (following or status) == moved.status


def test_the_table_is_the_one_written_here() -> None:
    """The table in the code holds these ten rows; what is final has no way out."""
    assert LEGAL == dict(TRANSITIONS)
    assert {S.FILLED, S.CANCELED, S.REJECTED} == {s for s in S if s.is_final}
    assert not [pair for pair in TRANSITIONS if pair[0].is_final]


def test_every_status_can_be_reached_from_the_start() -> None:
    """No status stands in the vocabulary that no order can come to."""
    reached = {S.IN_FLIGHT}
    while more := {to for (at, _), to in TRANSITIONS.items() if at in reached} - reached:
        reached |= more

    assert set(S) == reached


def test_sides_and_types_know_their_direction() -> None:
    """A side's sign and opposite agree; only stops and take-profits wait for a trigger."""
    assert (1, -1) == (Side.BUY.sign, Side.SELL.sign)
    assert (Side.SELL, Side.BUY) == (Side.BUY.opposite, Side.SELL.opposite)
    assert {OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET} == {
        each for each in OrderType if each.is_triggered
    }
