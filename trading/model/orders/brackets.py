"""What protects a position: a bracket, and the trailing stop it may hold."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from trading.model.numbers import ZERO
from trading.model.orders.kinds import TriggerSource

BPS_LEAST: Final = Decimal(10)
BPS_MOST: Final = Decimal(1_000)


class Trail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
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

    is_own: bool
    """Whether it covers what its own entry opened, and nothing else."""

    POSITION = "position"
    """Whatever is open and no other bracket covers; a later one replaces it."""
    ORDER = "order"
    """What its own entry filled, as far as that is still open."""

    def __init__(self, value: str) -> None:
        """Note once what every fill asks for."""
        self.is_own = value == "order"


class Bracket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
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
