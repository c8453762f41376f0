"""Journals written by hand, output by output: sessions nobody ran, with numbers one can check.

``Teller`` keeps wallet, position and numbers as the engine would, in plain arithmetic of its own;
``say`` writes whatever else a test wants said. Times are seconds since the opening.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.support.told_opening import OPENED_NS, SYMBOL, TAKER, told_opening
from trading.journal.record import Opening, RecordKind, encode_event, encode_outputs
from trading.journal.store import JournalWriter
from trading.model.events import (
    CandleClosed,
    Channel,
    ConnectionNoted,
    EquityMarked,
    FeedStage,
    FeedStageChanged,
    FundingBooked,
    IntentRaised,
    LedgerPosted,
    LedgerReason,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderSubmitted,
    OrderTriggered,
    Outcome,
    Output,
    PositionChanged,
    RoundTripClosed,
    SessionEnded,
    SessionEnding,
    SessionStarted,
    TimerFired,
)
from trading.model.intents import Enter
from trading.model.numbers import NS_PER_S, ZERO, money
from trading.model.orders import Bracket, Liquidity, OrderRequest, OrderRole, OrderType, Side


class Teller:
    """Writes one session into one journal."""

    def __init__(self, path: Path, opening: Opening | None = None) -> None:
        """Open the journal; nothing but the opening is in it yet."""
        self.path = path
        self.opening = opening or told_opening()
        self.writer = JournalWriter.create(path, self.opening)
        self.wallet = self.opening.setup.head.wallet
        self.position = ZERO
        self.entry_value = ZERO
        self.lines = self.fills = self.orders = self.trips = 0
        self._trip: dict[str, Decimal] = {}
        self.side = Side.BUY
        self.levels: dict[OrderRole, float] = {}
        self._trip_ns = 0
        self._trip_reason = ""
        self._protection: dict[OrderRole, int] = {}

    @staticmethod
    def ns(at_s: float) -> int:
        """Return a time in session nanoseconds."""
        return OPENED_NS + round(at_s * NS_PER_S)

    def say(self, *outputs: Output) -> None:
        """Write outputs as one record."""
        at_ns = outputs[-1].at_ns
        event = encode_event(TimerFired(at_ns))
        self.writer.append(RecordKind.EVENT, at_ns, event, encode_outputs(outputs))

    def start(self, at_s: float = 0.0, fresh_s: float = 1.0) -> None:
        """Start, connect, and let every channel be fresh from ``fresh_s`` on."""
        deadline_ns = self.opening.setup.deadline_ns
        session_id = self.opening.setup.session_id
        at_ns = self.ns(at_s)
        self.say(SessionStarted(at_ns=at_ns, session_id=session_id, deadline_ns=deadline_ns))
        self.say(ConnectionNoted(at_ns=at_ns, is_up=True, reason="connection 1"))
        for channel in self.opening.setup.channels:
            self.stage(fresh_s, channel, FeedStage.FRESH, 80)

    def stage(self, at_s: float, channel: Channel, stage: FeedStage, age_ms: int) -> None:
        """Move a channel to a stage."""
        at_ns = self.ns(at_s)
        self.say(
            FeedStageChanged(
                at_ns=at_ns, symbol=SYMBOL, channel=channel, stage=stage, age_ms=age_ms
            )
        )

    def bar(
        self,
        open_s: float,
        prices: tuple[float, float, float, float],
        *,
        is_backfilled: bool = False,
    ) -> None:
        """Close a one-minute bar with (open, high, low, close), a second after its end."""
        first, high, low, last = prices
        self.say(
            CandleClosed(
                at_ns=self.ns(max(open_s + 61, 0)),
                symbol=SYMBOL,
                interval_s=60,
                open_ns=self.ns(open_s),
                open=first,
                high=high,
                low=low,
                close=last,
                volume=10.0,
                turnover=10.0 * last,
                is_backfilled=is_backfilled,
            )
        )

    def mark(self, at_s: float, price: float | str) -> None:
        """Sample the account at a mark price."""
        mark = Decimal(str(price))
        held = self.position * mark
        unrealised = held - self.entry_value if self.position >= ZERO else held + self.entry_value
        self.say(
            EquityMarked(
                at_ns=self.ns(at_s),
                wallet=self.wallet,
                unrealised=unrealised,
                equity=self.wallet + unrealised,
                exposure=abs(held),
            )
        )

    def post(self, at_s: float, reason: LedgerReason, amount: Decimal, cause: str) -> LedgerPosted:
        """Move the wallet; return the line without writing it."""
        self.lines += 1
        self.wallet += amount
        return LedgerPosted(
            at_ns=self.ns(at_s),
            line=self.lines,
            reason=reason,
            symbol=SYMBOL,
            amount=amount,
            balance=self.wallet,
            cause=cause,
        )

    def wish(self, at_s: float, side: Side, stop: str, target: str | None, reason: str) -> None:
        """Let the strategy want an entry."""
        intent = Enter(
            side=side,
            stop_price=Decimal(stop),
            target_price=None if target is None else Decimal(target),
            reason=reason,
        )
        at_ns = self.ns(at_s)
        self.say(IntentRaised(at_ns=at_ns, intent_id=self.orders + 1, symbol=SYMBOL, intent=intent))

    def send(self, at_s: float, request: OrderRequest, mid: float | None = None) -> int:
        """Submit an order and let the venue take it 200 ms later; return its number."""
        self.orders += 1
        at_ns = self.ns(at_s)
        arrival_ns = at_ns + NS_PER_S // 5
        self.say(
            OrderSubmitted(
                at_ns=at_ns,
                order_id=self.orders,
                request=request,
                arrival_ns=arrival_ns,
                decision_mid=mid,
            )
        )
        self.say(OrderAccepted(at_ns=arrival_ns, order_id=self.orders, arrival_mid=mid))
        return self.orders

    def enter(
        self,
        at_s: float,
        side: Side,
        price: str,
        quantity: str,
        *,
        stop: str,
        target: str | None = None,
        reason: str = "cross",
    ) -> None:
        """Want, send and fill an entry, and arm its bracket."""
        self.wish(at_s, side, stop, target, reason)
        bracket = Bracket(
            stop_price=Decimal(stop), target_price=None if target is None else Decimal(target)
        )
        size = Decimal(quantity)
        request = OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=OrderType.MARKET,
            quantity=size,
            role=OrderRole.ENTRY,
            bracket=bracket,
            intent_id=self.orders + 1,
            reason=reason,
        )
        order_id = self.send(at_s, request, round(float(price) - side.sign * 0.1, 1))
        filled_s = at_s + 0.3
        value = Decimal(price) * size
        self.side, self._trip_reason, self._trip_ns = side, reason, self.ns(filled_s)
        risk = abs(Decimal(price) - bracket.stop_price) * size
        self._trip = {"entry": Decimal(price), "fees": ZERO, "funding": ZERO, "risk": risk}
        self.position, self.entry_value = side.sign * size, value
        self._fill(filled_s, order_id, request, price, size, realised=None)
        legs = {OrderRole.STOP: bracket.stop_price, OrderRole.TARGET: bracket.target_price}
        self._protection = {}
        self.levels = {role: float(level) for role, level in legs.items() if level is not None}
        for role, level in legs.items():
            if level is not None:
                self._arm(filled_s, role, level, order_id)

    def _arm(self, at_s: float, role: OrderRole, level: Decimal, parent_id: int) -> None:
        self.orders += 1
        is_stop = role is OrderRole.STOP
        request = OrderRequest(
            symbol=SYMBOL,
            side=Side.SELL if self.position > ZERO else Side.BUY,
            type=OrderType.STOP_MARKET if is_stop else OrderType.TAKE_PROFIT_MARKET,
            quantity=abs(self.position),
            role=role,
            trigger_price=level,
            reduce_only=True,
        )
        at_ns = self.ns(at_s)
        self._protection[role] = self.orders
        self.say(
            OrderSubmitted(
                at_ns=at_ns,
                order_id=self.orders,
                request=request,
                arrival_ns=at_ns,
                parent_id=parent_id,
            )
        )

    def _fill(
        self,
        at_s: float,
        order_id: int,
        request: OrderRequest,
        price: str,
        quantity: Decimal,
        realised: Decimal | None,
    ) -> None:
        self.fills += 1
        fee = money(Decimal(price) * quantity * TAKER)
        cause = f"fill {self.fills}"
        fill = OrderFilled(
            at_ns=self.ns(at_s),
            fill_id=self.fills,
            order_id=order_id,
            symbol=SYMBOL,
            side=request.side,
            role=request.role,
            price=Decimal(price),
            quantity=quantity,
            fee=fee,
            liquidity=Liquidity.TAKER,
            exchange_ns=self.ns(at_s),
            evidence=f"book {self.ns(at_s)}",
            mid=round(float(price) - request.side.sign * 0.1, 1),
        )
        self._trip["fees"] += fee
        out: list[Output] = [fill, self.post(at_s, LedgerReason.FEE, -fee, cause)]
        if realised:
            out.append(self.post(at_s, LedgerReason.REALISED_PNL, realised, cause))
        out.append(
            PositionChanged(
                at_ns=self.ns(at_s),
                symbol=SYMBOL,
                quantity=self.position,
                entry_value=self.entry_value,
                margin=money(self.entry_value / 5),
            )
        )
        self.say(*out)

    def leave(
        self, at_s: float, price: str, role: OrderRole = OrderRole.EXIT, reason: str = "exit"
    ) -> None:
        """Close the whole position, by an order or by its stop or target."""
        size, side = abs(self.position), self.side.opposite
        request = OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=OrderType.MARKET,
            quantity=size,
            role=role,
            reduce_only=True,
            reason=reason,
        )
        order_id = self._protection.pop(role, 0)
        if order_id:
            trigger = OrderTriggered(at_ns=self.ns(at_s), order_id=order_id, price=Decimal(price))
            self.say(trigger)
        else:
            order_id = self.send(at_s, request, round(float(price) - side.sign * 0.1, 1))
        realised = money(self.side.sign * (Decimal(price) - self._trip["entry"]) * size)
        self.position = self.entry_value = ZERO
        left_s = at_s + 0.3
        self._fill(left_s, order_id, request, price, size, realised)
        self._trip_over(left_s, price, size, realised, reason)

    def _trip_over(
        self, at_s: float, price: str, size: Decimal, realised: Decimal, reason: str
    ) -> None:
        self.trips += 1
        trip = self._trip
        at_ns = self.ns(at_s)
        dropped = [
            OrderCanceled(at_ns=at_ns, order_id=each, reason="position closed", unfilled=size)
            for each in self._protection.values()
        ]
        self._protection = {}
        closed = RoundTripClosed(
            at_ns=at_ns,
            trip_id=self.trips,
            symbol=SYMBOL,
            side=self.side,
            quantity=size,
            entry_price=trip["entry"],
            exit_price=Decimal(price),
            opened_ns=self._trip_ns,
            closed_ns=at_ns,
            gross=realised,
            fees=trip["fees"],
            funding=trip["funding"],
            net=realised - trip["fees"] + trip["funding"],
            risk=trip["risk"],
            reason_in=self._trip_reason,
            reason_out=reason,
        )
        self.say(closed, *dropped)

    def fund(self, at_s: float, mark: str, rate: str) -> None:
        """Settle funding on what is held."""
        amount = money(-self.position * Decimal(mark) * Decimal(rate))
        booked = FundingBooked(
            at_ns=self.ns(at_s),
            symbol=SYMBOL,
            settlement_ns=self.ns(at_s),
            quantity=self.position,
            mark=Decimal(mark),
            rate=Decimal(rate),
            amount=amount,
        )
        self._trip["funding"] += amount
        self.say(booked, self.post(at_s, LedgerReason.FUNDING, amount, "settlement"))

    def end(
        self,
        at_s: float = 600.0,
        outcome: Outcome = Outcome.COMPLETED,
        reason: str = "deadline",
        detail: str = "",
        mark: str = "86500",
    ) -> None:
        """Write the last sample and the last word."""
        at_ns = self.ns(at_s)
        self.say(SessionEnding(at_ns=at_ns, reason=reason))
        self.mark(at_s, mark)
        unrealised = ZERO
        if self.position:
            unrealised = self.position * Decimal(mark) - self.entry_value * (
                1 if self.position > ZERO else -1
            )
        self.say(
            SessionEnded(
                at_ns=at_ns,
                outcome=outcome,
                reason=reason,
                detail=detail,
                wallet=self.wallet,
                equity=self.wallet + unrealised,
                fills=self.fills,
                round_trips=self.trips,
            )
        )

    def close(self) -> Path:
        """Let go of the file; return where it is."""
        self.writer.close()
        return self.path
