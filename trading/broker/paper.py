"""The life of every order at the paper venue: sent, arrived, amended, triggered, filled, gone.

What is due arrives by ``arrivals``. What the market does to an order is in ``book_fills``,
``trade_fills`` and ``bar_fills``, under the models of ``execution``; they all end in
``PaperBroker.fill``, the one place where a fill is made and booked. Which price pulls a trigger is
in ``triggers``, what covers a position in ``protection``, what a change does in ``amends``, and
what an id means in ``client_ids``.

Rule of arrival: an order that reaches the venue at some exchange time meets the first market data
stamped at or after it, never older data. A stop meets the market its own latency after the print
that triggered it. So nobody trades on a price that was gone before the order was there.

Rule of time: what is due at an exchange time is over, or fires, before anything stamped at or
after it acts (``pass_time``).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from trading.account.account import Account
from trading.account.head import SpentId
from trading.account.health import MarginHealth
from trading.broker import bands, protection, triggers
from trading.broker.client_ids import ClientIds
from trading.broker.execution import Execution
from trading.broker.live import LiveOrders
from trading.broker.matching import Consumption, Evidence
from trading.broker.rate import RequestWindow
from trading.config import ExecutionConfig
from trading.market.state import SymbolMarket
from trading.model.events import (
    OrderFilled,
    OrderRepeated,
    OrderTriggered,
    Output,
)
from trading.model.numbers import NEVER_NS, NS_PER_MS, ZERO, exact, money
from trading.model.orders import (
    Amendment,
    Liquidity,
    Order,
    OrderAction,
    OrderRequest,
    TriggerSource,
)

_FILLS: Final = OrderAction.FILL_PART, OrderAction.FILL_REST


class PaperBroker(LiveOrders):
    """Live orders of one account, and the one way they become fills.

    Invariants: a bracket covers exactly what is open; a reduce-only order never opens or flips;
    when a position is flat nothing that could only reduce it is left; a fill is booked in the
    account in the same step in which it is made; a client id never makes two orders.
    """

    def __init__(
        self,
        config: ExecutionConfig,
        account: Account,
        health: MarginHealth,
        execution: Execution,
        orders: tuple[Order, ...] = (),
        client_ids: tuple[SpentId, ...] = (),
    ) -> None:
        """Take over the live orders and the spent ids of the account's earlier sessions."""
        super().__init__(account, health, orders, ClientIds(client_ids))
        self.config = config
        self.execution = execution
        """The models of this run; whoever fills asks them."""
        self.answers = execution.answers
        self.requests = RequestWindow()
        self.protection = config.market_protection_bps / 10_000
        self.paused_until_ns = 0
        """Exchange time before which nothing matches (the pause at a funding settlement)."""
        self.ambiguous_bars = 0
        """Bars of which the order of what they held was assumed, not known."""
        self._latency = execution.latency
        self._consumption: dict[str, Consumption] = {}

    # --- asked by the engine ---------------------------------------------------------------

    def due_ns(self) -> tuple[int, int]:
        """Return when something next happens by itself; ``NEVER_NS``: nothing will.

        The first is the engine time of the next arrival at the venue, or answer; the second the
        exchange time at which the next order expires or fires.
        """
        arrives_ns, ends_ns = bands.due_ns(self)
        known_ns = self.answers.wake_ns
        return (arrives_ns if known_ns is None else min(arrives_ns, known_ns)), ends_ns

    def consumption(self, symbol: str) -> Consumption:
        """Return what our fills took from the symbol's displayed book."""
        found = self._consumption.get(symbol)
        if found is None:
            found = self._consumption[symbol] = Consumption()
        return found

    # --- orders come and go ----------------------------------------------------------------

    def submit(
        self,
        request: OrderRequest,
        market: SymbolMarket,
        now_ns: int,
        exchange_ns: int,
        out: list[Output],
    ) -> Order | None:
        """Send an approved order on its way; it arrives after a drawn latency.

        None: its client id means an earlier order already; that one is the answer.
        """
        symbol = request.symbol
        if self.repeats(symbol, request.client_id, now_ns, out):
            return None
        leaves_ns = self.answers.leaves_ns(symbol, now_ns)
        delay_ns = leaves_ns - now_ns + self._latency.order_ns()
        order = self.number(request, market.mid, now_ns, exchange_ns, out, delay_ns)
        if not self.answers.sent(order, leaves_ns, is_cancel=False):
            order.arrival_ns = NEVER_NS
        return order

    def repeats(self, symbol: str, client_id: str, now_ns: int, out: list[Output]) -> bool:
        """Answer an id that was used before with its order, as that one stands; False: it is free.

        An order on its way holds its id; if it is rejected there, the id was never spent.
        """
        if not client_id:
            return False
        live, spent = self.named(symbol, client_id), self.client_ids.answer(symbol, client_id)
        if live is not None:
            order_id, status, filled = live.order_id, live.status, live.filled
        elif spent is not None:
            order_id, status, filled = spent.order_id, spent.status, spent.filled
        else:
            return False
        out.append(
            OrderRepeated(
                at_ns=now_ns, client_id=client_id, order_id=order_id, status=status, filled=filled
            )
        )
        return True

    def cancel(self, order: Order, now_ns: int) -> None:
        """Send a cancel on its way, behind the order itself; a fill may come first.

        While the answer to an earlier one is lost none is sent: its status comes first.
        """
        if order.cancel_ns is None and not self.answers.is_cancel_in_doubt(order):
            leaves_ns = self.answers.leaves_ns(order.request.symbol, now_ns)
            arrives_ns = max(leaves_ns + self._latency.cancel_ns(), order.arrival_ns)
            if self.answers.sent(order, leaves_ns, is_cancel=True):
                order.cancel_ns = arrives_ns
            self.has_changed = True

    def amend(
        self,
        order: Order,
        now_ns: int,
        exchange_ns: int,
        *,
        price: Decimal | None = None,
        trigger_price: Decimal | None = None,
        quantity: Decimal | None = None,
    ) -> None:
        """Send a change on its way, behind the order and its earlier changes; None: stays."""
        leaves_ns = self.answers.leaves_ns(order.request.symbol, now_ns)
        ahead_ns = [order.arrival_ns, *(each.arrival_ns for each in order.amendments)]
        arrival_ns = max(leaves_ns + self._latency.order_ns(), *ahead_ns)
        change = Amendment(
            arrival_ns=arrival_ns,
            arrival_exchange_ns=exchange_ns + arrival_ns - now_ns,
            price=price,
            trigger_price=trigger_price,
            quantity=quantity,
        )
        order.amendments = (*order.amendments, change)
        self.has_changed = True

    def pass_time(self, exchange_ns: int, known_ns: int, now_ns: int, out: list[Output]) -> None:
        """Let orders expire and fire whose exchange time has come.

        ``known_ns`` is up to when the market was heard, or told by bars: what may reduce a
        position waits for that, because it may have traded before its time was over. An entry
        does not: it is never taken on what nobody heard.
        """
        for order in list(self.timed.values()):
            request = order.request
            if order.order_id not in self.timed:
                continue
            until_ns = known_ns if order.only_reduces else exchange_ns
            if request.expires_ns is not None and until_ns >= request.expires_ns:
                self.expire(order, now_ns, out)
            elif (
                request.fires_ns is not None
                and until_ns >= request.fires_ns
                and order.awaits_trigger
                and not order.status.is_in_flight
            ):
                self.trigger(order, None, request.fires_ns, now_ns, out)

    # --- orders trade ----------------------------------------------------------------------

    def watch(
        self,
        order: Order,
        source: TriggerSource,
        price: float,
        market: SymbolMarket,
        exchange_ns: int,
        now_ns: int,
        out: list[Output],
    ) -> bool:
        """Let one order see one price of one series; True: it was triggered."""
        if not triggers.is_watching(order, source) or exchange_ns < order.arrival_exchange_ns:
            return False
        tick = market.instrument.tick_size
        if not triggers.sees(self, order, price, tick, now_ns, out):
            return False
        self.trigger(order, price, exchange_ns, now_ns, out)
        return True

    def trigger(
        self,
        order: Order,
        price: float | None,
        exchange_ns: int,
        now_ns: int,
        out: list[Output],
    ) -> None:
        """Let a waiting order meet the market, after the venue's own latency; no price: by time."""
        order.apply(OrderAction.TRIGGER)
        order.is_triggered = True
        order.arrival_exchange_ns = exchange_ns + self._latency.trigger_ns
        if order.request.close_position:
            order.quantity = order.filled + self.held(order.request)
        self.has_changed = True
        seen = None if price is None else exact(price)
        out.append(OrderTriggered(at_ns=now_ns, order_id=order.order_id, price=seen))

    def fill(
        self,
        order: Order,
        price: Decimal,
        quantity: Decimal,
        liquidity: Liquidity,
        market: SymbolMarket,
        evidence: Evidence,
        now_ns: int,
        out: list[Output],
    ) -> None:
        """Make one fill, book it, and bring the position's protection in line with it.

        Duty of the caller: ``0 < quantity <= wanted(order)``.
        """
        request, account, instrument = order.request, self.account, market.instrument
        rate = instrument.taker_fee_rate if liquidity.is_taker else instrument.maker_fee_rate
        counters, value = account.counters, price * quantity
        counters.fill += 1
        fill = OrderFilled(
            at_ns=now_ns,
            fill_id=counters.fill,
            order_id=order.order_id,
            symbol=request.symbol,
            side=request.side,
            role=request.role,
            price=price,
            quantity=quantity,
            fee=money(value * rate),
            liquidity=liquidity,
            exchange_ns=evidence.exchange_ns,
            evidence=str(evidence),
            mid=market.mid,
            is_pessimistic=evidence.is_pessimistic,
            position_side=request.position_side,
        )
        order.filled += quantity
        order.filled_value += value
        is_done = order.filled == order.quantity
        order.apply(_FILLS[is_done])
        self.has_changed = True
        self.answers.happened(request.symbol, now_ns)
        out.append(fill)
        if is_done:
            self.forget(order, now_ns, out)
        bracket = request.bracket
        risk = abs(price - bracket.stop_price) if bracket is not None else ZERO
        position = account.book_fill(fill, request, risk, out)
        protection.protect(self, order, position, market, fill, out)

    def pause_matching(self, exchange_ns: int) -> None:
        """Stand still from a settlement on, as long as the config says."""
        pause_ns = round(self.config.settlement_pause_ms * NS_PER_MS)
        self.paused_until_ns = max(self.paused_until_ns, exchange_ns + pause_ns)
