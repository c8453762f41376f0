"""Orders: their vocabulary, and the one table that says how their state may change.

Everything that affects an order's status lives in ``TRANSITIONS``; a missing entry is the
illegal transition. The table does not know who asks (broker, risk, strategy).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from trading.errors import IllegalTransition
from trading.model.numbers import ZERO


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """What makes an order trade."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"
    TAKE_PROFIT_MARKET = "take_profit_market"

    @property
    def is_triggered(self) -> bool:
        """Whether the order waits for a trigger price before it meets the market."""
        return self in _TRIGGERED


_TRIGGERED = frozenset({OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET})


class TimeInForce(StrEnum):
    """How long an order may wait for a counterparty."""

    GTC = "gtc"
    IOC = "ioc"


class TriggerSource(StrEnum):
    """Which price series a trigger watches."""

    LAST = "last"
    MARK = "mark"


class OrderRole(StrEnum):
    """What an order is for; every order of a session has exactly one role."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    TARGET = "target"
    FLATTEN = "flatten"
    LIQUIDATION = "liquidation"


class Liquidity(StrEnum):
    """Whether a fill took a resting order or was one."""

    TAKER = "taker"
    MAKER = "maker"


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    IN_FLIGHT = "in_flight"
    """Sent, not yet at the venue."""
    WORKING = "working"
    """Accepted: resting in the book, or waiting for its trigger or the next book."""
    PART_FILLED = "part_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the order any more."""
        return self in _FINAL


_FINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED})


class OrderAction(StrEnum):
    """What happens to an order."""

    ACCEPT = "accept"
    REJECT = "reject"
    TRIGGER = "trigger"
    FILL_PART = "fill_part"
    FILL_REST = "fill_rest"
    CANCEL = "cancel"


TRANSITIONS: Final = MappingProxyType(
    {
        (OrderStatus.IN_FLIGHT, OrderAction.ACCEPT): OrderStatus.WORKING,
        (OrderStatus.IN_FLIGHT, OrderAction.REJECT): OrderStatus.REJECTED,
        # The session ended, or the bracket's sibling filled, before the order reached the venue.
        (OrderStatus.IN_FLIGHT, OrderAction.CANCEL): OrderStatus.CANCELED,
        (OrderStatus.WORKING, OrderAction.TRIGGER): OrderStatus.WORKING,
        (OrderStatus.WORKING, OrderAction.FILL_PART): OrderStatus.PART_FILLED,
        (OrderStatus.WORKING, OrderAction.FILL_REST): OrderStatus.FILLED,
        (OrderStatus.WORKING, OrderAction.CANCEL): OrderStatus.CANCELED,
        (OrderStatus.PART_FILLED, OrderAction.FILL_PART): OrderStatus.PART_FILLED,
        (OrderStatus.PART_FILLED, OrderAction.FILL_REST): OrderStatus.FILLED,
        (OrderStatus.PART_FILLED, OrderAction.CANCEL): OrderStatus.CANCELED,
    }
)
"""``(status, action) -> status``; a filled quantity survives a later cancel."""


class Bracket(msgspec.Struct, frozen=True, kw_only=True):
    """The protection attached to an entry: one stop-loss, at most one take-profit.

    The first of the two to fill cancels the other. Both cover exactly what the entry filled.
    """

    stop_price: Decimal
    target_price: Decimal | None = None
    trigger_by: TriggerSource = TriggerSource.LAST


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What risk approved and the broker may send: one order, fully specified.

    ``quantity`` is in the base coin; ``price`` belongs to limit orders, ``trigger_price`` to
    triggered ones. ``intent_id`` links the order to the strategy's intent (0: none).
    """

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal
    role: OrderRole
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trigger_by: TriggerSource = TriggerSource.LAST
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    bracket: Bracket | None = None
    intent_id: int = 0
    reason: str = ""


class Order(msgspec.Struct, kw_only=True):
    """A live order: its request and how far it has come. Only the broker changes it.

    Invariant: ``0 <= filled <= quantity``, and ``filled == quantity`` exactly when FILLED.
    """

    order_id: int
    request: OrderRequest
    quantity: Decimal
    """What the order may still become; a bracket's orders grow and shrink with the position."""
    submitted_ns: int
    decision_mid: float | None
    arrival_ns: int
    """Engine time at which the order reaches the venue."""
    arrival_exchange_ns: int
    """Exchange time of the same instant: the order meets the first book stamped at or after it."""
    parent_id: int = 0
    status: OrderStatus = OrderStatus.IN_FLIGHT
    filled: Decimal = ZERO
    filled_value: Decimal = ZERO
    """Sum of price times quantity of its fills; reports take a carried order's average from it."""
    is_triggered: bool = False
    is_resting: bool = False
    """A limit order that has met the book once and now waits in it."""
    queue_ahead: float | None = None
    """Displayed quantity that must trade before a resting order does; None: not yet known."""
    cancel_ns: int | None = None
    """Engine time at which a requested cancel reaches the venue."""

    @property
    def remaining(self) -> Decimal:
        """Quantity still to fill."""
        return self.quantity - self.filled

    def apply(self, action: OrderAction) -> None:
        """Move to the next status.

        Raises:
            IllegalTransition: when the table has no such transition; always our bug.
        """
        following = TRANSITIONS.get((self.status, action))
        if following is None:
            raise IllegalTransition(f"order {self.order_id}: {action} while {self.status}")
        self.status = following
