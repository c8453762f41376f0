"""Which way: the side an order trades on, and the position of a symbol it acts on.

One-way, a symbol has one position, long or short, and an order against it closes before it opens.
In hedge mode it has two, a long and a short: they never net, and each order names its own.

Source: Binance ``positionSide`` BOTH, LONG, SHORT; Bitunix position mode ONE_WAY, HEDGE.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Side(StrEnum):
    """Which way an order trades."""

    sign: int
    """+1 for a buy, -1 for a sell."""
    is_buy: bool
    opposite: Side
    """The side that undoes this one."""

    BUY = "buy"
    SELL = "sell"

    def __init__(self, value: str) -> None:
        """Note once what every price comparison asks for."""
        self.is_buy = value == "buy"
        self.sign = 1 if self.is_buy else -1


Side.BUY.opposite, Side.SELL.opposite = Side.SELL, Side.BUY


class PositionSide(StrEnum):
    """Which of a symbol's positions."""

    opens: Side | None
    """The only side on which orders open it; None: either."""

    BOTH = "both"
    """The one there is, in one-way mode."""
    LONG = "long"
    SHORT = "short"

    def __init__(self, value: str) -> None:
        """Note once which side opens it."""
        self.opens = {"long": Side.BUY, "short": Side.SELL}.get(value)


PositionKey = tuple[str, PositionSide]
"""What names a position of an account: its symbol, and which of the symbol's."""


class PositionMode(StrEnum):
    """How many positions an account has in a symbol."""

    sides: tuple[PositionSide, ...]
    """Every position a symbol has."""

    ONE_WAY = "one_way"
    HEDGE = "hedge"

    def __init__(self, value: str) -> None:
        """Note once how many positions a symbol has."""
        both, long, short = PositionSide
        self.sides = (both,) if value == "one_way" else (long, short)

    def opened_by(self, side: Side) -> PositionSide:
        """Return which position an entry on this side opens.

        >>> PositionMode.ONE_WAY.opened_by(Side.SELL), PositionMode.HEDGE.opened_by(Side.SELL)
        (<PositionSide.BOTH: 'both'>, <PositionSide.SHORT: 'short'>)
        """
        return self.sides[0 if side.is_buy else -1]


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
