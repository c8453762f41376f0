"""What a strategy may want. An intent is a wish; risk turns it into an order or refuses it."""

from __future__ import annotations

from decimal import Decimal

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


class Exit(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close the whole position of the symbol at the market."""

    reason: str = ""


class CancelEntries(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Take back every working entry order of the symbol."""

    reason: str = ""


Intent = Enter | Exit | CancelEntries
