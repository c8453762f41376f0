"""Which way: the side an order trades on."""

from __future__ import annotations

from enum import StrEnum


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
