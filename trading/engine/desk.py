"""The engine's state in one place, and the few moves that every kind of event shares."""

from __future__ import annotations

from copy import copy, deepcopy
from decimal import Decimal
from random import Random
from typing import Final

from trading.account.account import Account
from trading.account.allowances import Effect, Latch
from trading.account.funding import Held
from trading.account.head import AccountHead
from trading.account.health import MarginHealth
from trading.account.position import Position
from trading.broker import PaperBroker
from trading.broker.execution import Execution
from trading.engine.blind import BlindSpans
from trading.engine.closing import CLOSING_NS_MAX, Closing
from trading.engine.crossings import Crossings
from trading.engine.facts import facts_of
from trading.engine.gate import Gate
from trading.engine.setup import EngineSetup, terms_of
from trading.engine.turn import Turn
from trading.engine.watch import Watch, worst
from trading.market.bar_builder import BarBuilder
from trading.market.candles import CandleSeries
from trading.market.feed_health import FeedHealth
from trading.market.state import SymbolMarket
from trading.model.events import (
    EquityMarked,
    MessageIgnored,
    Output,
    ReconnectRequested,
)
from trading.model.instrument import Instrument
from trading.model.intents import Intent
from trading.model.numbers import NS_PER_S, ZERO, seconds_to_ns
from trading.model.orders import OrderRole
from trading.risk.breakers import Breakers
from trading.risk.limits import RiskReview
from trading.risk.policy import PolicyGate
from trading.strategy import registry
from trading.strategy.base import Strategy
from trading.strategy.view import FrameFactory, View

HISTORY_BARS_LEAST: Final = 100
"""Closed bars that every session looks back on, whatever its strategy asks for."""


class Desk:
    """Everything a session knows and owns. Only the engine's step changes it."""

    __slots__ = (
        "_reconnect_after_ns",
        "_reconnect_every_ns",
        "account",
        "blind",
        "broker",
        "closing",
        "crossings",
        "exchange_ns",
        "flattening",
        "gate",
        "has_ended",
        "health",
        "is_replayed",
        "last_entry_ns",
        "markets",
        "now_ns",
        "policy",
        "setup",
        "turns",
        "watch",
    )

    def __init__(self, setup: EngineSetup, frame: FrameFactory | None) -> None:
        """Build every part from the setup.

        Raises:
            ConfigError: when the strategy or its parameters are refused.
        """
        config = setup.config
        self.setup = setup
        self.now_ns = setup.opened_ns
        self.exchange_ns = 0
        """Newest stamp of the venue seen on any channel."""
        self.account = Account(setup.head, terms_of(config))
        self.health = MarginHealth(self.account, {each.symbol: each for each in setup.instruments})
        execution = Execution.of(config.execution, config.seed)
        head = setup.head
        self.broker = PaperBroker(
            config.execution, self.account, self.health, execution, head.orders, head.client_ids
        )
        self.markets: dict[str, SymbolMarket] = {}
        self.turns: dict[str, Turn] = {}
        review = RiskReview(config.risk)
        needed: dict[str, int] = {}
        for instrument in setup.instruments:
            symbol = instrument.symbol
            strategy = registry.build(config.strategy, config.parameters_of(symbol))
            self.account.positions_of(symbol)  # there from the start: a look must not make one
            needed[symbol] = strategy.min_history_bars
            market = self.markets[symbol] = _market(setup, instrument, strategy)
            rng = Random(f"{config.seed} strategy {symbol}")
            view = View(
                market, self.broker, rng, setup.deadline_ns, frame, self.health, self.markets
            )
            self.turns[symbol] = Turn(market, strategy, view, review, self.broker)
        self.is_replayed = not setup.channels
        """No venue feeds this session: what it is given is the whole market."""
        self.gate = Gate(setup.opened_ns, needed, is_replayed=self.is_replayed)
        two_bars_ns = 2 * config.interval_s * NS_PER_S if self.is_replayed else 0
        self.closing = Closing(setup.deadline_ns, patience_ns=max(CLOSING_NS_MAX, two_bars_ns))
        allowances = deepcopy(setup.head.allowances)
        self.watch = Watch(Breakers(config.risk, allowances))
        self.policy = PolicyGate(is_required=config.risk.policy_required)
        self.last_entry_ns = setup.head.last_entry_ns
        self.has_ended = False
        self.flattening: str | None = None
        """Why everything is being closed by a control word; None: it is not."""
        self.crossings = Crossings()
        self.blind = BlindSpans(setup.head.unheard)
        if setup.head.positions:
            self.blind.shut(setup.head.as_of_ns)
        self._reconnect_after_ns = 0
        self._reconnect_every_ns = seconds_to_ns(config.feed.reconnect_s)

    def market(self, symbol: str, out: list[Output]) -> SymbolMarket | None:
        """Return a symbol's market; None, and a word in ``out``, when it is not ours."""
        market = self.markets.get(symbol)
        if market is None:
            out.append(
                MessageIgnored(
                    at_ns=self.now_ns, symbol=symbol, channel="any", reason="unknown symbol"
                )
            )
        return market

    def marks(self) -> dict[str, float | None]:
        """Return every symbol's mark price."""
        return {symbol: market.mark for symbol, market in self.markets.items()}

    def blocks(self, market: SymbolMarket) -> tuple[str, ...]:
        """Return every reason against an entry in this symbol now."""
        funding, symbol, now_ns = self.account.funding, market.symbol, self.now_ns
        next_ns, booked_ns = funding.next_ns.get(symbol), funding.booked_ns.get(symbol)
        breakers = self.watch.breakers
        found = self.gate.blocks(market)
        if next_ns is None and not self.is_replayed:
            found.append("funding_unknown: the next settlement is not known")
        found += breakers.blocks()
        found += self.policy.blocks(now_ns)
        found += breakers.waits(now_ns, self.setup.deadline_ns, (booked_ns, next_ns))
        return tuple(found)

    def equity(self) -> Decimal | None:
        """Return wallet and unrealised profit at the marks; None when a mark is unknown."""
        account = self.account
        if not account.trips:
            return account.wallet
        unrealised = account.unrealised(self.marks())
        return None if unrealised is None else account.wallet + unrealised

    def check_breakers(self, out: list[Output]) -> None:
        """Measure the account against its limits; do what the worst that tripped says."""
        equity, breakers = self.equity(), self.watch.breakers
        if breakers.passes(self.now_ns, equity):
            return
        tripped = self.watch.check(self.now_ns, equity, out)
        if tripped:
            latch = worst(tripped)
            if latch.effect in {Effect.STOP, Effect.HALT}:
                self.end("halted", _told(latch), out)
            self.announce(out)
        held = breakers.closes()
        if held is not None and self.flattening is None and self._is_open():
            self.flattening = _told(held)  # what was carried into this session, too

    def _is_open(self) -> bool:
        return any(not each.is_flat for each in self.account.positions.values())

    def venue_ns(self, market: SymbolMarket) -> int:
        """Return what the venue's clock says now, as far as it can be known.

        The newest stamp seen is only a lower bound: a feed that lags, or a channel that speaks
        twice a second, must not make an order arrive in the past. Where delays are known, now
        less the shortest one is the better bound.
        """
        offset_ns = market.health.offset_ns
        if offset_ns is None:
            return self.exchange_ns
        return max(self.exchange_ns, self.now_ns - offset_ns)

    def flatten(self, role: OrderRole, reason: str, out: list[Output]) -> bool:
        """Take entries back and close what is open; True when nothing of either is left."""
        is_done = True
        for symbol, turn in self.turns.items():
            turn.take_entries_back(self.now_ns)
            turn.close(role, 0, reason, self.now_ns, self.venue_ns(turn.market), out)
            is_flat = all(each.is_flat for each in self.account.positions_of(symbol))
            is_done = is_done and is_flat and not self.broker.has_entry(symbol)
        return is_done

    def go_on_flattening(self, out: list[Output]) -> None:
        """See a ``flatten`` through: an entry that filled after the word is closed, too."""
        if self.flattening is not None and self.flatten(OrderRole.FLATTEN, self.flattening, out):
            self.flattening = None

    def go_on_closing(self, out: list[Output]) -> bool:
        """See an ending session through; True when everything is done, or was waited for enough."""
        closing = self.closing
        self.pass_settlements(self.exchange_ns, out)
        is_flat = True
        if closing.is_flattening:
            is_flat = self.flatten(OrderRole.FLATTEN, f"session {closing.reason}", out)
        else:
            for turn in self.turns.values():
                turn.take_entries_back(self.now_ns)
        return closing.is_over(self.broker, self.now_ns, out, is_flat=is_flat)

    def end(self, reason: str, detail: str, out: list[Output]) -> None:
        """Begin to end the session; the first reason stands."""
        self.gate.close("session_ending", reason)
        self.closing.begin(reason, detail, self.setup.config.end_policy, self.now_ns, out)

    def hear_bars(self) -> None:
        """Let the venue's clock be where bars have told it is: quiet ones leave it as it was."""
        for market in self.markets.values():
            if market.told_ns > self.exchange_ns:
                self.exchange_ns = market.told_ns

    def move_exchange(self, exchange_ns: int, out: list[Output]) -> None:
        """Let the venue's clock move on, and settlements pass, before the event does anything.

        A settlement of which bars have yet to tell whether anything was still held waits for them.
        """
        if exchange_ns > self.exchange_ns:
            self.exchange_ns = exchange_ns
        if self.account.funding.next_ns:
            self.pass_settlements(self.blind.known_ns(self.exchange_ns), out)
        if self.broker.timed:
            known_ns = self.blind.known_ns(self.exchange_ns)
            self.broker.pass_time(self.exchange_ns, known_ns, self.now_ns, out)

    def pass_silence(self, out: list[Output]) -> None:
        """Let entries expire by the clock when no message tells the venue's time."""
        known_ns = self.blind.known_ns(self.exchange_ns)
        venue_ns = max((self.venue_ns(market) for market in self.markets.values()), default=0)
        self.broker.pass_time(venue_ns, known_ns, self.now_ns, out)

    def pass_settlements(self, until_ns: int, out: list[Output]) -> None:
        """Let every settlement up to a time of the venue's clock pass: what was held owes it."""
        funding = self.account.funding
        for symbol, next_ns in list(funding.next_ns.items()):
            if until_ns < next_ns > self.exchange_ns:
                continue
            positions = self.account.positions_of(symbol)
            held = [self.crossings.held(each.key, self._held(each)) for each in positions]
            if until_ns >= next_ns:
                funding.pass_time(symbol, held, until_ns, self.now_ns, out)
                self.broker.pause_matching(next_ns)
                if funding.next_ns.get(symbol, until_ns + 1) > self.exchange_ns:
                    for each in positions:
                        self.crossings.over(each.key)

    def _held(self, position: Position) -> Held:
        trip = self.account.trips.get(position.key)
        trip_id = trip.trip_id if trip is not None else 0
        return Held(position.quantity, trip_id, position.position_side)

    @property
    def heard_ns(self) -> int:
        """Exchange time of the last thing heard before the silence, if there is one now."""
        shut_ns = self.blind.shut_ns
        return self.exchange_ns if shut_ns is None else min(shut_ns, self.exchange_ns)

    def listen_again(self, *, has_new_clock: bool) -> None:
        """Begin to listen after an outage: the time until now was nobody's silence or delay."""
        for market in self.markets.values():
            market.health.listen(self.now_ns, has_new_clock=has_new_clock)
        self.closing.begin_again(self.now_ns)

    def go_blind(self) -> None:
        """Take note that nothing is heard from here on; a replay is given the whole market."""
        if not self.is_replayed and not self.blind.is_shut:
            self.blind.shut(self.exchange_ns)
            for market in self.markets.values():
                market.heard_bar = market.candles.forming

    def trade_turn(self, turn: Turn, out: list[Output]) -> None:
        """Give a strategy its turn on a public trade."""
        if self.closing.reason is None:
            self.after(turn, turn.decide(self.now_ns, out), out)

    def after(self, turn: Turn, intent: Intent | None, out: list[Output]) -> None:
        """Do what comes after a turn: act on the intent, or judge the failure."""
        if intent is not None:
            if turn.act(intent, facts_of(self, turn, intent), out):
                self.last_entry_ns = self.now_ns
        elif turn.failures_in_a_row:
            self._judge(turn)

    def _judge(self, turn: Turn) -> None:
        """Suspend entries when a strategy has failed too often in a row."""
        if turn.failures_in_a_row >= self.setup.config.risk.strategy_failures_max:
            self.gate.close("strategy_failed", f"{turn.failures_in_a_row} failures in a row")

    def check_feed(self, out: list[Output]) -> None:
        """Look at the age of every channel: stale, dead, hopeless."""
        if self.is_replayed:
            return
        now_ns = self.now_ns
        is_fresh = True
        for market in self.markets.values():
            health = market.health
            health.check(now_ns, out)
            is_fresh = is_fresh and not health.unfresh()
            hopeless = health.hopeless(now_ns)
            if hopeless:
                self.end("feed_failed", f"no {', '.join(hopeless)} for {market.symbol}", out)
            dead = health.dead()
            if dead and now_ns >= self._reconnect_after_ns:
                self._reconnect_after_ns = now_ns + self._reconnect_every_ns
                reason = f"{', '.join(dead)} of {market.symbol} silent"
                out.append(ReconnectRequested(at_ns=now_ns, reason=reason))
        self.gate.measure(now_ns, is_fresh=is_fresh)
        self.announce(out)

    def announce(self, out: list[Output]) -> None:
        """Give out which reasons against entries came or went."""
        for market in self.markets.values():
            self.gate.announce(market.symbol, self.blocks(market), self.now_ns, out)

    def sample(self, out: list[Output]) -> None:
        """Give out the account at the marks, where they are known."""
        marks = self.marks()
        marked = self.account.marked(marks, self.now_ns, self.health.maintenance(marks) or ZERO)
        if marked is not None:
            out.append(marked)
        if not self.has_ended:
            self.check_breakers(out)

    @property
    def is_left(self) -> bool:
        """Whether ``leave`` was said, and nothing is open any more."""
        return "left" in self.gate.standing and self.flattening is None

    def head(self) -> AccountHead:
        """Return the account as the next session, or the next process, takes it over."""
        account, funding = self.account, self.account.funding
        return AccountHead(
            wallet=account.wallet,
            margin_mode=account.terms.mode,
            counters=copy(account.counters),
            positions=tuple(copy(p) for p in account.positions.values() if not p.is_flat),
            trips=tuple(map(copy, account.trips.values())),
            orders=tuple(map(copy, self.broker.orders.values())),
            client_ids=self.broker.client_ids.spent,
            owed=tuple(map(copy, funding.owed.values())),
            unpublished=tuple(map(copy, funding.unpublished.values())),
            funding_booked_ns=dict(funding.booked_ns),
            funding_next_ns=dict(funding.next_ns),
            funding_interval_ns=dict(funding.interval_ns),
            last_entry_ns=self.last_entry_ns,
            as_of_ns=self.heard_ns,
            unheard=self.blind.spans,
            marked=self._marked(),
            allowances=deepcopy(self.watch.breakers.allowances),
            sessions=account.sessions + 1,
        )

    def _marked(self) -> EquityMarked | None:
        """Return the account at the marks while it holds something."""
        account, marks = self.account, self.marks()
        if all(position.is_flat for position in account.positions.values()):
            return None
        return account.marked(marks, self.heard_ns, self.health.maintenance(marks) or ZERO)


def _told(latch: Latch) -> str:
    return f"{latch.code}: {latch.value}, limit {latch.limit}"


def _market(setup: EngineSetup, instrument: Instrument, strategy: Strategy) -> SymbolMarket:
    config = setup.config
    symbol, interval_s = instrument.symbol, config.interval_s
    return SymbolMarket(
        instrument,
        CandleSeries(
            symbol,
            interval_s,
            kept_bars=2 * max(config.history_bars, HISTORY_BARS_LEAST, strategy.min_history_bars),
            confirm_timeout_ns=seconds_to_ns(config.feed.candle_confirm_timeout_s),
            live_from_ns=setup.opened_ns,
        ),
        FeedHealth(symbol, setup.channels, config.feed, setup.opened_ns),
        BarBuilder(symbol, interval_s) if setup.builds_candles else None,
    )
