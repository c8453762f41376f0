"""The live orders of one account at the paper venue, and what each of them may still do.

Holds orders, numbers and ends them. Knows no latency, no market rule and no way to fill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from copy import copy
from decimal import Decimal
from typing import Final

from trading.account.account import Account
from trading.account.health import MarginHealth
from trading.broker.client_ids import ClientIds
from trading.model.events import AmendRejected, OrderCanceled, OrderExpired, OrderSubmitted, Output
from trading.model.numbers import ZERO, exact
from trading.model.orders import CLOSING, Order, OrderAction, OrderRequest
from trading.model.sides import PositionKey, PositionSide

NOT_FOUND = "20007"
"""Source: Bitunix "Error code" page: order not found."""


_CANCEL: Final = OrderAction.CANCEL


class LiveOrders:
    """Orders by number, oldest first.

    Invariant: an order in here is in flight, working or part filled; one that ends is taken out,
    with an output that says how, and with it every change that was still on its way to it. What
    is said of one symbol costs nothing for the orders of the others.
    """

    def __init__(
        self,
        account: Account,
        health: MarginHealth,
        orders: tuple[Order, ...],
        client_ids: ClientIds,
    ) -> None:
        """Take over the live orders of the account's earlier sessions."""
        self.account = account
        self.health = health
        self.orders: dict[int, Order] = {}
        self.timed: dict[int, Order] = {}
        """Those of them that expire or fire by themselves."""
        self._of_symbol: defaultdict[str, dict[int, Order]] = defaultdict(dict)
        for order in orders:
            self._take_in(copy(order))
        self.client_ids = client_ids
        self.has_changed = True
        """Whether an order came, went or changed since the caller last cleared it."""

    # --- asked -----------------------------------------------------------------------------

    def live(self, symbol: str, side: PositionSide | None = None) -> Sequence[Order]:
        """Return the symbol's live orders, oldest first; of one of its positions, or of all.

        They are those of this moment, whichever come or go while the caller goes through them.
        """
        if side is None:
            return tuple(self._of_symbol[symbol].values())
        live = self._of_symbol[symbol].values()
        return [order for order in live if order.request.position_side is side]

    def of(self, symbol: str) -> Collection[Order]:
        """Return the symbol's live orders, oldest first, for a look that changes none of them."""
        return self._of_symbol[symbol].values()

    def named(self, symbol: str, client_id: str) -> Order | None:
        """Return the live order that was sent with a client id; None: there is none."""
        for order in self._of_symbol[symbol].values():
            if order.request.client_id == client_id:
                return order
        return None

    def has_entry(self, symbol: str, side: PositionSide | None = None) -> bool:
        """Tell whether an entry of the symbol, into one position or any, is under way."""
        for order in self._of_symbol[symbol].values():
            request = order.request
            if request.role.is_entry and (side is None or request.position_side is side):
                return True
        return False

    def entry_notional(
        self, besides: PositionKey, marks: dict[str, float | None], symbol: str | None = None
    ) -> Decimal | None:
        """Return what entries under way into other positions would add to the exposure.

        Of one symbol, or of all. At their limit or trigger price, market orders at the mark; None
        where that is unknown.
        """
        total = ZERO
        for order in self.orders.values() if symbol is None else self._of_symbol[symbol].values():
            request = order.request
            if request.role.is_entry and (request.symbol, request.position_side) != besides:
                price = request.price or request.trigger_price
                if price is None:
                    mark = marks.get(request.symbol)
                    if mark is None:
                        return None
                    price = exact(mark)
                total += order.remaining * price
        return total

    def oco_under_way(self, symbol: str) -> str | None:
        """Return the OCO group of the entries under way; None: none, or not one group."""
        group = None
        for order in self._of_symbol[symbol].values():
            if order.request.role.is_entry:
                if group not in {None, order.request.oco}:
                    return None
                group = order.request.oco
        return group

    def is_closing(self, symbol: str, side: PositionSide | None = None) -> bool:
        """Tell whether an order to close a whole position of the symbol is already under way."""
        for order in self._of_symbol[symbol].values():
            request = order.request
            if request.role in CLOSING and (side is None or request.position_side is side):
                return True
        return False

    def held(self, request: OrderRequest) -> Decimal:
        """Return how much of its position an order on this side could reduce."""
        quantity = self.account.position(request.symbol, request.position_side).quantity
        if not quantity or (quantity > ZERO) is request.side.is_buy:
            return ZERO
        return abs(quantity)

    def wanted(self, order: Order) -> Decimal:
        """Return what an order may still trade: what is left, and no more than it may reduce."""
        request, remaining = order.request, order.quantity - order.filled
        if request.reduce_only or request.close_position:
            return min(remaining, self.held(request))
        return remaining

    # --- changed ---------------------------------------------------------------------------

    def number(
        self,
        request: OrderRequest,
        mid: float | None,
        now_ns: int,
        exchange_ns: int,
        out: list[Output],
        delay_ns: int = 0,
        parent_id: int = 0,
    ) -> Order:
        """Give an order its number and take it in, on its way to the venue; and tell it."""
        counters, arrival_ns = self.account.counters, now_ns + delay_ns
        counters.order = order_id = counters.order + 1
        order = Order(
            order_id=order_id,
            request=request,
            quantity=request.quantity,
            submitted_ns=now_ns,
            decision_mid=mid,
            arrival_ns=arrival_ns,
            arrival_exchange_ns=exchange_ns + delay_ns,
            parent_id=parent_id,
        )
        self._take_in(order)
        self.has_changed = True
        out.append(
            OrderSubmitted(
                at_ns=now_ns,
                order_id=order_id,
                request=request,
                arrival_ns=arrival_ns,
                decision_mid=mid,
                parent_id=parent_id,
            )
        )
        return order

    def _take_in(self, order: Order) -> None:
        order_id, request = order.order_id, order.request
        self.orders[order_id] = self._of_symbol[request.symbol][order_id] = order
        if request.expires_ns is not None or request.fires_ns is not None:
            self.timed[order_id] = order

    def drop(self, order: Order, reason: str, now_ns: int, out: list[Output]) -> None:
        """Cancel at the venue, now: by the venue itself, or because the session is over."""
        order.apply(_CANCEL)
        out.append(
            OrderCanceled(
                at_ns=now_ns, order_id=order.order_id, reason=reason, unfilled=order.remaining
            )
        )
        self.forget(order, now_ns, out)

    def expire(self, order: Order, now_ns: int, out: list[Output]) -> None:
        """End an order whose time is over."""
        order.apply(OrderAction.EXPIRE)
        out.append(OrderExpired(at_ns=now_ns, order_id=order.order_id, unfilled=order.remaining))
        self.forget(order, now_ns, out)

    def forget(self, order: Order, now_ns: int, out: list[Output]) -> None:
        """Take out an order that has ended; what was on its way to it finds nothing."""
        order_id = order.order_id
        del self.orders[order_id], self._of_symbol[order.request.symbol][order_id]
        self.timed.pop(order_id, None)
        self.client_ids.note(order)
        self.has_changed = True
        if order.amendments:
            detail = f"the order is {order.status}"
            rejected = AmendRejected(at_ns=now_ns, order_id=order_id, code=NOT_FOUND, detail=detail)
            out.extend(rejected for _ in order.amendments)
            order.amendments = ()
