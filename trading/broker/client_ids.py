"""Client order ids: an id is spent when its order is accepted, and then means that order for good.

A repeat is answered with the first order as it stands and is never sent, so it is no second fill.
An id whose order was rejected was never spent, and may be used again.
"""

from __future__ import annotations

from typing import Final

from trading.account.head import SpentId
from trading.model.orders import Order, OrderStatus

REMEMBERED_MOST: Final = 10_000
"""Spent ids kept, per account; the oldest are forgotten first, never one of a live order."""


class ClientIds:
    """The ids an account has spent, with what became of their orders."""

    __slots__ = ("_spent",)

    def __init__(self, spent: tuple[SpentId, ...] = ()) -> None:
        """Take over the ids of the account's earlier sessions."""
        self._spent = {(each.symbol, each.client_id): each for each in spent}

    @property
    def spent(self) -> tuple[SpentId, ...]:
        """Every id that is remembered, oldest first."""
        return tuple(self._spent.values())

    def spend(self, order: Order) -> None:
        """Remember the id of an order that was just accepted; an order without one costs none."""
        client_id = order.request.client_id
        if not client_id:
            return
        if len(self._spent) >= REMEMBERED_MOST:
            gone = next((k for k, each in self._spent.items() if each.status.is_final), None)
            if gone is not None:
                del self._spent[gone]
        self._spent[order.request.symbol, client_id] = _answer(order)

    def note(self, order: Order) -> None:
        """Keep how an order ended as the answer to a repeat."""
        if not order.request.client_id:
            return
        key = (order.request.symbol, order.request.client_id)
        if key in self._spent and self._spent[key].order_id == order.order_id:
            self._spent[key] = _answer(order)

    def answer(self, symbol: str, client_id: str) -> SpentId | None:
        """Return the first order of a spent id; None: the id is free."""
        return self._spent.get((symbol, client_id))


def _answer(order: Order) -> SpentId:
    return SpentId(
        symbol=order.request.symbol,
        client_id=order.request.client_id,
        order_id=order.order_id,
        status=order.status if order.status.is_final else OrderStatus.WORKING,
        filled=order.filled,
    )
