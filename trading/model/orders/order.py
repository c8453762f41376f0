"""One order: what was asked for, what changes are on their way, and how far it has come."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from trading.errors import IllegalTransition
from trading.model.numbers import ZERO
from trading.model.orders.brackets import Bracket, BracketScope, Trail
from trading.model.orders.kinds import OrderRole, OrderType, TimeInForce, TriggerSource
from trading.model.orders.life import TRANSITIONS, OrderAction, OrderStatus
from trading.model.sides import PositionSide, Side


class Amendment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A change of a live order on its way to the venue; None leaves a field as it is."""

    arrival_ns: int
    """Engine time at which it reaches the venue."""
    arrival_exchange_ns: int
    """Exchange time of the same instant."""
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What risk approved and the broker may send: one order, fully specified.

    ``quantity`` is in the base coin; ``price`` belongs to types with a limit, ``trigger_price`` to
    stops and targets, ``trail`` to trailing stops, ``fires_ns`` to timed ones, ``expires_ns`` to
    GTD. ``intent_id`` links the order to the strategy's intent (0: none).
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
    client_id: str = ""
    """The strategy's own name for the order, spent once the order is accepted; empty: none."""
    close_position: bool = False
    """Reduces whatever is open when it is triggered, not the quantity it was sent with."""
    scope: BracketScope = BracketScope.POSITION
    """What a bracket's order covers."""
    oco: str = ""
    """The first fill of one order of a symbol's group cancels the rest of it; empty: no group."""
    trail: Trail | None = None
    expires_ns: int | None = None
    """Exchange time at which a GTD order is over."""
    fires_ns: int | None = None
    """Exchange time from which a timed order is a market order."""
    position_side: PositionSide = PositionSide.BOTH
    """Which position of the symbol it acts on."""


class Order(msgspec.Struct, kw_only=True, gc=False):
    """A live order: its request and how far it has come. Only the broker changes it.

    ``request`` is the order as it stands: an amendment or a trail replaces it.

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
    queue_shown: float | None = None
    """Size shown at the order's price by the last book it met; None: not in view."""
    queue_printed: float = 0.0
    """What printed at the price since that book."""
    cancel_ns: int | None = None
    """Engine time at which a requested cancel reaches the venue."""
    best_price: float | None = None
    """Best price a trailing stop has watched since its activation; None: not active yet."""
    amendments: tuple[Amendment, ...] = ()
    """Changes on their way, in the order of their arrival."""

    @property
    def awaits_trigger(self) -> bool:
        """Whether a price or a time must come before the order meets the market."""
        return not self.is_triggered and self.request.type.is_triggered

    @property
    def is_limit(self) -> bool:
        """Whether the order is a limit order now: sent as one, or made one by its trigger."""
        kind = self.request.type
        return kind.has_limit and (self.is_triggered or not kind.is_triggered)

    @property
    def is_market(self) -> bool:
        """Whether the order is a market order now: sent as one, or made one by its trigger."""
        kind = self.request.type
        return not kind.has_limit and (self.is_triggered or not kind.is_triggered)

    @property
    def only_reduces(self) -> bool:
        """Whether the order may never open or enlarge a position."""
        return self.request.reduce_only or self.request.close_position

    @property
    def remaining(self) -> Decimal:
        """Quantity still to fill."""
        return self.quantity - self.filled

    def apply(self, action: OrderAction) -> None:
        """Move to the next status.

        Raises:
            IllegalTransition: when the table has no such transition; always our bug.
        """
        try:
            self.status = TRANSITIONS[self.status, action]
        except KeyError:
            told = f"order {self.order_id}: {action} while {self.status}"
            raise IllegalTransition(told) from None
