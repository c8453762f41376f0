"""A paper broker on the bench: one market, one account, no engine; time moves by hand.

Times are milliseconds after ``market.T0_NS``, the same on both clocks. Latency is 100 ms, a
trigger's way 10 ms, unless the test says otherwise.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from tests.support.instruments import BTCUSDT
from tests.support.market import SYMBOL, T0_NS, Levels, bar, book, mark, ns, trade
from trading.account.account import Account
from trading.account.head import AccountHead
from trading.account.health import MarginHealth
from trading.account.terms import MarginTerms
from trading.broker import PaperBroker, arrivals, bar_fills, book_fills, trade_fills
from trading.broker.execution import Execution
from trading.config import ExecutionConfig, FeedConfig
from trading.market.candles import CandleSeries
from trading.market.feed_health import FeedHealth
from trading.market.state import SymbolMarket
from trading.model.events import (
    CandleClosed,
    LedgerPosted,
    LedgerReason,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    Output,
)
from trading.model.instrument import Instrument
from trading.model.numbers import ZERO
from trading.model.orders import (
    Bracket,
    Order,
    OrderRequest,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    TriggerSource,
)
from trading.model.sides import PositionKey, PositionSide
from trading.strategy.view import FrameFactory, View

D = Decimal
Kind = TypeVar("Kind", bound=Output)
CONFIG = ExecutionConfig(latency_ms_min=100, latency_ms_max=100, trigger_latency_ms=10)


class Bench:
    """A broker, its market and its account; what it gave out is in ``out``."""

    def __init__(
        self,
        *,
        config: ExecutionConfig = CONFIG,
        instrument: Instrument = BTCUSDT,
        head: AccountHead | None = None,
        seed: int = 1,
        terms: MarginTerms | None = None,
    ) -> None:
        """Start with 10,000 and nothing open, isolated at 5x unless the terms say otherwise."""
        self.account = Account(head or AccountHead(wallet=D("10000.00")), terms)
        execution = Execution.of(config, seed)
        spent = head.client_ids if head else ()
        self.health = MarginHealth(self.account, {SYMBOL: instrument})
        carried = head.orders if head else ()
        self.broker = PaperBroker(config, self.account, self.health, execution, carried, spent)
        series = CandleSeries(SYMBOL, 60, kept_bars=9, confirm_timeout_ns=1, live_from_ns=T0_NS)
        health = FeedHealth(SYMBOL, (), FeedConfig(), T0_NS)
        self.market = SymbolMarket(instrument, series, health)
        self.out: list[Output] = []
        self.now_ms = 0.0
        self._checked = 0
        self._moved = ZERO
        self._bought: dict[PositionKey, Decimal] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is live and no answer is awaited."""
        return not self.broker.orders and not self.broker.answers.doubts

    def view(
        self, seed: int = 1, *, deadline_ns: int = T0_NS, frame: FrameFactory | None = None
    ) -> View:
        """Return what a strategy sees of it."""
        markets = {SYMBOL: self.market}
        rng = Random(seed)
        return View(self.market, self.broker, rng, deadline_ns, frame, self.health, markets)

    # --- orders ----------------------------------------------------------------------------

    def acts_on(self, side: Side, *, closes: bool = False) -> PositionSide:
        """Return which position an order on this side opens or closes."""
        return self.account.terms.position_mode.opened_by(side.opposite if closes else side)

    def submit(self, request: OrderRequest) -> Order:
        """Send an order now."""
        now_ns = ns(self.now_ms)
        order = self.broker.submit(request, self.market, now_ns, now_ns, self.out)
        assert order is not None
        return order

    def enter(
        self,
        side: Side,
        quantity: str | Decimal,
        *,
        stop: str,
        target: str | None = None,
        limit: str | None = None,
        tif: TimeInForce = TimeInForce.GTC,
        by: TriggerSource = TriggerSource.LAST,
    ) -> Order:
        """Send a bracketed entry."""
        return self.submit(
            OrderRequest(
                symbol=SYMBOL,
                side=side,
                type=OrderType.MARKET if limit is None else OrderType.LIMIT,
                quantity=D(quantity),
                role=OrderRole.ENTRY,
                price=None if limit is None else D(limit),
                time_in_force=tif,
                bracket=Bracket(
                    stop_price=D(stop),
                    target_price=None if target is None else D(target),
                    trigger_by=by,
                ),
                position_side=self.acts_on(side),
            )
        )

    def plain(
        self,
        side: Side,
        quantity: str | Decimal,
        *,
        limit: str | None = None,
        role: OrderRole = OrderRole.ENTRY,
        tif: TimeInForce = TimeInForce.GTC,
        reduce_only: bool = False,
    ) -> Order:
        """Send an order without protection."""
        return self.submit(
            OrderRequest(
                symbol=SYMBOL,
                side=side,
                type=OrderType.MARKET if limit is None else OrderType.LIMIT,
                quantity=D(quantity),
                role=role,
                price=None if limit is None else D(limit),
                time_in_force=tif,
                reduce_only=reduce_only,
                position_side=self.acts_on(side, closes=reduce_only),
            )
        )

    def send(
        self,
        kind: OrderType,
        side: Side,
        quantity: str = "1",
        *,
        role: OrderRole = OrderRole.ENTRY,
        price: str | None = None,
        trigger: str | None = None,
        **fields: Any,  # noqa: ANN401 - whatever else a request has
    ) -> Order:
        """Send an order of any type."""
        closes = bool(fields.get("reduce_only") or fields.get("close_position"))
        fields.setdefault("position_side", self.acts_on(side, closes=closes))
        return self.submit(
            OrderRequest(
                symbol=SYMBOL,
                side=side,
                type=kind,
                quantity=D(quantity),
                role=role,
                price=None if price is None else D(price),
                trigger_price=None if trigger is None else D(trigger),
                **fields,
            )
        )

    def hold(self, side: Side, quantity: str | Decimal, price: float = 100.0) -> None:
        """Hold a position that nothing protects, bought at a book around a price."""
        self.book(price - 0.1, price + 0.1, self.now_ms, size=1_000.0)
        self.plain(side, quantity)
        self.book(price - 0.1, price + 0.1, self.now_ms + 100, size=1_000.0)
        assert abs(self.quantity) == D(quantity)

    def amend(
        self,
        order: Order,
        *,
        price: str | None = None,
        trigger: str | None = None,
        quantity: str | None = None,
    ) -> None:
        """Send a change now."""
        price_, trigger_, quantity_ = (
            None if each is None else D(each) for each in (price, trigger, quantity)
        )
        now_ns = ns(self.now_ms)
        self.broker.amend(
            order, now_ns, now_ns, price=price_, trigger_price=trigger_, quantity=quantity_
        )

    def leave(self, quantity: str | Decimal, side: Side = Side.SELL) -> Order:
        """Send a reduce-only market order."""
        return self.plain(side, quantity, role=OrderRole.EXIT, reduce_only=True)

    def cancel(self, order: Order) -> None:
        """Send a cancel now."""
        self.broker.cancel(order, ns(self.now_ms))

    # --- the market ------------------------------------------------------------------------

    def time(self, at_ms: float) -> None:
        """Let time pass: orders expire and fire, what is due arrives and meets the book there is.

        Everything is heard: the venue's clock is the bench's.
        """
        self._arrive(at_ms)
        now_ns = ns(self.now_ms)
        self.broker.pass_time(now_ns, now_ns, now_ns, self.out)

    def _arrive(self, at_ms: float) -> None:
        self.now_ms = max(self.now_ms, at_ms)
        now_ns = ns(self.now_ms)
        for order in arrivals.on_time(self.broker, {SYMBOL: self.market}, now_ns, self.out):
            book_fills.meet(self.broker, order, self.market, now_ns, self.out)

    def book(
        self, bids: Levels | float, asks: Levels | float, at_ms: float, *, size: float = 10.0
    ) -> None:
        """Show a book."""
        self.time(at_ms)
        update = book(bids, asks, at_ms=at_ms, size=size)
        if self.market.take_book(update, ns(self.now_ms), self.out):
            book_fills.on_book(self.broker, self.market, update, ns(self.now_ms), self.out)

    def trade(
        self, price: float, at_ms: float, *, quantity: float = 1.0, taker: Side = Side.SELL
    ) -> None:
        """Print a trade."""
        self.time(at_ms)
        update = trade(price, quantity, at_ms=at_ms, taker=taker)
        fills = book_fills if self.market.has_book else trade_fills
        if self.market.take_trade(update, ns(self.now_ms), self.out):
            fills.on_trade(self.broker, self.market, update, ns(self.now_ms), self.out)

    def mark(self, price: float, at_ms: float, *, index: float | None = None) -> None:
        """Move the mark; the index stays with it unless it is told."""
        self.time(at_ms)
        update = mark(price, at_ms=at_ms, index=index)
        if self.market.take_mark(update, ns(self.now_ms), self.out):
            book_fills.on_mark(self.broker, self.market, update, ns(self.now_ms), self.out)

    def candle(
        self,
        index: int,
        open_: float,
        high: float,
        low: float,
        close: float,
        *,
        volume: float = 1_000.0,
    ) -> None:
        """Close a bar of a minute, where there is nothing else."""
        self._arrive((index + 1) * 60_000)
        update = bar(index, open_, high, low, close)
        self.market.last_price = close
        candle = CandleClosed(
            at_ns=update.received_ns,
            symbol=SYMBOL,
            interval_s=60,
            open_ns=update.open_ns,
            open=open_,
            high=high,
            low=low,
            close=close,
            volume=volume,
            turnover=close,
        )
        bar_fills.on_candle(self.broker, self.market, candle, ns(self.now_ms), self.out)
        self.time(self.now_ms)

    # --- what came of it -------------------------------------------------------------------

    def all(self, kind: type[Kind]) -> list[Kind]:
        """Return every output of a kind."""
        return [each for each in self.out if isinstance(each, kind)]

    @property
    def quantity(self) -> Decimal:
        """The signed position; in hedge mode the long less the short."""
        return sum((each.quantity for each in self.account.positions_of(SYMBOL)), ZERO)

    def fills(self) -> list[OrderFilled]:
        """Return every fill."""
        return [each for each in self.out if isinstance(each, OrderFilled)]

    def traded(self) -> list[tuple[str, Decimal, Decimal]]:
        """Return role, price and quantity of every fill."""
        return [(str(each.role), each.price, each.quantity) for each in self.fills()]

    def canceled(self) -> list[tuple[int, str]]:
        """Return number and reason of every order that was taken back."""
        gone = [each for each in self.out if isinstance(each, OrderCanceled)]
        return [(each.order_id, each.reason) for each in gone]

    def insured(self) -> list[Decimal]:
        """Return what the insurance fund paid."""
        lines = self.all(LedgerPosted)
        return [each.amount for each in lines if each.reason is LedgerReason.INSURANCE]

    def rejected(self) -> list[str]:
        """Return the codes of every refusal."""
        return [each.code for each in self.out if isinstance(each, OrderRejected)]

    def live(self, role: OrderRole, side: PositionSide | None = None) -> list[Order]:
        """Return the live orders of a role, upon one position or any."""
        return [each for each in self.broker.live(SYMBOL, side) if each.request.role is role]

    def check(self) -> None:
        """Hold what must hold after every single event."""
        for each in self.out[self._checked :]:
            if isinstance(each, OrderFilled):
                key = each.symbol, each.position_side
                bought = self._bought.get(key, ZERO) + each.side.sign * each.quantity
                self._bought[key] = bought
            elif isinstance(each, LedgerPosted):
                self._moved += each.amount
        self._checked = len(self.out)
        assert self.account.wallet == self.account.ledger.opening + self._moved
        for position in self.account.positions_of(SYMBOL):
            held, side = position.held, position.position_side
            assert position.quantity == self._bought.get(position.key, ZERO)
            assert side.opens in {None, position.side} or not held
            for role in (OrderRole.STOP, OrderRole.TARGET):
                covering = [each.remaining for each in self.live(role, side)]
                assert covering in ([held], []) if held else not covering
        assert self.broker.live(SYMBOL) == tuple(self.broker.orders.values())
        for order in self.broker.live(SYMBOL):
            assert ZERO <= order.filled < order.quantity
            assert order.status in {
                OrderStatus.IN_FLIGHT,
                OrderStatus.WORKING,
                OrderStatus.PART_FILLED,
            }
