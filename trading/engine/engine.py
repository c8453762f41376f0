"""One event in, events out. The order of effects is always the same.

Time moves - what is due happens (arrivals, retries, deadline) - the market is updated - broker
(triggers, matching, booked at once in the ledger) - funding - strategy - risk - submit - closing.

The engine reads no clock and draws from no global random source: the same setup and the same
inputs give the same outputs, to the byte.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from trading.account.account import Account
from trading.account.head import AccountHead
from trading.account.position import Position
from trading.broker import arrivals, bands, book_fills
from trading.engine import bars, liquidation, market_events, shell_events
from trading.engine.desk import Desk
from trading.engine.setup import EngineSetup
from trading.engine.turn import Turn
from trading.market.state import SymbolMarket
from trading.model.events import (
    BookUpdate,
    CandlesExhausted,
    CandleUpdate,
    Channel,
    ControlReceived,
    FeedConnected,
    FeedLost,
    FrameRejected,
    FramesConflated,
    FundingRate,
    FundingSettled,
    Input,
    MarkPrice,
    Output,
    PolicyReceived,
    PublicTrade,
    RequestFailed,
    SessionEnded,
    SessionResumed,
    SessionStarted,
    TimerFired,
)
from trading.model.numbers import NEVER_NS, NS_PER_S, seconds_to_ns
from trading.strategy.view import FrameFactory

CHECK_EVERY_NS: Final = NS_PER_S // 2
"""Session time between two looks at the ages of the channels."""

Handler = Callable[[Desk, Any, list[Output]], None]

HANDLERS: Final = MappingProxyType[type, Handler](
    {
        PublicTrade: market_events.on_trade,
        BookUpdate: market_events.on_book,
        MarkPrice: market_events.on_mark,
        CandleUpdate: market_events.on_candle,
        CandlesExhausted: market_events.on_exhausted,
        FundingRate: market_events.on_rate,
        FundingSettled: market_events.on_settled,
        TimerFired: shell_events.on_timer,
        ControlReceived: shell_events.on_control,
        PolicyReceived: shell_events.on_policy,
        FeedConnected: shell_events.on_connected,
        FeedLost: shell_events.on_lost,
        FrameRejected: shell_events.on_rejected,
        FramesConflated: shell_events.on_conflated,
        RequestFailed: shell_events.on_failed,
        SessionResumed: shell_events.on_resumed,
    }
)
"""What every input does; a test holds that none is missing."""


class Engine:
    """The session's whole state, moved by ``step`` alone.

    Invariants: engine time never goes back; a step's outputs are complete, nothing is told
    elsewhere; after ``SessionEnded`` nothing comes out any more.
    """

    __slots__ = (
        "_all_markets",
        "_broker_due_ns",
        "_broker_exchange_ns",
        "_check_ns",
        "_desk",
        "_due_ns",
        "_exchange_due_ns",
        "_has_quiet_trades",
        "_is_started",
        "_opening_fills",
        "_own_due_ns",
        "_sample_every_ns",
        "_sample_ns",
    )

    def __init__(self, setup: EngineSetup, *, frame: FrameFactory | None = None) -> None:
        """Build the engine.

        Raises:
            ConfigError: when the strategy or its parameters are refused.
        """
        desk = self._desk = Desk(setup, frame)
        self._all_markets = tuple(desk.markets.values())
        self._has_quiet_trades = not any(
            turn.strategy.decides_on_trades for turn in desk.turns.values()
        )
        self._opening_fills = desk.account.counters.fill
        self._is_started = False
        self._check_ns = setup.opened_ns
        self._sample_ns = setup.opened_ns
        self._sample_every_ns = seconds_to_ns(setup.config.equity_sample_s)
        self._own_due_ns = setup.opened_ns
        self._due_ns = 0
        self._exchange_due_ns = 0
        self._broker_due_ns = 0
        self._broker_exchange_ns = 0

    # --- the one way in --------------------------------------------------------------------

    def step(self, event: Input) -> tuple[Output, ...]:
        """Apply one event and return everything that came of it, in order."""
        desk = self._desk
        received_ns = event.received_ns
        if received_ns > desk.now_ns:
            desk.now_ns = received_ns
        if type(event) is PublicTrade and self._has_quiet_trades and self._is_quiet(event):
            return ()
        if type(event) is CandleUpdate and desk.is_replayed:
            turn = desk.turns.get(event.symbol)
            if turn is not None and desk.now_ns < self._due_ns:
                told = turn.quiet_bar(event, desk.now_ns, self._exchange_due_ns)
                if told:
                    if turn.wanted is None and not turn.failures_in_a_row:
                        return told
                    return self._after_quiet_bar(turn, list(told))
        if desk.has_ended:
            return ()
        if desk.is_replayed:
            desk.hear_bars()
        out: list[Output] = []
        if type(event) is SessionResumed:
            # Before what is due: a session that is over by then still says who took it over.
            self._start(out)
            shell_events.note_attempt(desk, event, out)
        if desk.now_ns >= self._due_ns:
            self._run_due(out)
        if not desk.has_ended:
            HANDLERS[type(event)](desk, event, out)
            if out and desk.watch.see(out):
                desk.check_breakers(out)
            if desk.flattening is not None:
                desk.go_on_flattening(out)
            if desk.closing.reason is not None:
                self._close(out)
        self._look_ahead()
        return tuple(out)

    def _is_quiet(self, trade: PublicTrade) -> bool:
        """Take a trade that can change nothing but the last price; False: it needs a full step.

        A shortcut, not a rule: whatever it takes, the full step would have left the same state
        and no output, which a test holds over whole recordings.
        """
        desk = self._desk
        market = desk.markets.get(trade.symbol)
        if market is None or desk.now_ns >= self._due_ns:
            return False
        exchange_ns, price = trade.exchange_ns, trade.price
        if not (
            market.quiet_low < price
            and exchange_ns < self._exchange_due_ns
            and price < market.quiet_high
            and exchange_ns >= market.last_trade_ns
        ):
            return False
        if market.is_future(exchange_ns, trade.received_ns):
            return False
        if market.builder is not None:
            market.builder.extend(trade)
            market.mark = price
        elif market.is_duplicate(trade) or not market.health.heard(
            Channel.TRADE, exchange_ns, trade.received_ns
        ):
            return False
        market.last_price = price
        market.last_trade_ns = exchange_ns
        market.trades_seen += 1
        if exchange_ns > desk.exchange_ns:
            desk.exchange_ns = exchange_ns
        return True

    def _after_quiet_bar(self, turn: Turn, out: list[Output]) -> tuple[Output, ...]:
        """Do what a strategy wanted on a quiet bar, or judge that it failed."""
        desk = self._desk
        desk.hear_bars()
        wanted, turn.wanted = turn.wanted, None
        desk.after(turn, wanted, out)
        if desk.watch.see(out):
            desk.check_breakers(out)
        self._look_ahead()
        return tuple(out)

    def _look_ahead(self) -> None:
        """Find the next instant at which something happens by itself, and the quiet bands."""
        desk, broker = self._desk, self._desk.broker
        if broker.has_changed:
            broker.has_changed = False
            self._broker_due_ns, self._broker_exchange_ns = broker.due_ns()
            liquidation.bound(desk)
            for market in self._all_markets:
                low, high = bands.quiet_band(broker, market)
                if desk.is_replayed:  # its prints or bars are the mark, too
                    low, high = max(low, market.safe_low), min(high, market.safe_high)
                market.quiet_low, market.quiet_high = low, high
        funding = desk.account.funding
        due_ns = min(desk.closing.by_ns, self._own_due_ns, self._broker_due_ns)
        exchange_due_ns = self._broker_exchange_ns
        for at_ns in funding.next_ns.values():
            exchange_due_ns = min(exchange_due_ns, at_ns)
        if funding.owed:
            due_ns = min(due_ns, funding.ask_ns)
        if desk.blind.shut_ns is not None or desk.closing.reason is not None:
            exchange_due_ns = 0  # what ends a silence, and every ending, needs a full step
        for market in self._all_markets:
            if market.candles.confirm_by_ns is not None:
                due_ns = min(due_ns, market.candles.confirm_by_ns)
            if market.builder is not None:
                exchange_due_ns = min(exchange_due_ns, market.builder.end_ns)
        # After the end nothing is quiet, so that no shortcut need ask whether it is over.
        self._due_ns = 0 if desk.has_ended else due_ns
        self._exchange_due_ns = exchange_due_ns

    # --- what happens by itself ------------------------------------------------------------

    def _start(self, out: list[Output]) -> None:
        """Say that the session has begun, before anything else is said, and once."""
        if self._is_started:
            return
        self._is_started = True
        desk = self._desk
        setup = desk.setup
        out.append(
            SessionStarted(
                at_ns=desk.now_ns, session_id=setup.session_id, deadline_ns=setup.deadline_ns
            )
        )

    def _run_due(self, out: list[Output]) -> None:
        desk = self._desk
        now_ns = desk.now_ns
        self._start(out)
        if desk.broker.timed:
            desk.pass_silence(out)
        if now_ns >= self._broker_due_ns:
            for order in arrivals.on_time(desk.broker, desk.markets, now_ns, out):
                market = desk.markets[order.request.symbol]
                book_fills.meet(desk.broker, order, market, now_ns, out)
        if desk.account.funding.owed:
            desk.account.funding.ask_again(now_ns, out)
        for market in self._all_markets:
            if market.candles.confirm_by_ns is not None:
                before = len(out)
                market.candles.on_time(now_ns, out)
                bars.candles_closed(desk, market, before, out)
        if now_ns >= self._check_ns:
            self._check_ns = now_ns + CHECK_EVERY_NS
            desk.check_feed(out)
        if now_ns >= self._sample_ns:
            self._sample_ns = now_ns + self._sample_every_ns
            desk.sample(out)
        self._own_due_ns = self._sample_ns
        if not desk.is_replayed and self._check_ns < self._sample_ns:
            self._own_due_ns = self._check_ns
        if now_ns >= desk.setup.deadline_ns:
            desk.end("deadline", "", out)
        if desk.closing.reason is not None:
            self._close(out)

    def _close(self, out: list[Output]) -> None:
        """Go on ending; give out the last record when everything is done."""
        desk = self._desk
        now_ns = desk.now_ns
        if desk.has_ended or not desk.go_on_closing(out):
            return
        desk.watch.ended(desk.closing.reason)
        desk.sample(out)
        failures = sum(turn.failures for turn in desk.turns.values())
        outcome, detail = desk.closing.outcome(desk.account, desk.gate, failures, self.fills)
        unrealised = desk.account.unrealised(desk.marks())
        out.append(
            SessionEnded(
                at_ns=now_ns,
                outcome=outcome,
                reason=desk.closing.reason or "",
                detail=detail,
                wallet=desk.account.wallet,
                equity=None if unrealised is None else desk.account.wallet + unrealised,
                fills=self.fills,
                round_trips=desk.account.round_trips,
                ambiguous_bars=desk.broker.ambiguous_bars,
            )
        )
        desk.has_ended = True

    # --- what others may look at -----------------------------------------------------------

    @property
    def setup(self) -> EngineSetup:
        """What the engine was built from."""
        return self._desk.setup

    @property
    def now_ns(self) -> int:
        """Engine time: the newest ``received_ns``."""
        return self._desk.now_ns

    @property
    def wake_ns(self) -> int:
        """Engine time by which the next event should come; a timer, if nothing else does."""
        return NEVER_NS if self._desk.has_ended else self._due_ns

    @property
    def has_ended(self) -> bool:
        """Whether ``SessionEnded`` was given out."""
        return self._desk.has_ended

    @property
    def is_left(self) -> bool:
        """Whether ``leave`` was said, and nothing is open any more."""
        return self._desk.is_left

    @property
    def account(self) -> Account:
        """The account, to look at."""
        return self._desk.account

    @property
    def markets(self) -> dict[str, SymbolMarket]:
        """The markets by symbol, to look at."""
        return self._desk.markets

    @property
    def fills(self) -> int:
        """How many fills this session has had."""
        return self._desk.account.counters.fill - self._opening_fills

    def liquidation_price(self, position: Position) -> Decimal | None:
        """Return the mark at which a position is liquidated; None: flat, unknown, or none does."""
        symbol, side = position.key
        return self._desk.health.liquidation_price(symbol, self._desk.marks(), side)

    def make_frames_with(self, frame: FrameFactory | None) -> None:
        """Let strategies make data frames the way this process does, after a snapshot."""
        for turn in self._desk.turns.values():
            turn.view.make_frames_with(frame)

    def entry_blocks(self, symbol: str) -> tuple[str, ...]:
        """Return every reason why no position may be opened in a symbol right now."""
        return self._desk.blocks(self._desk.markets[symbol])

    def head(self) -> AccountHead:
        """Return the account as the next session, or the next process, takes it over."""
        self._desk.hear_bars()
        return self._desk.head()
