"""A whole engine, driven by hand: events in, and everything that came out, kept.

Times are milliseconds after ``market.T0_NS``, when the session opens. Messages arrive 40 ms after
their stamp. The shell's duties are done as the shell does them: timers fire when the engine wants
to wake, and requests for candles are answered with flat bars, unless the test says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

import msgspec

from tests.support.instruments import BTCUSDT
from tests.support.market import T0_NS, bar, book, forming, mark, ns, rate, trade
from tests.support.strategies import HERE
from trading.account.head import AccountHead
from trading.config import (
    EndPolicy,
    ExecutionConfig,
    FeedConfig,
    MarginModeName,
    PositionModeName,
    RiskConfig,
    SessionConfig,
)
from trading.engine import Engine, EngineSetup
from trading.model.events import (
    CandlesRequested,
    Channel,
    FeedConnected,
    Input,
    OrderFilled,
    Output,
    PublicTrade,
    SessionEnded,
    TimerFired,
)
from trading.model.instrument import Instrument
from trading.model.numbers import NS_PER_S

D = Decimal
DELAY_MS = 40
FUNDING_MS = 7 * 3_600_000
EXECUTION = ExecutionConfig(latency_ms_min=100, latency_ms_max=100, trigger_latency_ms=10)
EAGER_RISK = RiskConfig(
    risk_pct=1,
    entry_interval_s=0,
    no_entry_last_s=0,
    settlement_blackout_s=0,
    reward_to_cost_min=0,
)
EVERY_CHANNEL = (Channel.BOOK, Channel.PRICE, Channel.CANDLE, Channel.TRADE)

Kind = TypeVar("Kind", bound=Output)


def setup_of(
    *,
    strategy: str = "hold",
    parameters: dict[str, float | int | bool | str] | None = None,
    minutes: float = 10,
    seed: int = 1,
    head: AccountHead | None = None,
    instruments: tuple[Instrument, ...] = (BTCUSDT,),
    channels: tuple[Channel, ...] = EVERY_CHANNEL,
    builds_candles: bool = False,
    end_policy: EndPolicy = "flatten",
    risk: RiskConfig = EAGER_RISK,
    execution: ExecutionConfig = EXECUTION,
    feed: FeedConfig | None = None,
    opened_ms: float = 0,
    equity_sample_s: float = 1.0,
    margin_mode: MarginModeName = "isolated",
    position_mode: PositionModeName = "one_way",
    leverage: int = 5,
    interval_s: int = 60,
) -> EngineSetup:
    """Return a setup; a strategy of ``tests.support.strategies`` is named by its class alone."""
    path = f"{HERE}:{strategy}" if strategy[0].isupper() else strategy
    return EngineSetup(
        session_id="a-session",
        config=SessionConfig(
            source="embedded",
            strategy=path,
            strategy_parameters=parameters or {},
            minutes=minutes,
            seed=seed,
            end_policy=end_policy,
            risk=risk,
            execution=execution,
            feed=feed or FeedConfig(),
            equity_sample_s=equity_sample_s,
            margin_mode=margin_mode,
            position_mode=position_mode,
            leverage=leverage,
            interval_s=interval_s,
        ),
        instruments=instruments,
        head=head or AccountHead(wallet=D("10000.00")),
        opened_ns=ns(opened_ms),
        deadline_ns=ns(opened_ms + minutes * 60_000),
        channels=channels,
        builds_candles=builds_candles,
    )


class Run:
    """An engine and its diary."""

    def __init__(self, setup: EngineSetup, *, engine: type[Engine] = Engine) -> None:
        """Build the engine; nothing has happened yet."""
        self.engine = engine(setup)
        self.out: list[Output] = []
        self.answers_candles = True
        self.price = 50_000.0

    # --- events ----------------------------------------------------------------------------

    def step(self, *events: Input) -> list[Output]:
        """Apply events as they are; return what came of them, the shell's answers included."""
        before = len(self.out)
        for event in events:
            outputs = self.engine.step(event)
            self.out += outputs
            if self.answers_candles:
                self._answer(outputs)
        return self.out[before:]

    def at(self, *events: Input) -> list[Output]:
        """Apply events, firing the timers that are due before each."""
        before = len(self.out)
        for event in events:
            self.until_ns(event.received_ns)
            self.step(event)
        return self.out[before:]

    def until_ns(self, now_ns: int) -> None:
        """Fire every timer the engine wants before an instant."""
        while not self.engine.has_ended and self.engine.wake_ns < now_ns:
            self.step(TimerFired(max(self.engine.wake_ns, self.engine.now_ns)))

    def until(self, at_ms: float) -> list[Output]:
        """Let time pass, silently, up to and including an instant."""
        before = len(self.out)
        self.until_ns(ns(at_ms))
        self.step(TimerFired(ns(at_ms)))
        return self.out[before:]

    def connect(self, at_ms: float = 0, *, next_ms: float = FUNDING_MS) -> None:
        """Come up: the next settlement is told, and a connection made."""
        self.step(rate(next_ms, at_ms=at_ms), FeedConnected(ns(at_ms), 1))

    def tick(
        self, at_ms: float, price: float | None = None, *, only: Iterable[Channel] = EVERY_CHANNEL
    ) -> list[Output]:
        """Hear every channel once at a price, the book a tick around it, 10 on each side."""
        price = self.price = self.price if price is None else price
        events: dict[Channel, Input] = {
            Channel.CANDLE: forming(int(at_ms // 60_000), price, at_ms=at_ms, delay_ms=DELAY_MS),
            Channel.PRICE: mark(price, at_ms=at_ms, delay_ms=DELAY_MS),
            Channel.TRADE: trade(price, at_ms=at_ms, delay_ms=DELAY_MS),
            Channel.BOOK: book(
                round(price - 0.1, 1), round(price + 0.1, 1), at_ms=at_ms, delay_ms=DELAY_MS
            ),
        }
        heard = set(only)
        return self.at(*(event for channel, event in events.items() if channel in heard))

    def feed(
        self,
        from_ms: float,
        to_ms: float,
        price: float | None = None,
        *,
        every_ms: float = 500,
        only: Iterable[Channel] = EVERY_CHANNEL,
    ) -> list[Output]:
        """Hear the channels at a steady price, from one time up to another, not included."""
        before = len(self.out)
        at_ms = from_ms
        while at_ms < to_ms and not self.engine.has_ended:
            self.tick(at_ms, price, only=only)
            at_ms += every_ms
        return self.out[before:]

    def _answer(self, outputs: tuple[Output, ...]) -> None:
        for each in outputs:
            if isinstance(each, CandlesRequested):
                length_ns = each.interval_s * NS_PER_S
                now_ms = (self.engine.now_ns - T0_NS) / 1e6
                price = self.engine.markets[each.symbol].last_price or self.price
                for open_ns in range(each.start_ns, each.end_ns, length_ns):
                    index = (open_ns - T0_NS) // length_ns
                    self.step(bar(index, price, at_ms=now_ms, interval_s=each.interval_s))

    # --- what came of it -------------------------------------------------------------------

    def all(self, kind: type[Kind], since: int = 0) -> list[Kind]:
        """Return every output of a kind, from an index on."""
        return [each for each in self.out[since:] if isinstance(each, kind)]

    @property
    def ended(self) -> SessionEnded:
        """The last record, which must be the last, and the only one of its kind."""
        (ended,) = self.all(SessionEnded)
        assert ended is self.out[-1]
        return ended

    @property
    def quantity(self) -> Decimal:
        """The signed position."""
        return self.engine.account.position(BTCUSDT.symbol).quantity

    def roles(self) -> list[str]:
        """Return the roles of all fills, in order."""
        return [str(each.role) for each in self.all(OrderFilled)]

    def head_bytes(self) -> bytes:
        """Return the head as the journal writes it."""
        return msgspec.json.encode(self.engine.head())

    def out_bytes(self) -> bytes:
        """Return everything that came out, as the journal writes it."""
        return msgspec.json.encode(self.out)


def next_head(run: Run) -> AccountHead:
    """Return the head as the next session reads it."""
    return msgspec.json.decode(run.head_bytes(), type=AccountHead)


class Plain(Engine):
    """The engine without its shortcuts: every event takes the full step."""

    def _is_quiet(self, trade: PublicTrade) -> bool:
        """Take no print this way."""
        return False

    def _look_ahead(self) -> None:
        """Look ahead, and find no time before which a bar may be taken this way."""
        super()._look_ahead()
        self._exchange_due_ns = 0


def state(run: Run) -> tuple[object, ...]:
    """Return all that can be looked at."""
    market = run.engine.markets[BTCUSDT.symbol]
    return (
        run.head_bytes(),
        run.engine.now_ns,
        market.last_price,
        market.last_trade_ns,
        market.mark,
        market.trades_seen,
        list(market.candles.closed),
        market.candles.contiguous,
        run.engine.entry_blocks(BTCUSDT.symbol),
    )
