"""A strategy's turn on one symbol: it observes, decides, is reviewed, and its order is sent."""

from __future__ import annotations

from trading.broker import PaperBroker
from trading.market.state import SymbolMarket
from trading.model.events import (
    CandleClosed,
    CandleUpdate,
    IntentRaised,
    IntentRefused,
    Output,
    StrategyFailed,
)
from trading.model.intents import (
    AmendEntry,
    CancelEntries,
    CancelEntry,
    Enter,
    Exit,
    Intent,
    MoveProtection,
)
from trading.model.orders import OrderRole
from trading.model.sides import PositionSide
from trading.risk.changes import (
    Change,
    review_entry_change,
    review_protection,
    review_side,
    unknown_order,
)
from trading.risk.facts import Facts
from trading.risk.limits import RiskReview, closing
from trading.risk.verdicts import Refused
from trading.strategy.base import Strategy
from trading.strategy.view import View

ERROR_TEXT_MAX = 500


class Turn:
    """One symbol's strategy with its view. A failure costs the strategy its turn, nothing else."""

    __slots__ = (
        "_broker",
        "_review",
        "failures",
        "failures_in_a_row",
        "market",
        "strategy",
        "view",
        "wanted",
    )

    def __init__(
        self,
        market: SymbolMarket,
        strategy: Strategy,
        view: View,
        review: RiskReview,
        broker: PaperBroker,
    ) -> None:
        """Bind a strategy to its symbol, its limits and its broker."""
        self.market = market
        self.strategy = strategy
        self.view = view
        self.failures = 0
        self.failures_in_a_row = 0
        self.wanted: Intent | None = None
        """What the strategy wants since a quiet bar, until somebody takes it; None: nothing."""
        self._review = review
        self._broker = broker

    def observe(self, candle: CandleClosed, now_ns: int, out: list[Output]) -> None:
        """Show the strategy a closed bar on which nothing may be done."""
        self.view.now_ns = now_ns
        try:
            self.strategy.observe(candle, self.view)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it is journalled
            self._failed(error, now_ns, out)

    def on_bar(self, candle: CandleClosed, now_ns: int, out: list[Output]) -> Intent | None:
        """Show the strategy a closed bar, and ask what it wants."""
        view, strategy = self.view, self.strategy
        view.now_ns = now_ns
        try:
            strategy.observe(candle, view)
            intent = strategy.decide(view)
            if intent is not None:
                _check(intent)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it is journalled
            self._failed(error, now_ns, out)
            return None
        self.failures_in_a_row = 0
        return intent

    def quiet_bar(self, update: CandleUpdate, now_ns: int, before_ns: int) -> tuple[Output, ...]:
        """Take a bar of a candle file of which only the strategy can make something: ``wanted``.

        Nothing comes of it: it needs a full step, and nothing was done. That is so too of a bar
        that closes at ``before_ns`` or later. A shortcut, not a rule: whatever it takes, the full
        step would have left the same state and outputs, which a test holds.
        """
        market = self.market
        series = market.candles
        open_ns = update.open_ns
        close_ns = open_ns + series.interval_ns
        low, high, opened = market.quiet_low, market.quiet_high, update.open
        # The open counts too: it may lie outside the bar's low and high.
        if not (
            low < update.low
            and opened < high
            and update.high < high
            and low < opened
            and close_ns < before_ns
            and open_ns == series.next_ns
            and update.interval_s == series.interval_s
            and update.is_closed
            and not market.trades_seen
        ):
            return ()
        candle = CandleClosed(
            now_ns,
            update.symbol,
            update.interval_s,
            open_ns,
            opened,
            update.high,
            update.low,
            update.close,
            update.volume,
            update.turnover,
        )
        series.closed.append(candle)
        series.next_ns = market.told_ns = close_ns
        market.last_price = market.mark = update.close
        view, strategy = self.view, self.strategy
        view.now_ns = now_ns
        try:
            strategy.observe(candle, view)
            wanted = strategy.decide(view)
            if wanted is not None:
                _check(wanted)
                self.wanted = wanted
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it is journalled
            out: list[Output] = [candle]
            self._failed(error, now_ns, out)
            return tuple(out)
        self.failures_in_a_row = 0
        return (candle,)

    def decide(self, now_ns: int, out: list[Output]) -> Intent | None:
        """Ask the strategy what it wants; what it raises is journalled, not propagated."""
        self.view.now_ns = now_ns
        try:
            intent = self.strategy.decide(self.view)
            if intent is not None:
                _check(intent)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it is journalled
            self._failed(error, now_ns, out)
            return None
        self.failures_in_a_row = 0
        return intent

    def act(self, intent: Intent, facts: Facts, out: list[Output]) -> bool:
        """Review an intent and send what was approved; return whether an entry was sent."""
        broker, market = self._broker, self.market
        now_ns, exchange_ns = facts.now_ns, facts.exchange_ns
        counters = broker.account.counters
        counters.intent += 1
        intent_id = counters.intent
        out.append(
            IntentRaised(at_ns=now_ns, intent_id=intent_id, symbol=market.symbol, intent=intent)
        )
        match intent:
            case Enter():
                return self._enter(intent, intent_id, facts, out)
            case Exit() | CancelEntries() | MoveProtection():
                self._change_position(intent, intent_id, now_ns, exchange_ns, out)
            case CancelEntry():
                order = broker.named(market.symbol, intent.client_id)
                if order is None:
                    self._refuse(unknown_order(intent.client_id), intent_id, now_ns, out)
                else:
                    broker.cancel(order, now_ns)
            case AmendEntry():
                order = broker.named(market.symbol, intent.client_id)
                change = review_entry_change(
                    intent, order, market, facts, self._review.reward_to_cost_min
                )
                if isinstance(change, Refused):
                    self._refuse(change, intent_id, now_ns, out)
                else:
                    self._send((change.item,), now_ns, exchange_ns)
        return False

    def _enter(self, intent: Enter, intent_id: int, facts: Facts, out: list[Output]) -> bool:
        broker, market, now_ns = self._broker, self.market, facts.now_ns
        if broker.repeats(market.symbol, intent.client_id, now_ns, out):
            return False  # the first answer stands; not even risk is asked again
        verdict = self._review.entry(intent, intent_id, market, facts)
        if isinstance(verdict, Refused):
            self._refuse(verdict, intent_id, now_ns, out)
            return False
        return broker.submit(verdict.item, market, now_ns, facts.exchange_ns, out) is not None

    def _change_position(
        self,
        intent: Exit | CancelEntries | MoveProtection,
        intent_id: int,
        now_ns: int,
        exchange_ns: int,
        out: list[Output],
    ) -> None:
        """Do to one position of the symbol what is wanted, or to all of them."""
        account, side = self._broker.account, intent.position_side
        refused = review_side(intent, account.terms.position_mode)
        if refused is not None:
            self._refuse(refused, intent_id, now_ns, out)
            return
        only = None if side is PositionSide.BOTH else side
        if isinstance(intent, MoveProtection):
            legs = self._broker.live(self.market.symbol, only)
            verdict = review_protection(intent, legs, self.market)
            if isinstance(verdict, Refused):
                self._refuse(verdict, intent_id, now_ns, out)
            else:
                self._send(verdict.item, now_ns, exchange_ns)
            return
        self.take_entries_back(now_ns, only)
        if isinstance(intent, Exit):
            reason = intent.reason
            self.close(OrderRole.EXIT, intent_id, reason, now_ns, exchange_ns, out, only)

    def _send(self, changes: tuple[Change, ...], now_ns: int, exchange_ns: int) -> None:
        for change in changes:
            self._broker.amend(
                change.order,
                now_ns,
                exchange_ns,
                price=change.price,
                trigger_price=change.trigger_price,
                quantity=change.quantity,
            )

    def _refuse(self, refused: Refused, intent_id: int, now_ns: int, out: list[Output]) -> None:
        out.append(
            IntentRefused(
                at_ns=now_ns,
                intent_id=intent_id,
                symbol=self.market.symbol,
                rule=refused.rule,
                detail=refused.detail,
                remedy=refused.remedy,
            )
        )

    def close(
        self,
        role: OrderRole,
        intent_id: int,
        reason: str,
        now_ns: int,
        exchange_ns: int,
        out: list[Output],
        side: PositionSide | None = None,
    ) -> None:
        """Send what closes a position of the symbol, or every one, that nothing closes already."""
        broker, symbol = self._broker, self.market.symbol
        for position in broker.account.positions_of(symbol):
            is_asked = side is None or position.position_side is side
            if not is_asked or broker.is_closing(*position.key):
                continue
            approved = closing(symbol, position, role, intent_id, reason)
            if approved is not None:
                broker.submit(approved.item, self.market, now_ns, exchange_ns, out)

    def take_entries_back(self, now_ns: int, side: PositionSide | None = None) -> None:
        """Send a cancel for every entry under way, into one position of the symbol or any."""
        for order in self._broker.live(self.market.symbol, side):
            if order.request.role is OrderRole.ENTRY:
                self._broker.cancel(order, now_ns)

    def _failed(self, error: Exception, now_ns: int, out: list[Output]) -> None:
        self.failures += 1
        self.failures_in_a_row += 1
        text = f"{type(error).__name__}: {error}"
        out.append(
            StrategyFailed(
                at_ns=now_ns,
                symbol=self.market.symbol,
                error=text[:ERROR_TEXT_MAX],
                failures_in_a_row=self.failures_in_a_row,
            )
        )


def _check(intent: object) -> None:
    """Hold what a strategy answered to its type.

    Raises:
        TypeError: when it is no intent.
    """
    if not isinstance(intent, Intent):
        raise TypeError(f"decide: expected an intent or None, was {intent!r}")
