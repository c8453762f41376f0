"""What was held when the clock passed a settlement of which bars have yet to tell.

A silence ends, a settlement passes, and only then come the bars of the silence. Whether a stop was
hit before the settlement they alone can say; what was bought or sold after it is no part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(slots=True, kw_only=True)
class Held:
    """A signed position and its round trip, 0: none."""

    quantity: Decimal
    trip_id: int


class Crossings:
    """One position a symbol, from its first settlement that waits until none does."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        """Wait for nothing."""
        self._held: dict[str, Held] = {}

    def held(self, symbol: str, now: Held) -> Held:
        """Return what the settlement under way is about: what is held now, if it is the first."""
        return self._held.setdefault(symbol, now)

    def told(self, symbol: str, change: Decimal) -> None:
        """Take note of what a bar showed to have happened before any settlement that waits."""
        held = self._held.get(symbol)
        if held is not None:
            held.quantity += change

    def over(self, symbol: str) -> None:
        """Forget: no settlement of the symbol waits any more."""
        self._held.pop(symbol, None)
