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

    sign: int
    """+1 for a buy, -1 for a sell."""

    BUY = "buy"
    SELL = "sell"

    def __init__(self, value: str) -> None:
        """Note the sign once: every price comparison asks for it."""
        self.sign = 1 if value == "buy" else -1

    @property
    def opposite(self) -> Side:
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """What makes an order trade."""

    MARKET = "market"
    """Takes what the book offers on arrival, up to the protection limit."""
    LIMIT = "limit"
    """Takes what is offered at its price or better, and rests with what is left."""
    STOP_MARKET = "stop_market"
    """A market order once the price has gone against it: a buy at or above its trigger."""
    STOP_LIMIT = "stop_limit"
    """A limit order at ``price`` once the trigger is reached; a gap may leave it unfilled."""
    TAKE_PROFIT_MARKET = "take_profit_market"
    """A market order once the price has come to it: a buy at or below its trigger."""
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    """A limit order at ``price`` once the price has come to the trigger."""
    TRAILING_STOP = "trailing_stop"
    """A stop-market whose trigger follows the best price seen, and never goes back."""
    TIMED_MARKET = "timed_market"
    """A market order from the exchange time ``fires_ns`` on: the time stop."""

    @property
    def is_triggered(self) -> bool:
        """Whether the order waits for a trigger (a price, or a time) before it meets the market."""
        return self in _TRIGGERED

    @property
    def has_limit(self) -> bool:
        """Whether the order trades at its ``price`` or better, or not at all."""
        return self in _LIMITED

    @property
    def is_stop(self) -> bool:
        """Whether its trigger lies where the price goes against the order's side."""
        return self in _STOPS


_TRIGGERED = frozenset(
    {
        OrderType.STOP_MARKET,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT_MARKET,
        OrderType.TAKE_PROFIT_LIMIT,
        OrderType.TRAILING_STOP,
        OrderType.TIMED_MARKET,
    }
)
_LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT})
_STOPS = frozenset({OrderType.STOP_MARKET, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})


class TimeInForce(StrEnum):
    """How long an order may wait for a counterparty."""

    GTC = "gtc"
    """Until it is filled or taken back."""
    IOC = "ioc"
    """What the first book offers; the rest is cancelled."""
    FOK = "fok"
    """All of it from the first book, or nothing."""
    POST_ONLY = "post_only"
    """Only as a maker: cancelled if the first book would fill any of it."""
    GTD = "gtd"
    """Until the exchange time ``expires_ns``."""


class TriggerSource(StrEnum):
    """Which price series a trigger watches."""

    LAST = "last"
    """Every print."""
    MARK = "mark"
    """The venue's fair price."""
    INDEX = "index"
    """The spot index behind the contract."""


class OrderRole(StrEnum):
    """What an order is for; every order of a session has exactly one role."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    TARGET = "target"
    TRAIL = "trail"
    TIME_STOP = "time_stop"
    FLATTEN = "flatten"
    LIQUIDATION = "liquidation"


PROTECTIVE: Final = frozenset(
    {OrderRole.STOP, OrderRole.TARGET, OrderRole.TRAIL, OrderRole.TIME_STOP}
)
"""The roles of a bracket's orders: they cover what is open, and outlive a session with it."""
CLOSING: Final = frozenset({OrderRole.EXIT, OrderRole.FLATTEN})
"""The roles of orders that close a whole position at the market."""


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
    EXPIRED = "expired"
    """Its time was over before it was filled."""
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the order any more."""
        return self in _FINAL


_FINAL = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED}
)


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

BPS_LEAST: Final = Decimal(10)
BPS_MOST: Final = Decimal(1_000)


class Trail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a trailing stop follows: asleep until the activation price, then ``callback_bps`` behind.

    For a sell: from the first watched price at or above ``activation_price`` on (None: from the
    first price there is), the trigger is ``best * (1 - callback_bps / 10,000)`` with ``best`` the
    highest price watched since, rounded down to the tick; a buy mirrors that. It never goes back.

    Source: Binance USDS-M "New Order", TRAILING_STOP_MARKET: ``activationPrice`` defaults to the
    latest price of the working type, ``callbackRate`` is 0.1 to 10 percent (read 2026-11).
    """

    callback_bps: Decimal
    activation_price: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what no venue takes.

        Raises:
            TypeError: when a number is no Decimal.
            ValueError: when the callback is outside 10 to 1,000 bps, or a price no price.
        """
        for name in ("callback_bps", "activation_price"):
            value = getattr(self, name)
            if not isinstance(value, Decimal) and not (name != "callback_bps" and value is None):
                raise TypeError(f"{name}: expected a Decimal, was {value!r}")
        if not BPS_LEAST <= self.callback_bps <= BPS_MOST:
            raise ValueError(
                f"callback_bps: expected {BPS_LEAST} to {BPS_MOST}, was {self.callback_bps}"
            )
        activation = self.activation_price
        if activation is not None and not (activation.is_finite() and activation > ZERO):
            raise ValueError(f"activation_price: expected a price above 0, was {activation}")


class BracketScope(StrEnum):
    """What a bracket covers."""

    POSITION = "position"
    """Whatever is open and no other bracket covers; a later one replaces it."""
    ORDER = "order"
    """What its own entry filled, as far as that is still open."""


class Bracket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The protection attached to an entry: one stop-loss and, if wanted, three more ways out.

    All legs cover the same quantity and are one OCO group: a fill of one shrinks the others by as
    much, and the fill that closes what they cover cancels them. Legs live at the venue.
    """

    stop_price: Decimal
    target_price: Decimal | None = None
    trigger_by: TriggerSource = TriggerSource.LAST
    target_is_limit: bool = False
    """Whether the target, once reached, waits in the book at its own price as a maker."""
    trail: Trail | None = None
    """A trailing stop beside the fixed one."""
    hold_ns: int | None = None
    """Longest time in the market, from the first fill on, in exchange time."""
    scope: BracketScope = BracketScope.POSITION


class Amendment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of a live order on its way to the venue; None leaves a field as it is."""

    arrival_ns: int
    """Engine time at which it reaches the venue."""
    arrival_exchange_ns: int
    """Exchange time of the same instant."""
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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


class Order(msgspec.Struct, kw_only=True):
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
        return not self.is_triggered and self.request.type in _TRIGGERED

    @property
    def is_limit(self) -> bool:
        """Whether the order is a limit order now: sent as one, or made one by its trigger."""
        kind = self.request.type
        return kind in _LIMITED and (self.is_triggered or kind not in _TRIGGERED)

    @property
    def is_market(self) -> bool:
        """Whether the order is a market order now: sent as one, or made one by its trigger."""
        kind = self.request.type
        return kind not in _LIMITED and (self.is_triggered or kind not in _TRIGGERED)

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
        following = TRANSITIONS.get((self.status, action))
        if following is None:
            raise IllegalTransition(f"order {self.order_id}: {action} while {self.status}")
        self.status = following
