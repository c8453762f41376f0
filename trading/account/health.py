"""How far an account is from liquidation: its balance at given marks, and the marks that end it.

Reads an account, changes nothing. Marks are prices by symbol; None: not known, and then nothing can
be said of a position that needs it. Isolated, each position stands for itself, in hedge mode a long
and a short of one symbol too; cross, all of them stand behind each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import inf
from typing import NamedTuple

from trading.account.account import Account
from trading.account.margin import (
    Stake,
    Together,
    bankruptcy_price,
    bears_stop,
    liquidation_bounds,
    liquidation_price,
    lower_tier_quantity,
    maintenance,
    notional_of,
    position_after,
)
from trading.account.position import Position
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode
from trading.model.numbers import ZERO, exact, price_down, price_up
from trading.model.sides import PositionKey, PositionMode, PositionSide, Side

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

    __slots__ = ("_account", "_instruments", "_is_hedged", "_is_isolated")

    def __init__(self, account: Account, instruments: Mapping[str, Instrument]) -> None:
        """Read this account."""
        self._account = account
        self._instruments = instruments
        self._is_isolated = account.terms.mode is MarginMode.ISOLATED
        self._is_hedged = account.terms.position_mode is PositionMode.HEDGE

    def held(self) -> list[Position]:
        """Return every open position."""
        return [each for each in self._account.positions.values() if not each.is_flat]

    def balance(
        self, symbol: str, marks: Marks, side: PositionSide = PositionSide.BOTH
    ) -> Balance | None:
        """Return a position's balance, cross the whole account's; None: flat, or unknown."""
        position, mark = self._account.position(symbol, side), marks.get(symbol)
        if position.is_flat or mark is None:
            return None
        if self._is_isolated:
            equity = position.margin + position.unrealised(exact(mark))
            return Balance(equity, self._needed(symbol, position, mark))
        unrealised, needed = self._account.unrealised(marks), self.maintenance(marks)
        if unrealised is None or needed is None:
            return None
        return Balance(self._account.wallet + unrealised, needed)

    def maintenance(self, marks: Marks) -> Decimal | None:
        """Return the maintenance of everything held; None: a mark is not known."""
        total = ZERO
        for symbol in self._held_symbols():
            mark = marks.get(symbol)
            if mark is None:
                return None
            for stake in self._stakes(symbol):
                total += self._needed(symbol, stake, mark)
        return total

    def bounds(self, symbol: str, marks: Marks) -> Bounds:
        """Return the marks strictly between which this symbol cannot bring a liquidation.

        A cross account's slack is shared evenly among its symbols: while none has used up its
        share, they cannot have used up the whole.
        """
        low, high = ANY
        for stake in self._stakes(symbol):
            backing = self._backing(symbol, stake, marks, is_shared=True)
            if backing is None:
                return NONE
            below, above = liquidation_bounds(self._instruments[symbol], stake, backing)
            if below is not None:
                low = max(low, float(below))
            if above is not None:
                high = min(high, float(above))
        return low, high

    def liquidation_price(
        self, symbol: str, marks: Marks, side: PositionSide = PositionSide.BOTH
    ) -> Decimal | None:
        """Return the mark at which a position is liquidated, all others standing still.

        Cross, it is that of all the account has in the symbol, whichever position is asked for.
        """
        stake = self._stake(self._account.position(symbol, side))
        backing = self._backing(symbol, stake, marks, is_shared=False)
        if backing is None:
            return None
        return liquidation_price(self._instruments[symbol], stake, backing)

    def liquidation_after(
        self, key: PositionKey, marks: Marks, side: Side, quantity: Decimal, price: Decimal
    ) -> Decimal | None:
        """Return the mark at which a position is liquidated once ``quantity`` more is opened.

        Isolated, the order's initial margin stands behind it; cross, all that the account has and
        its other symbols need not keep, less the order's fee. None: no mark on its losing side
        does it, or that of another symbol is not known.
        """
        symbol, account, notional = key[0], self._account, price * quantity
        instrument = self._instruments[symbol]
        position = position_after(account.position(*key), side, quantity, price)
        stake: Stake = position
        if self._is_isolated:
            backing = position.margin + account.terms.initial_margin(symbol, notional)
        else:
            left = self._left_by_others(symbol, marks)
            if left is None:
                return None
            backing = left - notional * instrument.taker_fee_rate
            beside = [each for each in account.positions_of(symbol) if each.key != key]
            stake = Together.of([position, *beside]) if beside else position
        low, high = liquidation_bounds(instrument, stake, backing)
        return low if side.is_buy else high

    def liquidated_before(
        self,
        key: PositionKey,
        marks: Marks,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        stop: Decimal,
    ) -> Decimal | None:
        """Return the mark that liquidates what would be opened, where its stop is no nearer.

        None: the stop is reached first, or nothing is known (``liquidation_after``).
        """
        symbol, account = key[0], self._account
        held = account.positions.get(key)
        is_flat = held is None or held.quantity == ZERO
        if is_flat and self._is_isolated:
            leverage = account.terms.leverage_of(symbol)
            if bears_stop(self._instruments[symbol], leverage, quantity, price, stop):
                return None
        mark = self.liquidation_after(key, marks, side, quantity, price)
        is_in_time = mark is None or (stop - mark) * side.sign > ZERO
        return None if is_in_time else mark

    def _left_by_others(self, symbol: str, marks: Marks) -> Decimal | None:
        """Return the wallet with the profit of all other symbols, less what those must keep."""
        left = self._account.wallet
        for other in self._held_symbols():
            if other == symbol:
                continue
            mark = marks.get(other)
            if mark is None:
                return None
            for stake in self._stakes(other):
                profit = stake.quantity * exact(mark) - stake.signed_cost
                left += profit - self._needed(other, stake, mark)
        return left

    def bankruptcy_price(
        self, symbol: str, marks: Marks, side: PositionSide = PositionSide.BOTH
    ) -> Decimal | None:
        """Return the price that takes all there is, on the tick lattice, to the account's side."""
        position, mark = self._account.position(symbol, side), marks.get(symbol)
        balance = self.balance(symbol, marks, side)
        if balance is None or mark is None:
            return None
        backing = balance.equity - position.unrealised(exact(mark))
        tick = self._instruments[symbol].tick_size
        price = bankruptcy_price(position, backing)
        if position.quantity > ZERO:
            return max(tick, price_up(price, tick))
        return max(tick, price_down(price, tick))

    def lower_tier_quantity(
        self, symbol: str, mark: float, side: PositionSide = PositionSide.BOTH
    ) -> Decimal:
        """Return how much of a position would be left one tier below; 0: it is in the lowest."""
        position, instrument = self._account.position(symbol, side), self._instruments[symbol]
        whole = notional_of(instrument, self._stake(position), exact(mark))
        beside = whole - notional_of(instrument, position, exact(mark))
        return lower_tier_quantity(instrument, position, exact(mark), beside)

    def most_losing(self, marks: Marks) -> Position | None:
        """Return the position that loses most at the marks; None: nothing is held, or unknown."""
        losses = []
        for position in self.held():
            mark = marks.get(position.symbol)
            if mark is None:
                return None
            losses.append((position.unrealised(exact(mark)), *position.key))
        return self._account.position(*min(losses)[1:]) if losses else None

    def _held_symbols(self) -> list[str]:
        return list(dict.fromkeys(each.symbol for each in self.held()))

    def _stake(self, position: Position) -> Stake:
        """Return what a position is margined with: itself; cross, all the symbol has."""
        if self._is_isolated or not self._is_hedged:
            return position
        return Together.of(self._account.positions_of(position.symbol))

    def _stakes(self, symbol: str) -> list[Stake]:
        """Return what is held of a symbol, by what is margined together."""
        held: list[Stake] = []
        for position in self._account.positions_of(symbol):
            if position.quantity != ZERO:
                if not self._is_isolated:
                    return [self._stake(position)]
                held.append(position)
        return held

    def _needed(self, symbol: str, stake: Stake, mark: float) -> Decimal:
        return maintenance(self._instruments[symbol], stake, exact(mark))

    def _backing(
        self, symbol: str, stake: Stake, marks: Marks, *, is_shared: bool
    ) -> Decimal | None:
        """Return what stands behind a stake until the slack, or its share of it, is used up."""
        if isinstance(stake, Position) and self._is_isolated:
            return stake.margin
        mark = marks.get(symbol)
        unrealised, needed = self._account.unrealised(marks), self.maintenance(marks)
        if not stake.held or mark is None or unrealised is None or needed is None:
            return None
        slack = self._account.wallet + unrealised - needed
        if is_shared:
            slack /= len(self._held_symbols())
        own = stake.quantity * exact(mark) - stake.signed_cost
        return slack - own + self._needed(symbol, stake, mark)
