"""What a strategy may see of the world at one instant: a window, not a handle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import NamedTuple

from trading.account.health import MarginHealth
from trading.account.position import Position
from trading.broker import PaperBroker
from trading.market.state import SymbolMarket
from trading.model.events import CandleClosed
from trading.model.instrument import Instrument
from trading.model.numbers import NS_PER_S, ZERO
from trading.model.orders import OrderRole, OrderStatus
from trading.model.sides import Side

FrameFactory = Callable[[Mapping[str, Sequence[float]]], object]
"""Makes a data frame of columns; the shell passes ``pandas.DataFrame``, lazily."""


class PositionView(NamedTuple):
    """A symbol's long, or its short: how much is held, and what protects it."""

    quantity: Decimal = ZERO
    """In the base coin, without a sign."""
    average_entry: Decimal = ZERO
    """0 when nothing is held."""
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    is_closing: bool = False
    has_entry: bool = False
    """Whether an order that would open or enlarge it is under way."""
    liquidation_price: Decimal | None = None
    """Mark at which the venue takes it away; cross, that of all the symbol has."""


class View:
    """One symbol's market and position, read only, as of the engine's present instant."""

    __slots__ = (
        "_account",
        "_broker",
        "_deadline_ns",
        "_frame",
        "_health",
        "_market",
        "_markets",
        "_positions",
        "now_ns",
        "rng",
    )

    def __init__(
        self,
        market: SymbolMarket,
        broker: PaperBroker,
        rng: Random,
        deadline_ns: int,
        frame: FrameFactory | None,
        health: MarginHealth,
        markets: Mapping[str, SymbolMarket],
    ) -> None:
        """Look at one symbol; the engine moves the instant by setting ``now_ns``.

        ``markets`` are the account's: in cross mode all of them stand behind each other.
        """
        self._market = market
        self._broker = broker
        self._account = broker.account
        self._positions = broker.account.positions_of(market.symbol)
        self._deadline_ns = deadline_ns
        self._frame = frame
        self._health = health
        self._markets = markets
        self.now_ns = 0
        """Session time; only the engine sets it."""
        self.rng = rng
        """The strategy's own random stream, seeded by the session."""

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """Return what a snapshot keeps: everything but the process's own frame factory."""
        return None, {name: getattr(self, name) for name in self.__slots__} | {"_frame": None}

    def make_frames_with(self, frame: FrameFactory | None) -> None:
        """Make data frames the way this process does, after the view came out of a snapshot."""
        self._frame = frame

    @property
    def seconds_left(self) -> float:
        """Session seconds until the deadline."""
        return (self._deadline_ns - self.now_ns) / NS_PER_S

    @property
    def symbol(self) -> str:
        """The symbol looked at."""
        return self._market.symbol

    @property
    def instrument(self) -> Instrument:
        """The symbol's lattice, limits and fees."""
        return self._market.instrument

    @property
    def candles(self) -> Sequence[CandleClosed]:
        """Closed bars, oldest first; bounded."""
        return self._market.candles.closed

    @property
    def last_price(self) -> float | None:
        """Price of the newest public trade, else of the newest closed bar; None: unknown."""
        return self._market.last_price

    @property
    def best_bid(self) -> float | None:
        """Best bid; None without a book."""
        book = self._market.book
        return None if book is None else book.bids[0][0]

    @property
    def best_ask(self) -> float | None:
        """Best ask; None without a book."""
        book = self._market.book
        return None if book is None else book.asks[0][0]

    @property
    def mid(self) -> float | None:
        """Middle of the book, else the last price; None: unknown."""
        return self._market.mid

    @property
    def mark(self) -> float | None:
        """Mark price; None: unknown."""
        return self._market.mark

    @property
    def funding_rate(self) -> Decimal | None:
        """What a long is expected to pay at the next settlement, of its notional; None: unknown."""
        return self._market.funding_rate

    @property
    def position(self) -> Decimal:
        """Signed position in the base coin; net, where both a long and a short are held."""
        return sum((each.quantity for each in self._positions), ZERO)

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held."""
        first, last = self._positions[0], self._positions[-1]  # the same, or long and short
        return first.quantity == ZERO == last.quantity

    @property
    def liquidation_price(self) -> Decimal | None:
        """Mark price at which the venue takes the position away; None: flat, or no mark does it.

        Cross, the other symbols' marks are taken as they stand; None too while one is unknown.
        """
        return self._liquidated_at(self._only())

    def _liquidated_at(self, position: Position) -> Decimal | None:
        marks = {symbol: each.mark for symbol, each in self._markets.items()}
        symbol, side = position.key
        return self._health.liquidation_price(symbol, marks, side)

    @property
    def has_entry(self) -> bool:
        """Whether an entry of this symbol is already under way."""
        return self._broker.has_entry(self._market.symbol)

    @property
    def is_closing(self) -> bool:
        """Whether an order that closes a whole position is already under way."""
        return self._broker.is_closing(self._market.symbol)

    @property
    def stop_price(self) -> Decimal | None:
        """Where the position's fixed stop waits; None without one."""
        return self._waits_at(OrderRole.STOP, self._only())

    @property
    def target_price(self) -> Decimal | None:
        """Where the position's target waits; None without one."""
        return self._waits_at(OrderRole.TARGET, self._only())

    @property
    def long(self) -> PositionView:
        """What is held long, and what protects it; in either position mode."""
        return self._seen(Side.BUY)

    @property
    def short(self) -> PositionView:
        """What is held short, and what protects it; in either position mode."""
        return self._seen(Side.SELL)

    def _seen(self, side: Side) -> PositionView:
        key = symbol, which = self.symbol, self._account.terms.position_mode.opened_by(side)
        position = self._account.position(*key)
        has_entry = any(
            order.request.role is OrderRole.ENTRY and order.request.side is side
            for order in self._broker.live(symbol, which)
        )
        if position.side is not side:
            return PositionView(has_entry=has_entry)
        return PositionView(
            quantity=position.held,
            average_entry=position.average_entry,
            stop_price=self._waits_at(OrderRole.STOP, position),
            target_price=self._waits_at(OrderRole.TARGET, position),
            is_closing=self._broker.is_closing(*key),
            has_entry=has_entry,
            liquidation_price=self._liquidated_at(position),
        )

    def _only(self) -> Position:
        """Return the one position that is held, or a flat one.

        Raises:
            ValueError: when a long and a short are: which one is meant must be said.
        """
        held = [each for each in self._positions if each.quantity != ZERO]
        if len(held) > 1:
            raise ValueError("a long and a short are held: ask view.long or view.short")
        return held[0] if held else self._positions[0]

    def _waits_at(self, role: OrderRole, position: Position) -> Decimal | None:
        for order in self._broker.live(*position.key):
            if order.request.role is role:
                return order.request.trigger_price
        return None

    def entry_status(self, client_id: str) -> OrderStatus | None:
        """Return what became of the entry sent with a client id; None: nothing, the id is free."""
        symbol = self._market.symbol
        order = self._broker.named(symbol, client_id)
        if order is not None:
            return order.status
        spent = self._broker.client_ids.answer(symbol, client_id)
        return None if spent is None else spent.status

    @property
    def average_entry(self) -> Decimal:
        """Average entry price of the position; 0 when flat."""
        return self._only().average_entry

    def history(self) -> dict[str, list[float]]:
        """Return the closed bars as columns: open_ns, open, high, low, close, volume."""
        bars = self._market.candles.closed
        return {
            name: [getattr(bar, name) for bar in bars]
            for name in ("open_ns", "open", "high", "low", "close", "volume")
        }

    def history_frame(self) -> object:
        """Return the closed bars as a pandas DataFrame, one row a bar, oldest first.

        Slow, and pandas is loaded at the first call: not for every bar.

        Raises:
            RuntimeError: when whoever runs the engine offers no data frames.
        """
        if self._frame is None:
            raise RuntimeError("this run offers no data frames; use view.history()")
        return self._frame(self.history())
