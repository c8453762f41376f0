"""What a review needs to know of the account and its orders, all of one instant."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from trading.account.position import Position
from trading.account.terms import MarginTerms
from trading.model.orders import Side

Liquidation = Callable[[Side, Decimal, Decimal, Decimal], Decimal | None]
"""The mark that liquidates an entry before its stop, by side, quantity, price and stop.

None: the stop is reached first.
"""


def never(_side: Side, _quantity: Decimal, _price: Decimal, _stop: Decimal) -> Decimal | None:
    """Return None: nothing is liquidated where nothing is borrowed."""
    return None


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the review needs to know, all of one instant.

    ``equity`` and the exposures are the account's, in the quote coin, at the mark; None: unknown.
    ``exposure`` counts entries under way in other symbols with what is open, ``symbol_exposure``
    what is open in this one. ``blocks`` are the standing reasons against any entry.
    ``has_entry``: one is under way. Fifteen fields: with one more, Python passes them in a dict.
    """

    now_ns: int
    equity: Decimal | None
    exposure: Decimal | None
    symbol_exposure: Decimal | None
    position: Position
    has_entry: bool
    last_entry_ns: int | None
    terms: MarginTerms
    """What stands behind its positions, and at which leverage."""
    free: Decimal | None
    """What the account has free for margin and fees; None: unknown."""
    blocks: tuple[str, ...]
    liquidation: Liquidation = never
    """Where the symbol's position is liquidated after an entry, if that is before its stop."""
    exchange_ns: int = 0
    """The venue's clock at that instant, from which times in force are counted."""
    oco_under_way: str | None = None
    """The one OCO group all entries under way belong to; None: none, or several."""
    funding_rate: Decimal | None = None
    """What a long would pay at a settlement the session will see; None: it will see none."""
    size_multiplier: Decimal = Decimal(1)
    """What an outside policy multiplies every size by, 0 to 1."""

    @property
    def leverage(self) -> int:
        """The symbol's, at the venue."""
        return self.terms.leverage_of(self.position.symbol)
