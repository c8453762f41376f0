"""The fold over orders: every order of the session, joined from its records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import msgspec

from reports.story import OrderLife
from trading.model.events import (
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderResized,
    OrderSubmitted,
    OrderTriggered,
    TriggerMoved,
)
from trading.model.numbers import ZERO
from trading.model.orders import Order, OrderRequest, OrderStatus


@dataclass(slots=True, kw_only=True)
class _Life:
    """An order as far as the fold has come."""

    order_id: int
    parent_id: int
    request: OrderRequest
    submitted_ns: int
    arrival_ns: int
    decision_mid: float | None
    quantity: Decimal
    status: OrderStatus = OrderStatus.IN_FLIGHT
    filled: Decimal = ZERO
    filled_value: Decimal = ZERO
    fills: int = 0
    ended_ns: int | None = None
    arrival_mid: float | None = None
    triggered_at: Decimal | None = None
    why: str = ""
    is_carried: bool = False

    def frozen(self) -> OrderLife:
        return OrderLife(
            order_id=self.order_id,
            parent_id=self.parent_id,
            request=self.request,
            submitted_ns=self.submitted_ns,
            arrival_ns=self.arrival_ns,
            ended_ns=self.ended_ns,
            status=self.status,
            quantity=self.quantity,
            filled=self.filled,
            filled_value=self.filled_value,
            fills=self.fills,
            decision_mid=self.decision_mid,
            arrival_mid=self.arrival_mid,
            triggered_at=self.triggered_at,
            why=self.why,
            is_carried=self.is_carried,
        )


class OrdersFold:
    """Orders by number; a record about an order nobody submitted is kept by its absence."""

    __slots__ = ("_lives",)

    def __init__(self, carried: tuple[Order, ...]) -> None:
        """Begin with the orders that were live when the session opened."""
        self._lives: dict[int, _Life] = {
            order.order_id: _Life(
                order_id=order.order_id,
                parent_id=order.parent_id,
                request=order.request,
                submitted_ns=order.submitted_ns,
                arrival_ns=order.arrival_ns,
                decision_mid=order.decision_mid,
                quantity=order.quantity,
                status=order.status,
                filled=order.filled,
                filled_value=order.filled_value,
                is_carried=True,
            )
            for order in carried
        }

    def submitted(self, output: OrderSubmitted) -> None:
        """Open a life; a bracket's orders live at the venue from the start."""
        self._lives[output.order_id] = _Life(
            order_id=output.order_id,
            parent_id=output.parent_id,
            request=output.request,
            submitted_ns=output.at_ns,
            arrival_ns=output.arrival_ns,
            decision_mid=output.decision_mid,
            quantity=output.request.quantity,
            status=OrderStatus.WORKING if output.parent_id else OrderStatus.IN_FLIGHT,
        )

    def accepted(self, output: OrderAccepted) -> None:
        """Note the order's arrival at the venue."""
        life = self._lives.get(output.order_id)
        if life is not None:
            life.status = OrderStatus.WORKING
            life.arrival_mid = output.arrival_mid

    def triggered(self, output: OrderTriggered) -> None:
        """Note the price that pulled a stop or target."""
        life = self._lives.get(output.order_id)
        if life is not None:
            life.triggered_at = output.price

    def resized(self, output: OrderResized) -> None:
        """Note that a bracket's order covers another quantity."""
        life = self._lives.get(output.order_id)
        if life is not None:
            life.quantity = output.quantity

    def amended(self, output: OrderAmended) -> None:
        """Note the prices and the quantity an order was changed to."""
        life = self._lives.get(output.order_id)
        if life is not None:
            life.quantity = output.quantity
            life.request = msgspec.structs.replace(
                life.request, price=output.price, trigger_price=output.trigger_price
            )

    def moved(self, output: TriggerMoved) -> None:
        """Note how far a trailing stop has followed."""
        life = self._lives.get(output.order_id)
        if life is not None:
            life.request = msgspec.structs.replace(life.request, trigger_price=output.trigger_price)

    def filled(self, output: OrderFilled) -> None:
        """Add a fill; the order ends with its last one."""
        life = self._lives.get(output.order_id)
        if life is None:
            return
        life.fills += 1
        life.filled += output.quantity
        life.filled_value += output.price * output.quantity
        life.status = OrderStatus.PART_FILLED
        if life.filled >= life.quantity:
            life.status = OrderStatus.FILLED
            life.ended_ns = output.at_ns

    def rejected(self, output: OrderRejected) -> None:
        """End an order that the venue refused."""
        self._end(
            output.order_id, OrderStatus.REJECTED, output.at_ns, f"{output.code}: {output.detail}"
        )

    def canceled(self, output: OrderCanceled) -> None:
        """End an order that was taken back."""
        self._end(output.order_id, OrderStatus.CANCELED, output.at_ns, output.reason)

    def expired(self, output: OrderExpired) -> None:
        """End an order whose time was over."""
        self._end(output.order_id, OrderStatus.EXPIRED, output.at_ns, "its time was over")

    def _end(self, order_id: int, status: OrderStatus, at_ns: int, why: str) -> None:
        life = self._lives.get(order_id)
        if life is not None:
            life.status = status
            life.ended_ns = at_ns
            life.why = why

    def story(self) -> tuple[OrderLife, ...]:
        """Return every order, by number."""
        return tuple(self._lives[order_id].frozen() for order_id in sorted(self._lives))
