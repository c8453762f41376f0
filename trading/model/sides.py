"""Which way: the side an order trades on, and the position of a symbol it acts on.

One-way, a symbol has one position, long or short, and an order against it closes before it opens.
In hedge mode it has two, a long and a short: they never net, and each order names its own.

Source: Binance ``positionSide`` BOTH, LONG, SHORT; Bitunix position mode ONE_WAY, HEDGE.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol


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


class PositionSide(StrEnum):
    """Which of a symbol's positions."""

    BOTH = "both"
    """The one there is, in one-way mode."""
    LONG = "long"
    SHORT = "short"

    @property
    def opens(self) -> Side | None:
        """The only side on which orders open it; None: either."""
        return _OPENS[self]


_OPENS: Final = {
    PositionSide.BOTH: None,
    PositionSide.LONG: Side.BUY,
    PositionSide.SHORT: Side.SELL,
}

PositionKey = tuple[str, PositionSide]
"""What names a position of an account: its symbol, and which of the symbol's."""


class PositionMode(StrEnum):
    """How many positions an account has in a symbol."""

    ONE_WAY = "one_way"
    HEDGE = "hedge"

    @property
    def sides(self) -> tuple[PositionSide, ...]:
        """Every position a symbol has."""
        return _SIDES[self]

    def opened_by(self, side: Side) -> PositionSide:
        """Return which position an entry on this side opens.

        >>> PositionMode.ONE_WAY.opened_by(Side.SELL), PositionMode.HEDGE.opened_by(Side.SELL)
        (<PositionSide.BOTH: 'both'>, <PositionSide.SHORT: 'short'>)
        """
        if self is PositionMode.ONE_WAY:
            return PositionSide.BOTH
        return PositionSide.LONG if side is Side.BUY else PositionSide.SHORT


_SIDES: Final = MappingProxyType(
    {
        PositionMode.ONE_WAY: (PositionSide.BOTH,),
        PositionMode.HEDGE: (PositionSide.LONG, PositionSide.SHORT),
    }
)


class OfPosition(Protocol):
    """Anything that is said of one position: a fill, a ledger line, the position itself."""

    @property
    def symbol(self) -> str:
        """The contract."""
        ...

    @property
    def position_side(self) -> PositionSide:
        """Which of the symbol's positions."""
        ...


def name_of(one: OfPosition) -> str:
    """Return the name of the position that something is said of."""
    return position_name(one.symbol, one.position_side)


def position_name(symbol: str, side: PositionSide) -> str:
    """Return a position's name for people: the symbol, and its side where there are two.

    >>> position_name("BTCUSDT", PositionSide.BOTH), position_name("BTCUSDT", PositionSide.SHORT)
    ('BTCUSDT', 'BTCUSDT short')
    """
    return symbol if side is PositionSide.BOTH else f"{symbol} {side}"
