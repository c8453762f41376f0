"""How far an account is from liquidation: its balance at given marks, and the marks that end it.

Reads an account, changes nothing. Marks are prices by symbol; None: not known, and then nothing can
be said of a position that needs it. Isolated, each position stands for itself; cross, all of them
stand behind each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import inf
from typing import NamedTuple

from trading.account.account import Account
from trading.account.margin import (
    bankruptcy_price,
    liquidation_price,
    lower_tier_quantity,
    maintenance,
)
from trading.account.position import Position
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode
from trading.model.numbers import ZERO, exact, price_down, price_up

Marks = dict[str, float | None]
Bounds = tuple[float, float]
ANY: Bounds = (-inf, inf)
NONE: Bounds = (inf, -inf)


class Balance(NamedTuple):
    """What backs a position with its profit, and how much of it must be left."""

    equity: Decimal
    maintenance: Decimal

    @property
    def is_spent(self) -> bool:
        """Whether the venue liquidates: only the maintenance is left, or less."""
        return self.equity <= self.maintenance


class MarginHealth:
    """One account among its instruments."""

    __slots__ = ("_account", "_instruments", "_is_isolated")

    def __init__(self, account: Account, instruments: Mapping[str, Instrument]) -> None:
        """Read this account."""
        self._account = account
        self._instruments = instruments
        self._is_isolated = account.terms.mode is MarginMode.ISOLATED

    def held(self) -> list[Position]:
        """Return every open position."""
        return [each for each in self._account.positions.values() if not each.is_flat]

    def balance(self, symbol: str, marks: Marks) -> Balance | None:
        """Return a position's balance, cross the whole account's; None: flat, or unknown."""
        position, mark = self._account.position(symbol), marks.get(symbol)
        if position.is_flat or mark is None:
            return None
        if self._is_isolated:
            equity = position.margin + position.unrealised(exact(mark))
            return Balance(equity, self._needed(position, mark))
        unrealised, needed = self._account.unrealised(marks), self.maintenance(marks)
        if unrealised is None or needed is None:
            return None
        return Balance(self._account.wallet + unrealised, needed)

    def maintenance(self, marks: Marks) -> Decimal | None:
        """Return the maintenance of everything held; None: a mark is not known."""
        total = ZERO
        for position in self.held():
            mark = marks.get(position.symbol)
            if mark is None:
                return None
            total += self._needed(position, mark)
        return total

    def bounds(self, symbol: str, marks: Marks) -> Bounds:
        """Return the marks strictly between which this symbol cannot bring a liquidation.

        A cross account's slack is shared evenly among its positions: while none has used up its
        share, they cannot have used up the whole.
        """
        position = self._account.position(symbol)
        if position.is_flat:
            return ANY
        backing = self._backing(position, marks, is_shared=True)
        if backing is None:
            return NONE
        price = liquidation_price(self._instruments[symbol], position, backing)
        if price is None:
            return ANY
        return (float(price), inf) if position.quantity > ZERO else (-inf, float(price))

    def liquidation_price(self, symbol: str, marks: Marks) -> Decimal | None:
        """Return the mark at which a position is liquidated, all others standing still."""
        position = self._account.position(symbol)
        backing = self._backing(position, marks, is_shared=False)
        if backing is None:
            return None
        return liquidation_price(self._instruments[symbol], position, backing)

    def bankruptcy_price(self, symbol: str, marks: Marks) -> Decimal | None:
        """Return the price that takes all there is, on the tick lattice, to the account's side."""
        position, balance = self._account.position(symbol), self.balance(symbol, marks)
        mark = marks.get(symbol)
        if balance is None or mark is None:
            return None
        backing = balance.equity - position.unrealised(exact(mark))
        tick = self._instruments[symbol].tick_size
        price = bankruptcy_price(position, backing)
        if position.quantity > ZERO:
            return max(tick, price_up(price, tick))
        return max(tick, price_down(price, tick))

    def lower_tier_quantity(self, symbol: str, mark: float) -> Decimal:
        """Return how much of a position would be left one tier below; 0: it is in the lowest."""
        position = self._account.position(symbol)
        return lower_tier_quantity(self._instruments[symbol], position, exact(mark))

    def most_losing(self, marks: Marks) -> str | None:
        """Return the position that loses most at the marks; None: nothing is held, or unknown."""
        losses = []
        for position in self.held():
            mark = marks.get(position.symbol)
            if mark is None:
                return None
            losses.append((position.unrealised(exact(mark)), position.symbol))
        return min(losses)[1] if losses else None

    def _needed(self, position: Position, mark: float) -> Decimal:
        return maintenance(self._instruments[position.symbol], position, exact(mark))

    def _backing(self, position: Position, marks: Marks, *, is_shared: bool) -> Decimal | None:
        """Return what stands behind a position until the slack, or its share of it, is used up."""
        if self._is_isolated:
            return position.margin
        balance, mark = self.balance(position.symbol, marks), marks.get(position.symbol)
        if balance is None or mark is None:
            return None
        slack = balance.equity - balance.maintenance
        if is_shared:
            slack /= len(self.held())
        return slack - position.unrealised(exact(mark)) + self._needed(position, mark)
