"""The life of an order: the one table that says how its state may change.

Everything that affects an order's status lives in ``TRANSITIONS``; a missing entry is the
illegal transition. The table does not know who asks (broker, risk, strategy).
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class OrderStatus(StrEnum):
    """Where an order is in its life."""

    is_in_flight: bool
    """Whether the order has not reached the venue yet."""
    is_final: bool
    """Whether nothing can happen to the order any more."""

    IN_FLIGHT = "in_flight"
    """Sent, not yet at the venue."""
    WORKING = "working"
    """Accepted: resting in the book, or waiting for its trigger or the next book."""
    PART_FILLED = "part_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    """Its time was over before it was filled."""
    REJECTED = "rejected"

    def __init__(self, value: str) -> None:
        """Note once what every look at an order asks for."""
        self.is_in_flight = value == "in_flight"
        self.is_final = value in {"filled", "canceled", "expired", "rejected"}


class OrderAction(StrEnum):
    """What happens to an order."""

    ACCEPT = "accept"
    REJECT = "reject"
    TRIGGER = "trigger"
    FILL_PART = "fill_part"
    FILL_REST = "fill_rest"
    AMEND = "amend"
    CANCEL = "cancel"
    EXPIRE = "expire"


TRANSITIONS: Final = MappingProxyType(
    {
        (OrderStatus.IN_FLIGHT, OrderAction.ACCEPT): OrderStatus.WORKING,
        (OrderStatus.IN_FLIGHT, OrderAction.REJECT): OrderStatus.REJECTED,
        # The session ended, or the bracket's sibling filled, before the order reached the venue.
        (OrderStatus.IN_FLIGHT, OrderAction.CANCEL): OrderStatus.CANCELED,
        # Its date was over before it arrived.
        (OrderStatus.IN_FLIGHT, OrderAction.EXPIRE): OrderStatus.EXPIRED,
        (OrderStatus.WORKING, OrderAction.TRIGGER): OrderStatus.WORKING,
        (OrderStatus.WORKING, OrderAction.AMEND): OrderStatus.WORKING,
        (OrderStatus.WORKING, OrderAction.FILL_PART): OrderStatus.PART_FILLED,
        (OrderStatus.WORKING, OrderAction.FILL_REST): OrderStatus.FILLED,
        (OrderStatus.WORKING, OrderAction.CANCEL): OrderStatus.CANCELED,
        (OrderStatus.WORKING, OrderAction.EXPIRE): OrderStatus.EXPIRED,
        (OrderStatus.PART_FILLED, OrderAction.AMEND): OrderStatus.PART_FILLED,
        (OrderStatus.PART_FILLED, OrderAction.FILL_PART): OrderStatus.PART_FILLED,
        (OrderStatus.PART_FILLED, OrderAction.FILL_REST): OrderStatus.FILLED,
        (OrderStatus.PART_FILLED, OrderAction.CANCEL): OrderStatus.CANCELED,
        (OrderStatus.PART_FILLED, OrderAction.EXPIRE): OrderStatus.EXPIRED,
    }
)
"""``(status, action) -> status``; a filled quantity survives a later cancel or expiry.

An order that has begun to fill has met the market, so it can no longer be triggered. An amendment
is asked for while the order may still be on its way, and arrives behind it.
"""
