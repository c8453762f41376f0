"""What a strategy may want. An intent is a wish; risk turns it into an order or refuses it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter

import msgspec

from trading.model.orders import Side, TriggerSource


class Enter(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open a position on one side, protected by a stop from its first fill.

    Risk sizes it from the distance to ``stop_price``. ``limit_price`` None means at the market.
    Prices may lie off the tick lattice: risk rounds them to the cautious side.
    """

    side: Side
    stop_price: Decimal
    target_price: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_by: TriggerSource = TriggerSource.LAST
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what only looks like a side or a price, where the strategy still has its turn.

        Raises:
            TypeError: when a price is no Decimal (a float of an indicator, say), or a side no Side.
        """
        side, stop_price, target_price, limit_price, trigger_by = _FIELDS(self)
        if (
            isinstance(stop_price, Decimal)
            and isinstance(side, Side)
            and isinstance(trigger_by, TriggerSource)
            and isinstance(target_price, Decimal | None)
            and isinstance(limit_price, Decimal | None)
        ):
            return
        for name, kind in _KINDS:
            value = getattr(self, name)
            if not isinstance(value, kind) and not (value is None and name in _OPTIONAL):
                raise TypeError(f"{name}: expected a {kind.__name__}, was {value!r}")


_FIELDS: Callable[[object], tuple[object, ...]] = attrgetter(
    "side", "stop_price", "target_price", "limit_price", "trigger_by"
)
_KINDS = (
    ("side", Side),
    ("stop_price", Decimal),
    ("target_price", Decimal),
    ("limit_price", Decimal),
    ("trigger_by", TriggerSource),
)
_OPTIONAL = frozenset({"target_price", "limit_price"})


class Exit(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close the whole position of the symbol at the market."""

    reason: str = ""


class CancelEntries(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Take back every working entry order of the symbol."""

    reason: str = ""


Intent = Enter | Exit | CancelEntries
