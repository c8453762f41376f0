"""What a strategy may want. An intent is a wish; risk turns it into an order or refuses it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from operator import attrgetter
from types import NoneType

import msgspec

from trading.model.orders import Side, TimeInForce, Trail, TriggerSource
from trading.model.sides import PositionSide

CLIENT_ID_LENGTH_MAX = 36
"""Source: Binance ``newClientOrderId``, 1 to 36 characters."""


class Enter(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Open a position on one side, protected by a stop from its first fill.

    Risk sizes it from the distance to ``stop_price``. How it enters:

    - neither ``limit_price`` nor ``trigger_price``: at the market;
    - ``limit_price``: at that price or better;
    - ``trigger_price``: at the market once ``trigger_by`` has moved that far in its direction;
    - both: a limit order once the trigger is reached.

    How it leaves, beside the stop: at ``target_price`` (as a maker with ``target_is_limit``), by a
    trailing stop (``trail``), after ``hold_s`` in the market. ``good_for_s`` makes the entry GTD.
    Entries of one ``oco`` group may be under way together: the first fill cancels the others.
    ``client_id`` names the entry for ``AmendEntry`` and ``CancelEntry``; used again, it returns
    the first answer. Prices may lie off the tick lattice: risk rounds them to the cautious side.
    """

    side: Side
    stop_price: Decimal
    target_price: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    trigger_by: TriggerSource = TriggerSource.LAST
    """The price series that triggers watch: the entry's and those of its bracket."""
    time_in_force: TimeInForce = TimeInForce.GTC
    good_for_s: float | None = None
    target_is_limit: bool = False
    trail: Trail | None = None
    hold_s: float | None = None
    client_id: str = ""
    oco: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what only looks like a wish, where the strategy still has its turn.

        Raises:
            TypeError: when a price is no Decimal (a float of an indicator, say), or a side no Side.
            ValueError: when two fields contradict each other.
        """
        if (
            _PLAIN(self) == _DEFAULTS
            and type(self.side) is Side
            and type(self.stop_price) is Decimal
            and type(self.target_price) in _PRICES
            and type(self.limit_price) in _PRICES
            and type(self.trigger_by) is TriggerSource
        ):
            return  # as nearly every entry: there is nothing more to look at
        _check_kinds(self, _KINDS, _OPTIONAL)
        _check_name("client_id", self.client_id)
        _check_name("oco", self.oco)
        _check_duration("good_for_s", self.good_for_s)
        _check_duration("hold_s", self.hold_s)
        self._check_time_in_force()

    def _check_time_in_force(self) -> None:
        if (self.time_in_force is TimeInForce.GTD) is not (self.good_for_s is not None):
            raise ValueError(
                "good_for_s: expected with time_in_force gtd and only there, "
                f"was {self.good_for_s!r} with {self.time_in_force}"
            )
        if self.time_in_force is TimeInForce.POST_ONLY and self.limit_price is None:
            raise ValueError("time_in_force: expected a limit_price with post_only, was none")
        if self.target_is_limit and self.target_price is None:
            raise ValueError("target_is_limit: expected a target_price with it, was none")


_PLAIN: Callable[[object], tuple[object, ...]] = attrgetter(
    "trigger_price",
    "time_in_force",
    "good_for_s",
    "target_is_limit",
    "trail",
    "hold_s",
    "client_id",
    "oco",
)
_DEFAULTS = (None, TimeInForce.GTC, None, False, None, None, "", "")
_PRICES = (Decimal, NoneType)
_KINDS: tuple[tuple[str, type], ...] = (
    ("side", Side),
    ("stop_price", Decimal),
    ("target_price", Decimal),
    ("limit_price", Decimal),
    ("trigger_price", Decimal),
    ("trigger_by", TriggerSource),
    ("time_in_force", TimeInForce),
    ("target_is_limit", bool),
    ("trail", Trail),
    ("client_id", str),
    ("oco", str),
)
_OPTIONAL = frozenset({"target_price", "limit_price", "trigger_price", "trail"})


class Exit(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Close at the market what is held of the symbol, whole.

    In hedge mode ``position_side`` may name the long or the short alone; ``BOTH`` closes both.
    """

    reason: str = msgspec.field(default_factory=str)  # told even where empty, as it always was
    position_side: PositionSide = PositionSide.BOTH

    def __post_init__(self) -> None:
        """Refuse what names no position.

        Raises:
            TypeError: when the side is no PositionSide.
        """
        _check_kinds(self, _SIDED, frozenset())


class CancelEntries(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Take back every working entry order of the symbol, or those into one of its positions."""

    reason: str = msgspec.field(default_factory=str)  # told even where empty, as it always was
    position_side: PositionSide = PositionSide.BOTH

    def __post_init__(self) -> None:
        """Refuse what names no position.

        Raises:
            TypeError: when the side is no PositionSide.
        """
        _check_kinds(self, _SIDED, frozenset())


class CancelEntry(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Take back the one entry that was sent with this ``client_id``."""

    client_id: str
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what names no order.

        Raises:
            TypeError: when the id is no text.
            ValueError: when it is empty or too long.
        """
        _check_given_name(self.client_id)


class AmendEntry(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Change the working entry that was sent with this ``client_id``.

    Its stop stays. At a new price it buys no more than what was approved allows: neither the loss
    at the stop nor the notional grows. A ``quantity`` (the whole order's, its fills included) may
    only fall.
    """

    client_id: str
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what names no order or changes nothing.

        Raises:
            TypeError: when a price or quantity is no Decimal.
            ValueError: when nothing is to be changed, or no order is named.
        """
        _check_given_name(self.client_id)
        _check_kinds(self, _AMENDED, _AMENDABLE)
        if self.limit_price is None and self.trigger_price is None and self.quantity is None:
            raise ValueError("AmendEntry: expected a price or a quantity, was neither")


class MoveProtection(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Move the stop, the target or both of the open position.

    A stop may come nearer to the market, never go away from it: that would risk more than was
    approved. A target may go anywhere beyond the market. Prices are rounded as an entry's are.
    In hedge mode ``position_side`` names the long or the short: each has a protection of its own.
    """

    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    reason: str = ""
    position_side: PositionSide = PositionSide.BOTH

    def __post_init__(self) -> None:
        """Refuse what moves nothing.

        Raises:
            TypeError: when a price is no Decimal.
            ValueError: when neither price is given.
        """
        _check_kinds(self, _MOVED, _MOVABLE)
        if self.stop_price is None and self.target_price is None:
            raise ValueError("MoveProtection: expected a stop or a target price, was neither")


_AMENDED: tuple[tuple[str, type], ...] = (
    ("limit_price", Decimal),
    ("trigger_price", Decimal),
    ("quantity", Decimal),
)
_AMENDABLE = frozenset(name for name, _ in _AMENDED)
_SIDED: tuple[tuple[str, type], ...] = (("position_side", PositionSide),)
_MOVED: tuple[tuple[str, type], ...] = (
    ("stop_price", Decimal),
    ("target_price", Decimal),
    *_SIDED,
)
_MOVABLE = frozenset({"stop_price", "target_price"})

Intent = Enter | Exit | CancelEntries | CancelEntry | AmendEntry | MoveProtection


def _check_kinds(
    intent: msgspec.Struct, kinds: tuple[tuple[str, type], ...], optional: frozenset[str]
) -> None:
    for name, kind in kinds:
        value = getattr(intent, name)
        if not isinstance(value, kind) and not (value is None and name in optional):
            raise TypeError(f"{name}: expected a {kind.__name__}, was {value!r}")


def _check_name(name: str, value: str) -> None:
    if len(value) > CLIENT_ID_LENGTH_MAX:
        raise ValueError(f"{name}: expected at most {CLIENT_ID_LENGTH_MAX} characters, was {value}")


def _check_given_name(client_id: object) -> None:
    if not isinstance(client_id, str):
        raise TypeError(f"client_id: expected a str, was {client_id!r}")
    if not client_id:
        raise ValueError("client_id: expected the id the entry was sent with, was empty")
    _check_name("client_id", client_id)


def _check_duration(name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: expected seconds, was {value!r}")
    if not (isfinite(value) and value > 0):
        raise ValueError(f"{name}: expected finite seconds above 0, was {value!r}")
