"""The closed union: every record of it can be written down and read back, and is exported."""

from decimal import Decimal
from typing import get_args

import msgspec
import pytest

from tests.support.market import book, forming, mark, rate, settled, timer, trade
from trading.model import events, inputs, order_outputs, outputs
from trading.model.events import (
    CandleClosed,
    Event,
    Input,
    LedgerPosted,
    LedgerReason,
    OrderFilled,
    OrderSubmitted,
    Output,
)
from trading.model.orders import Bracket, Liquidity, OrderRequest, OrderRole, OrderType, Side

SAMPLES: list[Event] = [
    trade(86511.1, 0.0003, taker=Side.SELL),
    book(((86511.0, 1.5), (86510.9, 2.0)), ((86511.1, 0.5),)),
    forming(3, 86511.1, at_ms=1),
    mark(86511.1, next_funding_ms=60_000),
    rate(60_000),
    settled(60_000, at_ms=61_000),
    timer(5),
    CandleClosed(
        at_ns=1,
        symbol="BTCUSDT",
        interval_s=60,
        open_ns=0,
        open=0.1,
        high=1e-7,
        low=1e300,
        close=86511.1,
        volume=0.0,
        turnover=0.0,
    ),
    OrderSubmitted(
        at_ns=1,
        order_id=2,
        arrival_ns=3,
        decision_mid=86511.15,
        request=OrderRequest(
            symbol="BTCUSDT",
            side=Side.BUY,
            type=OrderType.LIMIT,
            quantity=Decimal("0.10"),
            role=OrderRole.ENTRY,
            price=Decimal("86511.10"),
            bracket=Bracket(stop_price=Decimal("86000.0")),
        ),
    ),
    OrderFilled(
        at_ns=1,
        fill_id=1,
        order_id=2,
        symbol="BTCUSDT",
        side=Side.BUY,
        role=OrderRole.ENTRY,
        price=Decimal("86511.1"),
        quantity=Decimal("0.1"),
        fee=Decimal("5.19066600"),
        liquidity=Liquidity.TAKER,
        exchange_ns=1,
        evidence="book 1",
    ),
    LedgerPosted(
        at_ns=1,
        line=1,
        reason=LedgerReason.FEE,
        symbol="BTCUSDT",
        amount=Decimal("-5.19066600"),
        balance=Decimal("9994.80933400"),
        cause="fill 1",
    ),
]


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_survives_being_written_down(event: Event) -> None:
    """Encoded and decoded, an event is the same to the last digit, and of the same kind."""
    read = msgspec.json.decode(msgspec.json.encode(event), type=Event)

    assert event == read
    assert type(event) is type(read)
    assert msgspec.json.encode(event) == msgspec.json.encode(read)


def records(module: object) -> set[type[msgspec.Struct]]:
    """Return the public records a module defines."""
    return {
        found
        for name, found in vars(module).items()
        if isinstance(found, type)
        and issubclass(found, msgspec.Struct)
        and found.__module__ == getattr(module, "__name__", "")
        and not name.startswith("_")
    }


def test_the_union_holds_every_record() -> None:
    """Nobody can add a record and forget it in the union, or in the one door to it."""
    assert records(inputs) == set(get_args(Input))
    assert records(outputs) | records(order_outputs) == set(get_args(Output))
    assert {each.__name__ for each in get_args(Event)} <= set(events.__all__)
    assert sorted(events.__all__) == events.__all__


def test_every_output_says_when_and_every_input_when_it_came() -> None:
    """Outputs carry ``at_ns``, inputs ``received_ns``."""
    assert all("at_ns" in each.__struct_fields__ for each in get_args(Output))
    assert all("received_ns" in each.__struct_fields__ for each in records(inputs))


def test_an_event_cannot_be_changed() -> None:
    """Events are values."""
    event = trade(1.0)

    with pytest.raises(AttributeError, match="immutable"):
        event.price = 2.0  # type: ignore[misc]
