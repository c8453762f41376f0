"""What was held when the clock passed a settlement of which bars have yet to tell.

A silence ends, a settlement passes, and only then come the bars of the silence. Whether a stop was
hit before the settlement they alone can say; what was bought or sold after it is no part of it.
"""

from __future__ import annotations

from decimal import Decimal

from trading.account.funding import Held
from trading.model.sides import PositionKey


class Crossings:
    """What was held of each position, from its first settlement that waits until none does."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        """Wait for nothing."""
        self._held: dict[PositionKey, Held] = {}

    def held(self, key: PositionKey, now: Held) -> Held:
        """Return what the settlement under way is about: what is held now, if it is the first."""
        return self._held.setdefault(key, now)

    def told(self, key: PositionKey, change: Decimal) -> None:
        """Take note of what a bar showed to have happened before any settlement that waits."""
        held = self._held.get(key)
        if held is not None:
            self._held[key] = held._replace(quantity=held.quantity + change)

    def over(self, key: PositionKey) -> None:
        """Forget: no settlement of the position waits any more."""
        self._held.pop(key, None)
