"""What the engine tells of its orders: sent, accepted, changed, filled, gone."""

from __future__ import annotations

from decimal import Decimal

from trading.model.orders import Liquidity, OrderRequest, OrderRole, OrderStatus
from trading.model.outputs import _Output
from trading.model.sides import PositionSide, Side


class OrderSubmitted(_Output, frozen=True, kw_only=True):
    """An approved order left for the venue; it arrives at ``arrival_ns``."""

    order_id: int
    request: OrderRequest
    arrival_ns: int
    decision_mid: float | None = None
    parent_id: int = 0


class OrderAccepted(_Output, frozen=True, kw_only=True):
    """The venue has the order."""

    order_id: int
    arrival_mid: float | None = None


class OrderRejected(_Output, frozen=True, kw_only=True):
    """The venue refused the order; it cost nothing but time."""

    order_id: int
    code: str
    detail: str


class OrderTriggered(_Output, frozen=True, kw_only=True):
    """A waiting order saw its price (None: its time came); it now meets the market."""

    order_id: int
    price: Decimal | None


class OrderResized(_Output, frozen=True, kw_only=True):
    """A bracket order now covers a different quantity."""

    order_id: int
    quantity: Decimal


class OrderAmended(_Output, frozen=True, kw_only=True):
    """The venue changed an order as asked; the prices are those it has now.

    ``keeps_place``: it stands where it stood in the queue, else behind everybody.
    """

    order_id: int
    quantity: Decimal
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    keeps_place: bool = False


class AmendRejected(_Output, frozen=True, kw_only=True):
    """The venue refused a change; the order stands as it was, if it still lives."""

    order_id: int
    code: str
    detail: str


class CancelRejected(_Output, frozen=True, kw_only=True):
    """The venue refused a cancel; the order lives on."""

    order_id: int
    code: str
    detail: str


class OrderStatusUnknown(_Output, frozen=True, kw_only=True):
    """No answer came to an order (or to its cancel): it counts as open, and its status is asked.

    Nothing else of the symbol is sent before the venue has said what became of it.
    """

    order_id: int
    is_cancel: bool


class OrderStatusLearned(_Output, frozen=True, kw_only=True):
    """The venue has said what became of a request whose answer was lost."""

    order_id: int
    is_cancel: bool
    status: OrderStatus
    has_reached: bool
    """Whether the request had reached the venue; if not, the order never was, or lives on."""


class TriggerMoved(_Output, frozen=True, kw_only=True):
    """A trailing stop followed the market; its trigger never goes back."""

    order_id: int
    trigger_price: Decimal


class OrderRepeated(_Output, frozen=True, kw_only=True):
    """A client id was used again: nothing was sent, and the first order is the answer."""

    client_id: str
    order_id: int
    status: OrderStatus
    filled: Decimal


class OrderFilled(_Output, frozen=True, kw_only=True):
    """A fill of ours: one level of one order.

    ``fee`` is what we pay (positive). ``evidence`` names the market data that filled it.
    ``is_pessimistic``: the worse of two possible readings of it was taken.
    """

    fill_id: int
    order_id: int
    symbol: str
    side: Side
    role: OrderRole
    price: Decimal
    quantity: Decimal
    fee: Decimal
    liquidity: Liquidity
    exchange_ns: int
    evidence: str
    mid: float | None = None
    is_pessimistic: bool = False
    position_side: PositionSide = PositionSide.BOTH


class OrderCanceled(_Output, frozen=True, kw_only=True):
    """The order is gone; ``unfilled`` was left of it."""

    order_id: int
    reason: str
    unfilled: Decimal


class OrderExpired(_Output, frozen=True, kw_only=True):
    """The order's time was over; ``unfilled`` was left of it."""

    order_id: int
    unfilled: Decimal


class BarAmbiguous(_Output, frozen=True, kw_only=True):
    """A bar held both ends of what was open, and nothing finer was at hand to say which was first.

    ``reading`` was taken; ``count`` is how often that has happened in this session.
    """

    symbol: str
    open_ns: int
    interval_s: int
    reading: str
    count: int
