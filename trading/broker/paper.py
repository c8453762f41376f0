"""The life of every order at the paper venue: sent, arrived, triggered, filled, protected, gone.

What is due arrives by ``arrivals``. How the market fills an order is in ``book_fills``,
``trade_fills`` and ``bar_fills``, under the models of ``execution``; they all end in
``PaperBroker.fill``, the one place where a fill is made and booked.

Rule of arrival: an order that reaches the venue at some exchange time meets the first market data
stamped at or after it, never older data. A stop meets the market its own latency after the print
that triggered it. So nobody trades on a price that was gone before the order was there.
"""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from math import inf
from typing import Final

from trading.account.account import Account
from trading.broker import rules
from trading.broker.execution import Execution
from trading.broker.matching import Consumption, Evidence
from trading.broker.rate import RequestWindow
from trading.config import ExecutionConfig
from trading.market.state import SymbolMarket
from trading.model.events import (
    OrderCanceled,
    OrderFilled,
    OrderResized,
    OrderSubmitted,
    OrderTriggered,
    Output,
)
from trading.model.numbers import NS_PER_MS, ZERO, exact, money
from trading.model.orders import (
    Bracket,
    Liquidity,
    Order,
    OrderAction,
    OrderRequest,
    OrderRole,
    OrderStatus,
    OrderType,
)

PROTECTIVE = frozenset({OrderRole.STOP, OrderRole.TARGET})
CLOSING = frozenset({OrderRole.EXIT, OrderRole.FLATTEN})
NEVER: Final = 1 << 62
"""Arrival of an order that is lost on its way."""


class PaperBroker:
    """Live orders of one account, and the one way they become fills.

    Invariants: a bracket covers exactly what is open; a reduce-only order never opens or flips;
    when a symbol is flat nothing that could only reduce is left; a fill is booked in the account
    in the same step in which it is made.
    """

    def __init__(
        self,
        config: ExecutionConfig,
        account: Account,
        execution: Execution,
        orders: tuple[Order, ...] = (),
    ) -> None:
        """Take over the live orders of the account's earlier sessions."""
        self.account = account
        self.config = config
        self.execution = execution
        """The models of this run; whoever fills asks them."""
        self.protection = config.market_protection_bps / 10_000
        self.orders = {order.order_id: copy(order) for order in orders}
        self.paused_until_ns = 0
        """Exchange time before which nothing matches (the pause at a funding settlement)."""
        self.has_changed = True
        """Whether an order came, went or changed since the caller last cleared it."""
        self.ambiguous_bars = 0
        """Bars of which the order of what they held was assumed, not known."""
        self.answers = execution.answers
        self._latency = execution.latency
        self.requests = RequestWindow()
        self._consumption: dict[str, Consumption] = {}

    # --- asked by the engine ---------------------------------------------------------------

    @property
    def wake_ns(self) -> int | None:
        """Engine time of the next arrival at the venue, or answer; None when nothing is due."""
        due = self.answers.wake_ns
        for order in self.orders.values():
            arrives_ns = order.cancel_ns
            if order.status is OrderStatus.IN_FLIGHT and (
                arrives_ns is None or order.arrival_ns < arrives_ns
            ):
                arrives_ns = order.arrival_ns
            if arrives_ns is not None and (due is None or arrives_ns < due):
                due = arrives_ns
        return due

    def live(self, symbol: str) -> list[Order]:
        """Return the symbol's live orders, oldest first."""
        return [order for order in self.orders.values() if order.request.symbol == symbol]

    def has_entry(self, symbol: str) -> bool:
        """Tell whether an entry of the symbol is in flight or working."""
        for order in self.orders.values():
            if order.request.role is OrderRole.ENTRY and order.request.symbol == symbol:
                return True
        return False

    def is_closing(self, symbol: str) -> bool:
        """Tell whether an order to close the symbol's whole position is already under way."""
        for order in self.orders.values():
            if order.request.role in CLOSING and order.request.symbol == symbol:
                return True
        return False

    def consumption(self, symbol: str) -> Consumption:
        """Return what our fills took from the symbol's displayed book."""
        found = self._consumption.get(symbol)
        if found is None:
            found = self._consumption[symbol] = Consumption()
        return found

    def quiet_band(self, market: SymbolMarket) -> tuple[float, float]:
        """Return ``(low, high)``: prints strictly between them can neither fill nor trigger."""
        low, high = -inf, inf
        for order in self.live(market.symbol):
            request = order.request
            if request.type is OrderType.LIMIT:
                level = request.price if order.is_resting else None
            else:
                level = None if order.is_triggered else request.trigger_price
            if level is None or order.status is OrderStatus.IN_FLIGHT:
                if not market.has_book:
                    return inf, -inf  # waits for a print, whatever its price
                continue
            if rules.waits_below(order):
                low = max(low, float(level))
            else:
                high = min(high, float(level))
        return low, high

    # --- orders come and go ----------------------------------------------------------------

    def submit(
        self,
        request: OrderRequest,
        market: SymbolMarket,
        now_ns: int,
        exchange_ns: int,
        out: list[Output],
    ) -> Order:
        """Send an approved order on its way; it arrives after a drawn latency."""
        leaves_ns = self.answers.leaves_ns(request.symbol, now_ns)
        delay_ns = leaves_ns - now_ns + self._latency.order_ns()
        order = self._number(request, market, now_ns, delay_ns, exchange_ns)
        has_reached = self.answers.sent(order, leaves_ns, is_cancel=False)
        out.append(
            OrderSubmitted(
                at_ns=now_ns,
                order_id=order.order_id,
                request=request,
                arrival_ns=order.arrival_ns,
                decision_mid=order.decision_mid,
            )
        )
        if not has_reached:
            order.arrival_ns = NEVER
        return order

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

    def drop(self, order: Order, reason: str, now_ns: int, out: list[Output]) -> None:
        """Cancel at the venue, now: by the venue itself, or because the session is over."""
        order.apply(OrderAction.CANCEL)
        del self.orders[order.order_id]
        self.has_changed = True
        out.append(
            OrderCanceled(
                at_ns=now_ns, order_id=order.order_id, reason=reason, unfilled=order.remaining
            )
        )

    def _number(
        self,
        request: OrderRequest,
        market: SymbolMarket,
        now_ns: int,
        latency_ns: int,
        exchange_ns: int,
        parent_id: int = 0,
    ) -> Order:
        self.account.counters.order += 1
        order = Order(
            order_id=self.account.counters.order,
            request=request,
            quantity=request.quantity,
            submitted_ns=now_ns,
            decision_mid=market.mid,
            arrival_ns=now_ns + latency_ns,
            arrival_exchange_ns=exchange_ns + latency_ns,
            parent_id=parent_id,
        )
        self.orders[order.order_id] = order
        self.has_changed = True
        return order

    # --- orders trade ----------------------------------------------------------------------

    def trigger(
        self, order: Order, price: float, exchange_ns: int, now_ns: int, out: list[Output]
    ) -> None:
        """Make a stop or target a market order that arrives after the venue's own latency."""
        order.apply(OrderAction.TRIGGER)
        order.is_triggered = True
        order.arrival_exchange_ns = exchange_ns + self._latency.trigger_ns
        self.has_changed = True
        out.append(OrderTriggered(at_ns=now_ns, order_id=order.order_id, price=exact(price)))

    def wanted(self, order: Order) -> Decimal:
        """Return what an order may still trade: what is left, and no more than it may reduce."""
        if not order.request.reduce_only:
            return order.remaining
        held = self.account.position(order.request.symbol).quantity
        if held * order.request.side.sign >= ZERO:
            return ZERO
        return min(order.remaining, abs(held))

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
        request = order.request
        instrument = market.instrument
        is_taker = liquidity is Liquidity.TAKER
        rate = instrument.taker_fee_rate if is_taker else instrument.maker_fee_rate
        self.account.counters.fill += 1
        fill = OrderFilled(
            at_ns=now_ns,
            fill_id=self.account.counters.fill,
            order_id=order.order_id,
            symbol=request.symbol,
            side=request.side,
            role=request.role,
            price=price,
            quantity=quantity,
            fee=money(price * quantity * rate),
            liquidity=liquidity,
            exchange_ns=evidence.exchange_ns,
            evidence=str(evidence),
            mid=market.mid,
            is_pessimistic=evidence.is_pessimistic,
        )
        order.filled += quantity
        order.filled_value += price * quantity
        is_done = order.filled == order.quantity
        order.apply(OrderAction.FILL_REST if is_done else OrderAction.FILL_PART)
        if is_done:
            del self.orders[order.order_id]
        self.has_changed = True
        self.answers.happened(request.symbol, now_ns)
        out.append(fill)
        bracket = request.bracket
        risk = abs(price - bracket.stop_price) if bracket is not None else ZERO
        self.account.book_fill(fill, request, risk, out)
        if bracket is not None:
            self._attach(order, bracket, market, fill, out)
        self._align(order, now_ns, out)

    def _attach(
        self,
        entry: Order,
        bracket: Bracket,
        market: SymbolMarket,
        fill: OrderFilled,
        out: list[Output],
    ) -> None:
        """Arm the bracket at the entry's first fill; it lives at the venue, so without latency."""
        if any(order.parent_id == entry.order_id for order in self.live(fill.symbol)):
            return
        legs = [(OrderRole.STOP, OrderType.STOP_MARKET, bracket.stop_price)]
        if bracket.target_price is not None:
            legs.append((OrderRole.TARGET, OrderType.TAKE_PROFIT_MARKET, bracket.target_price))
        for role, order_type, trigger_price in legs:
            request = OrderRequest(
                symbol=fill.symbol,
                side=fill.side.opposite,
                type=order_type,
                quantity=fill.quantity,
                role=role,
                trigger_price=trigger_price,
                trigger_by=bracket.trigger_by,
                reduce_only=True,
                intent_id=entry.request.intent_id,
            )
            order = self._number(request, market, fill.at_ns, 0, fill.exchange_ns, entry.order_id)
            order.apply(OrderAction.ACCEPT)
            out.append(
                OrderSubmitted(
                    at_ns=fill.at_ns,
                    order_id=order.order_id,
                    request=request,
                    arrival_ns=fill.at_ns,
                    decision_mid=order.decision_mid,
                    parent_id=entry.order_id,
                )
            )

    def _align(self, filled: Order, now_ns: int, out: list[Output]) -> None:
        """Make what protects the position cover it exactly, and nothing more."""
        symbol = filled.request.symbol
        held = abs(self.account.position(symbol).quantity)
        is_exit = filled.request.role is not OrderRole.ENTRY
        for order in self.live(symbol):
            role = order.request.role
            if role is OrderRole.ENTRY:
                # What is left of an entry must not re-open a position that is being closed.
                if is_exit:
                    self.drop(order, "position is being closed", now_ns, out)
            elif held == ZERO:
                self.drop(order, "position closed", now_ns, out)
            elif role in PROTECTIVE and order.remaining != held:
                order.quantity = order.filled + held
                out.append(
                    OrderResized(at_ns=now_ns, order_id=order.order_id, quantity=order.quantity)
                )

    @property
    def is_idle(self) -> bool:
        """Whether nothing is live and no answer is awaited."""
        return not self.orders and not self.answers.doubts

    def pause_matching(self, exchange_ns: int) -> None:
        """Stand still from a settlement on, as long as the config says."""
        pause_ns = round(self.config.settlement_pause_ms * NS_PER_MS)
        self.paused_until_ns = max(self.paused_until_ns, exchange_ns + pause_ns)
