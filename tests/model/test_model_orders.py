"""The life of an order: every pair of status and action, and nothing beyond the table."""

from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.market import SYMBOL, T0_NS
from trading.errors import IllegalTransition
from trading.model.instrument import InstrumentStatus
from trading.model.orders import (
    TRANSITIONS,
    BracketScope,
    Liquidity,
    Order,
    OrderAction,
    OrderRequest,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trail,
)

A = OrderAction
S = OrderStatus
LEGAL = {
    (S.IN_FLIGHT, A.ACCEPT): S.WORKING,
    (S.IN_FLIGHT, A.REJECT): S.REJECTED,
    (S.IN_FLIGHT, A.CANCEL): S.CANCELED,
    (S.IN_FLIGHT, A.EXPIRE): S.EXPIRED,
    (S.WORKING, A.TRIGGER): S.WORKING,
    (S.WORKING, A.AMEND): S.WORKING,
    (S.WORKING, A.EXPIRE): S.EXPIRED,
    (S.WORKING, A.FILL_PART): S.PART_FILLED,
    (S.WORKING, A.FILL_REST): S.FILLED,
    (S.WORKING, A.CANCEL): S.CANCELED,
    (S.PART_FILLED, A.FILL_PART): S.PART_FILLED,
    (S.PART_FILLED, A.FILL_REST): S.FILLED,
    (S.PART_FILLED, A.CANCEL): S.CANCELED,
    (S.PART_FILLED, A.AMEND): S.PART_FILLED,
    (S.PART_FILLED, A.EXPIRE): S.EXPIRED,
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
    """The table in the code holds these fifteen rows; what is final has no way out."""
    assert LEGAL == dict(TRANSITIONS)
    assert {S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED} == {s for s in S if s.is_final}
    assert not [pair for pair in TRANSITIONS if pair[0].is_final]


def test_the_map_shows_the_table(root: Path) -> None:
    """What ``trading/README.md`` shows a reader is the table in force, row by row."""
    rows = [
        f"| {status} | " + " | ".join(TRANSITIONS.get((status, act), "") for act in A) + " |"
        for status in S
        if not status.is_final
    ]
    table = "\n".join(["| | " + " | ".join(A) + " |", "|---" * (len(A) + 1) + "|", *rows])

    assert table in (root / "trading" / "README.md").read_text()


def test_every_status_can_be_reached_from_the_start() -> None:
    """No status stands in the vocabulary that no order can come to."""
    reached = {S.IN_FLIGHT}
    while more := {to for (at, _), to in TRANSITIONS.items() if at in reached} - reached:
        reached |= more

    assert set(S) == reached


def test_sides_know_their_direction() -> None:
    """A side's sign and opposite agree."""
    assert (1, -1) == (Side.BUY.sign, Side.SELL.sign)
    assert (Side.SELL, Side.BUY) == (Side.BUY.opposite, Side.SELL.opposite)
    assert [Side.BUY] == [side for side in Side if side.is_buy]


def test_what_a_word_says_of_itself_is_what_its_name_says() -> None:
    """Each fact is noted of the members it names, and of no other."""
    kinds, times = OrderType, TimeInForce
    levels = {kinds.STOP_MARKET, kinds.STOP_LIMIT}
    levels |= {kinds.TAKE_PROFIT_MARKET, kinds.TAKE_PROFIT_LIMIT}

    assert levels == {each for each in kinds if each.has_level}
    assert [kinds.TRAILING_STOP] == [each for each in kinds if each.is_trailing]
    assert [kinds.TIMED_MARKET] == [each for each in kinds if each.is_timed]
    assert [times.GTD] == [each for each in times if each.is_dated]
    assert [times.FOK, times.POST_ONLY] == [each for each in times if each.looks_first]
    assert [OrderRole.ENTRY] == [each for each in OrderRole if each.is_entry]
    assert [S.IN_FLIGHT] == [each for each in S if each.is_in_flight]
    assert [BracketScope.ORDER] == [each for each in BracketScope if each.is_own]
    assert [Liquidity.TAKER] == [each for each in Liquidity if each.is_taker]
    assert [InstrumentStatus.OPEN] == [each for each in InstrumentStatus if each.is_open]


@pytest.mark.parametrize(
    ("kind", "is_triggered", "has_limit", "is_stop"),
    [
        (OrderType.MARKET, False, False, False),
        (OrderType.LIMIT, False, True, False),
        (OrderType.STOP_MARKET, True, False, True),
        (OrderType.STOP_LIMIT, True, True, True),
        (OrderType.TAKE_PROFIT_MARKET, True, False, False),
        (OrderType.TAKE_PROFIT_LIMIT, True, True, False),
        (OrderType.TRAILING_STOP, True, False, True),
        (OrderType.TIMED_MARKET, True, False, False),
    ],
)
def test_what_each_type_is(
    *, kind: OrderType, is_triggered: bool, has_limit: bool, is_stop: bool
) -> None:
    """A triggered order is nothing yet; then it is a limit order if it has one, else a market."""
    assert (is_triggered, has_limit, is_stop) == (kind.is_triggered, kind.has_limit, kind.is_stop)
    one = order(S.WORKING)
    one.request = msgspec.structs.replace(one.request, type=kind)

    assert (is_triggered, has_limit and not is_triggered) == (one.awaits_trigger, one.is_limit)

    one.is_triggered = True

    assert (False, has_limit, not has_limit) == (one.awaits_trigger, one.is_limit, one.is_market)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"callback_bps": Decimal("9.9")}, ValueError),
        ({"callback_bps": Decimal(1001)}, ValueError),
        ({"callback_bps": 50.0}, TypeError),
        ({"callback_bps": None}, TypeError),
        ({"callback_bps": Decimal(50), "activation_price": Decimal(0)}, ValueError),
        ({"callback_bps": Decimal(50), "activation_price": Decimal("inf")}, ValueError),
        ({"callback_bps": Decimal(50), "activation_price": 1.0}, TypeError),
    ],
)
def test_a_trail_no_venue_takes_is_refused(fields: dict[str, Any], error: type[Exception]) -> None:
    """A callback is 0.1 to 10 percent, an activation price a price, both exact."""
    with pytest.raises(error, match="expected"):
        Trail(**fields)
