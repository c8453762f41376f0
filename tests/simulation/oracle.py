"""What must hold at every step of a session, judged by somebody who sees frame and outputs.

It decodes every frame again and keeps its own picture of the market, so a fill is compared with
what was really shown, not with what the engine says it saw.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import inf
from typing import Final

from msgspec import structs

from trading.engine import Engine
from trading.model.events import (
    BookUpdate,
    CandleClosed,
    CandleGap,
    CandleUpdate,
    Channel,
    ControlApplied,
    ControlWord,
    FeedStage,
    FeedStageChanged,
    FundingBooked,
    Input,
    IntentRaised,
    MarkPrice,
    MessageIgnored,
    OrderAccepted,
    OrderAmended,
    OrderFilled,
    OrderStatusLearned,
    OrderStatusUnknown,
    OrderSubmitted,
    OrderTriggered,
    Output,
    PublicTrade,
    SessionEnded,
    SessionEnding,
)
from trading.model.intents import Enter
from trading.model.numbers import NS_PER_MS, NS_PER_S, ZERO, exact
from trading.model.orders import CLOSING, PROTECTIVE, OrderRole, Side

CHANNEL_OF: Final = {
    BookUpdate: Channel.BOOK,
    MarkPrice: Channel.PRICE,
    CandleUpdate: Channel.CANDLE,
}
SILENT_NS_MOST: Final = 9 * NS_PER_S
"""The stale limit, half a second between two looks, and half a second of grace."""
CLOSERS: Final = PROTECTIVE | CLOSING

Shown = dict[tuple[Side, Decimal], Decimal]


class Oracle:
    """Watches one session, over all its attempts."""

    def __init__(self, *, decides_on_trades: bool) -> None:
        """Know nothing yet."""
        self.complaints: list[str] = []
        self.fills: list[OrderFilled] = []
        self.counts: Counter[str] = Counter()
        """What was seen, for proof that something was."""
        self._decides_on_trades = decides_on_trades
        self._shown: dict[int, list[Shown]] = defaultdict(list)
        self._printed: dict[int, list[PublicTrade]] = defaultdict(list)
        self._taken: dict[tuple[Side, Decimal], tuple[Decimal, Decimal]] = {}
        """What we took from a level since it last changed, by the size it shows."""
        self._orders: dict[int, tuple[OrderSubmitted | None, int]] = {}
        self._accepted: set[int] = set()
        self._stages: dict[Channel, FeedStage] = {}
        self._heard_ns: dict[Channel, int] = {}
        self._is_shut = ""
        self._has_ended = False
        self._bar_ns = 0
        self._heard_bars: dict[int, tuple[float, float]] = {}
        self.wicks: list[tuple[int, float]] = []
        """Prints that happened while nobody listened: exchange time and price."""
        self.bars: Callable[[int], tuple[float, ...]] | None = None
        """The true open, high, low and close of a bar; None: replies may be garbled, or lie."""

    def hear(self, events: Sequence[Input], now_ns: int) -> None:
        """Take note of what a frame really says, before the engine gets it."""
        for event in events:
            channel = CHANNEL_OF.get(type(event))
            if channel is not None:
                self._heard_ns[channel] = now_ns
            if isinstance(event, BookUpdate):
                shown = {(Side.BUY, exact(p)): exact(q) for p, q in event.asks}
                shown |= {(Side.SELL, exact(p)): exact(q) for p, q in event.bids}
                self._shown[event.exchange_ns].append(shown)
            elif isinstance(event, CandleUpdate) and not event.is_closed:
                self._heard_bars[event.open_ns] = (event.high, event.low)
            elif isinstance(event, PublicTrade):
                self._printed[event.exchange_ns].append(event)

    def resume(self, engine: Engine) -> None:
        """Forget what a dead process gave out and had not committed: bars and stages are quiet."""
        (market,) = engine.markets.values()
        self._bar_ns = market.candles.last_open_ns or 0
        self._stages = dict(market.health.stages)

    def judge(self, engine: Engine, events: Sequence[Input], outputs: tuple[Output, ...]) -> None:
        """Compare what came of a step with everything known."""
        if not outputs:
            self._mind_levels(events, outputs)
            return
        if self._has_ended:
            self.complaints.append(f"after the end: {outputs[0]}")
        head = engine.head()
        self._mind_levels(events, outputs)
        stamps = [e.exchange_ns for e in events if isinstance(e, PublicTrade | MarkPrice)]
        self._mind_stages(outputs)
        for index, output in enumerate(outputs):
            match output:
                case OrderSubmitted():
                    latency_ns = output.arrival_ns - output.at_ns
                    self._orders[output.order_id] = (output, head.as_of_ns + latency_ns)
                    if output.request.role is OrderRole.ENTRY:
                        self.complaints += self._about_entry(output, outputs[:index])
                case OrderAmended():
                    self.counts["amended"] += 1
                    self._amend(output)
                case OrderAccepted() | OrderStatusUnknown() | OrderStatusLearned():
                    self._mind_doubts(output)
                case OrderTriggered():
                    submitted, _ = self._orders.get(output.order_id, (None, 0))
                    fires_ns = submitted.request.fires_ns if submitted is not None else None
                    pulled_ns = [fires_ns] if fires_ns is not None else stamps
                    if pulled_ns:
                        arrival_ns = min(pulled_ns) + 10 * NS_PER_MS
                        self._orders[output.order_id] = (submitted, arrival_ns)
                case OrderFilled():
                    self.fills.append(output)
                    self.counts[f"fill {output.evidence.split()[0]}"] += 1
                    self.counts[f"fill {output.role}"] += 1
                    self.complaints += self._about_fill(output)
                case ControlApplied() if output.word in {ControlWord.PAUSE, ControlWord.FLATTEN}:
                    self._is_shut = self._is_shut or f"{output.word}"
                case ControlApplied() if output.word is ControlWord.RESUME:
                    self._is_shut = "" if self._is_shut != "ending" else "ending"
                case SessionEnding():
                    self._is_shut = "ending"
                case FundingBooked():
                    self.counts["funding booked"] += 1
                case CandleClosed():
                    self.counts["bar back-filled"] += output.is_backfilled
                    self.complaints += self._about_bar(output, outputs[:index])
                    self.complaints += self._about_forgotten_stops(output, engine)
                case SessionEnded():
                    self._has_ended = True
                case _:
                    continue
        self.complaints += _about_protection(engine)

    def _mind_doubts(self, output: OrderAccepted | OrderStatusUnknown | OrderStatusLearned) -> None:
        """Hold that nothing was accepted which the venue says it never got."""
        if isinstance(output, OrderAccepted):
            self._accepted.add(output.order_id)
        elif isinstance(output, OrderStatusUnknown):
            self.counts["status unknown"] += 1
        elif not output.has_reached:
            self.counts["never arrived"] += 1
            if not output.is_cancel and output.order_id in self._accepted:
                self.complaints.append(f"accepted, and never arrived: {output}")

    def _amend(self, amended: OrderAmended) -> None:
        """Judge the order by its new prices from now on."""
        submitted, arrival_ns = self._orders.get(amended.order_id, (None, 0))
        if submitted is not None:
            request = structs.replace(
                submitted.request, price=amended.price, trigger_price=amended.trigger_price
            )
            told = structs.replace(submitted, request=request)
            self._orders[amended.order_id] = (told, arrival_ns)

    def _mind_levels(self, events: Sequence[Input], outputs: tuple[Output, ...]) -> None:
        """Forget what was taken from levels that a new book shows changed."""
        for event in events:
            is_used = not any(isinstance(output, MessageIgnored) for output in outputs)
            if self._taken and isinstance(event, BookUpdate) and is_used:
                shown = self._shown[event.exchange_ns][-1]
                self._taken = {
                    level: (size, taken)
                    for level, (size, taken) in self._taken.items()
                    if shown.get(level) == size
                }

    def _mind_stages(self, outputs: tuple[Output, ...]) -> None:
        for output in outputs:
            if isinstance(output, FeedStageChanged):
                self._stages[output.channel] = output.stage

    def _about_entry(self, entry: OrderSubmitted, before: tuple[Output, ...]) -> Iterator[str]:
        """Complain of an entry on a market that nobody may trade on."""
        if self._is_shut:
            yield f"an entry while {self._is_shut}: {entry}"
        for channel in Channel:
            if self._stages.get(channel) is not FeedStage.FRESH:
                yield f"an entry while {channel} is {self._stages.get(channel)}: {entry}"
        for channel in CHANNEL_OF.values():
            silent_ns = entry.at_ns - self._heard_ns.get(channel, 0)
            if silent_ns > SILENT_NS_MOST:
                yield f"an entry {silent_ns / NS_PER_S:.1f} s after the last {channel}: {entry}"
        if not self._decides_on_trades:
            raised = [o for o in before if isinstance(o, IntentRaised | CandleClosed)]
            bar = raised[-2] if len(raised) > 1 else None
            is_live = isinstance(bar, CandleClosed) and bar.is_confirmed and not bar.is_backfilled
            if not is_live or not isinstance(raised[-1], IntentRaised):
                yield f"an entry on no live bar: {bar}"
            elif not isinstance(raised[-1].intent, Enter):
                yield f"an entry nobody wanted: {entry}"

    def _about_bar(self, bar: CandleClosed, before: tuple[Output, ...]) -> Iterator[str]:
        """Complain of a bar out of order, after an untold hole, or other than it truly was."""
        interval_ns = bar.interval_s * NS_PER_S
        has_gap = any(isinstance(output, CandleGap) for output in before)
        if self._bar_ns and bar.open_ns != self._bar_ns + interval_ns and not has_gap:
            yield f"the bar after {self._bar_ns} is {bar.open_ns}, and no gap was told"
        if bar.open_ns <= self._bar_ns:
            yield f"a bar out of order: {bar}"
        self._bar_ns = bar.open_ns
        told = (bar.open, bar.high, bar.low, bar.close)
        if bar.is_confirmed and self.bars is not None and self.bars(bar.open_ns) != told:
            yield f"expected the bar {self.bars(bar.open_ns)}, was {bar}"

    def _about_forgotten_stops(self, bar: CandleClosed, engine: Engine) -> Iterator[str]:
        """Complain of a stop still armed though the bar shows that it was reached unseen."""
        if not bar.is_confirmed:
            return
        close_ns = bar.open_ns + bar.interval_s * NS_PER_S
        high, low = self._heard_bars.get(bar.open_ns, (-inf, inf))
        for wick_ns, price in self.wicks:
            # What was heard of the bar before the silence was no less extreme: then a bar cannot
            # tell whether the price went there again.
            is_news = (price == bar.high and price > high) or (price == bar.low and price < low)
            if not bar.open_ns <= wick_ns < close_ns or not is_news:
                continue
            for order in engine.head().orders:
                trigger = order.request.trigger_price
                if order.request.role is not OrderRole.STOP or trigger is None:
                    continue
                is_armed = order.arrival_exchange_ns <= wick_ns and not order.is_triggered
                if is_armed and (price - float(trigger)) * order.request.side.sign >= 0:
                    yield f"a wick to {price} was not heard, and this stop is forgotten: {order}"

    def _about_fill(self, fill: OrderFilled) -> Iterator[str]:
        """Complain of a fill that the market did not offer, or offered before we were there."""
        source, _, stamp = fill.evidence.partition(" ")
        if int(stamp) != fill.exchange_ns:
            yield f"evidence of another time: {fill}"
        submitted, arrival_ns = self._orders.get(fill.order_id, (None, 0))
        match source:
            case "book":
                level = (fill.side, fill.price)
                sizes = [book[level] for book in self._shown[fill.exchange_ns] if level in book]
                size = max(sizes, default=ZERO)
                known, before = self._taken.get(level, (size, ZERO))
                taken = fill.quantity + (before if known == size else ZERO)
                self._taken[level] = (size, taken)
                if taken > size:
                    yield f"{taken} taken where {sizes} was shown: {fill}"
                if fill.exchange_ns < arrival_ns:
                    late_ms = (arrival_ns - fill.exchange_ns) / NS_PER_MS
                    yield f"filled {late_ms:.0f} ms before the order was there: {fill}"
            case "queue":
                if fill.exchange_ns < arrival_ns:
                    yield f"a resting order filled before it was there: {fill}"
                limit = submitted.request.price if submitted is not None else None
                if limit != fill.price or not self._was_reached(fill):
                    yield f"a resting order at {limit} that nothing reached: {fill}"
            case "backfill":
                if not fill.is_pessimistic:
                    yield f"back-filled, and not marked pessimistic: {fill}"
                trigger = submitted.request.trigger_price if submitted is not None else None
                is_stop = fill.role is OrderRole.STOP and trigger is not None
                if is_stop and (fill.price - (trigger or 0)) * fill.side.sign < 0:
                    yield f"a stop at {trigger} back-filled better than it: {fill}"
            case _:
                yield f"unknown evidence: {fill}"

    def _was_reached(self, fill: OrderFilled) -> bool:
        sign = fill.side.sign
        printed = any(
            (exact(trade.price) - fill.price) * sign <= 0
            for trade in self._printed[fill.exchange_ns]
        )
        return printed or any(
            side is fill.side and (price - fill.price) * sign <= 0
            for book in self._shown[fill.exchange_ns]
            for side, price in book
        )


def _about_protection(engine: Engine) -> Iterator[str]:
    """Complain unless stop and target cover exactly what is open, and nothing that is not."""
    head = engine.head()
    held = {position.key: position.held for position in head.positions}
    stops = 0
    for order in head.orders:
        role, key = order.request.role, (order.request.symbol, order.request.position_side)
        if role in CLOSERS and key not in held:
            yield f"a {role} while flat: {order}"
        if role in PROTECTIVE and order.remaining != held.get(key):
            yield f"expected {role} of {held.get(key)}, was {order}"
        stops += role is OrderRole.STOP
    if stops != len(held):
        yield f"{len(held)} positions and {stops} stops at {engine.now_ns}"
