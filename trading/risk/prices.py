"""An entry's prices: on the tick lattice, each rounded to its cautious side, and in their order."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from trading.model.intents import Enter
from trading.model.numbers import price_down, price_up
from trading.risk.verdicts import Refused

PRICE_MOST: Final = Decimal(10) ** 12
"""No contract costs so much: it is a mistake of unit, and no arithmetic to be done with."""


class EntryPrices(msgspec.Struct, frozen=True, gc=False):
    """An entry's prices on the tick lattice, each rounded to its cautious side.

    ``entry`` is the limit, or where the market is expected to fill it.
    """

    entry: Decimal
    stop: Decimal
    target: Decimal | None
    limit: Decimal | None
    trigger: Decimal | None = None

    @classmethod
    def of(cls, intent: Enter, tick: Decimal, price: Decimal) -> EntryPrices | Refused:
        """Return a nearer stop, a farther target, less eager limits; or why they cannot be."""
        prices = intent.stop_price, intent.target_price, intent.limit_price, intent.trigger_price
        for value in prices:
            if value is not None and not (value.is_finite() and tick <= value < PRICE_MOST):
                return Refused(
                    rule="bad_price",
                    detail=f"price {value}",
                    remedy=f"prices are finite, at least one tick ({tick}), under {PRICE_MOST:g}",
                )
        is_buy = intent.side.is_buy
        ahead, behind = (price_up, price_down) if is_buy else (price_down, price_up)
        entry, (stop, target, limit, trigger) = price, prices
        stop = ahead(stop, tick)
        if target is not None:
            target = ahead(target, tick)
        if trigger is not None:
            entry = trigger = ahead(trigger, tick)
        if limit is not None:
            entry = limit = behind(limit, tick)
        is_stop_right = stop < entry if is_buy else stop > entry
        is_target_right = target is None or (target > entry if is_buy else target < entry)
        if not (is_stop_right and is_target_right):
            return Refused(
                rule="wrong_side",
                detail=f"{intent.side} at {entry} with stop {stop} and target {target}",
                remedy="the stop lies on the losing side of the entry, the target on the winning",
            )
        return cls(entry, stop, target, limit, trigger)
