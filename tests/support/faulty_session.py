"""A session on the embedded exchange's own market under a fault script, in virtual time.

The real market, subscriber, faults, REST desk, codec, engine and inbox order; no socket, no clock,
no process. A minute takes a tenth of a second, and the same script gives the same outputs. With a
path it writes the session's journal, and its process may then be lost and be followed by another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from msgspec.structs import replace as changed

from tests.support.recorded_session import OPENED_NS, opening
from trading.config import FeedConfig
from trading.engine import Engine
from trading.errors import FatalVenueError, VenueError
from trading.exchange.faults import Faulty
from trading.exchange.opening import open_markets
from trading.exchange.options import ExchangeOptions
from trading.exchange.outbound import Faithful, Outbound
from trading.exchange.rest import RestDesk
from trading.exchange.subscriber import Subscriber
from trading.io.sockets import SocketLimits
from trading.journal.machine import Machine
from trading.journal.store import JournalReader, JournalWriter
from trading.model.events import (
    CandlesExhausted,
    CandlesRequested,
    FeedConnected,
    FeedLost,
    FundingHistoryRequested,
    Output,
    ReconnectRequested,
    RequestFailed,
    SessionResumed,
    ShellInput,
    TimerFired,
)
from trading.model.fault_script import parse_script
from trading.model.numbers import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from trading.session.recorder import Recorder
from trading.session.resume import resume
from trading.venues.base import RestRequest
from trading.venues.registry import venue_named

STEP_NS: Final = 50 * NS_PER_MS
DELAY_NS: Final = 30 * NS_PER_MS
BACKOFF_NS: Final = NS_PER_S
PATIENCE_NS: Final = 8 * NS_PER_S
HISTORY_BARS: Final = 100
SYMBOL: Final = "BTCUSDT"


class FaultySession:
    """One session, and everything it gave out."""

    def __init__(
        self,
        script: str,
        *,
        minutes: float = 2.5,
        stop_s: float = 60.0,
        opened_ns: int = OPENED_NS,
        strategy: str = "pulse",
        journal: Path | None = None,
        settings: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Stand before the first frame; preflight's connection and replies have been.

        ``settings`` are fields of the config that shall be others.
        """
        made = opening(minutes=minutes, strategy=strategy)
        self.now_ns = opened_ns
        feed = FeedConfig(stop_s=stop_s)
        self.setup = changed(
            made.setup,
            config=replace(made.setup.config, **{"feed": feed, **settings}),
            opened_ns=opened_ns,
            deadline_ns=made.setup.deadline_ns + opened_ns - made.setup.opened_ns,
        )
        self._journal = journal
        options = ExchangeOptions(start_ns=self.now_ns)
        self._floor = open_markets(options, 0).floor
        self._desk = RestDesk(self._floor, volume_names="current")
        self._venue = venue_named("embedded")
        machine = Machine(Engine(self.setup), self._venue)
        self._steps: Machine | Recorder = machine
        if journal is not None:
            opened = changed(made, setup=self.setup)
            self._steps = Recorder(machine, JournalWriter.create(journal, opened), opened_ns)
        self.outputs: list[Output] = []
        self._due: list[tuple[int, RestRequest, CandlesRequested | None, int]] = []
        self._line: Subscriber | None = None
        self._is_mute = False
        self._connect_ns = self.now_ns
        self._tries = 0
        self._outbound: Outbound = Faithful()
        self._warm_up()
        self._outbound = Faulty(parse_script(script), start_ns=self.now_ns, seed=7)
        self._outbound.opens(self.now_ns)  # preflight's

    def _warm_up(self) -> None:
        since_ns = self.now_ns // NS_PER_MINUTE * NS_PER_MINUTE
        for request in (
            self._venue.funding_rate_request(SYMBOL),
            self._venue.candles_request(
                SYMBOL, 60, since_ns - HISTORY_BARS * NS_PER_MINUTE, since_ns
            ),
        ):
            self._act(self._steps.reply(request, self._answer(request), self.now_ns))

    @property
    def engine(self) -> Engine:
        """The session's engine, of the process that runs it now."""
        steps = self._steps
        return steps.engine if isinstance(steps, Machine) else steps.machine.engine

    def run(self, until_s: float | None = None) -> list[Output]:
        """Run to the end, or for so long since the opening; return every output, in order."""
        engine = self.engine
        by_ns = self.setup.deadline_ns + NS_PER_MINUTE
        if until_s is not None:
            by_ns = self.setup.opened_ns + round(until_s * NS_PER_S)
        while not engine.has_ended and self.now_ns < by_ns:
            self._pass()
            self._strike()
            if self._line is None and self.now_ns >= self._connect_ns:
                self._connect()
            self._listen()
            for waiting in [each for each in self._due if each[0] <= self.now_ns]:
                self._due.remove(waiting)
                self._ask(*waiting[1:])
            if engine.wake_ns <= self.now_ns:
                self._act(self._steps.event(TimerFired(self.now_ns)))
        if engine.has_ended and isinstance(self._steps, Recorder):
            self._steps.close()
        return self.outputs

    def _pass(self) -> None:
        """Let a moment of the market pass, whoever listens."""
        self.now_ns += STEP_NS
        self._floor.advance(self.now_ns)

    # --- the process --------------------------------------------------------------------------

    def tell(self, event: ShellInput) -> None:
        """Let the shell say something, such as a person's word."""
        self._act(self._steps.event(event))

    def die(self) -> None:
        """Lose the process as it stands: no last word, no closing record."""
        assert isinstance(self._steps, Recorder)
        self._steps.journal.commit(is_durable=False)
        self._steps.journal.close()
        self._line = None
        self._due.clear()

    def rise(self, outage_s: float) -> None:
        """Let the next process take over the session, so long after the last one was lost."""
        assert self._journal is not None
        until_ns = self.now_ns + round(outage_s * NS_PER_S)
        while self.now_ns < until_ns:
            self._pass()
            self._floor.take_prints()
        with JournalReader(self._journal) as reader:
            self._steps = recorder = resume(reader).recorder
        self._connect_ns = self.now_ns
        self.tell(SessionResumed(self.now_ns, 2, recorder.received_ns))

    # --- the feed -----------------------------------------------------------------------------

    def _connect(self) -> None:
        self._tries += 1
        if not self._outbound.opens(self.now_ns):
            self._lose("cannot connect: HTTP 503")
            return
        self._is_mute = False
        self._line = Subscriber(self._floor, now_ns=self.now_ns, trade_times="seconds")
        for message in self._venue.subscriptions(SYMBOL, 60):
            self._line.hear(message, self.now_ns)
        self._act(self._steps.event(FeedConnected(self.now_ns, self._tries)))

    def _strike(self) -> None:
        for strike in self._outbound.strikes(self.now_ns):
            if strike == "half-open":
                self._is_mute = True
            elif self._line is not None:
                self._lose("the connection broke off")

    def _lose(self, reason: str) -> None:
        self._line = None
        self._connect_ns = self.now_ns + BACKOFF_NS
        self._act(self._steps.event(FeedLost(self.now_ns, reason)))

    def _listen(self) -> None:
        """Let every frame that is due arrive; one larger than a client takes ends the line."""
        prints = self._floor.take_prints()
        line = self._line
        if line is None:
            return
        received_ns = self.now_ns + DELAY_NS
        for frame in line.due(self.now_ns, prints):
            for body in self._outbound.push(frame):
                if self._line is not line or self._is_mute:
                    continue
                if len(body) > SocketLimits().frame_bytes_max:
                    self._lose("1009 (message too big)")
                else:
                    received_ns += 1_000  # no two frames at once
                    self._act(self._steps.frame(body, received_ns))

    # --- REST ---------------------------------------------------------------------------------

    def _act(self, outputs: tuple[Output, ...]) -> None:
        self.outputs += outputs
        for output in outputs:
            match output:
                case CandlesRequested():
                    request = self._venue.candles_request(
                        SYMBOL, 60, output.start_ns, output.end_ns
                    )
                    self._due.append((self.now_ns + DELAY_NS, request, output, self.now_ns))
                case FundingHistoryRequested():
                    at_ns = output.settlement_ns
                    request = self._venue.funding_history_request(
                        SYMBOL, at_ns - NS_PER_S, at_ns + NS_PER_S
                    )
                    self._due.append((self.now_ns + DELAY_NS, request, None, self.now_ns))
                case ReconnectRequested() if self._line is not None:
                    self._lose(output.reason)
                case _:
                    continue

    def _answer(self, request: RestRequest) -> bytes:
        target = f"{request.path}?{urlencode(request.query)}"
        reply = self._outbound.reply(target, self._desk.answer(target, self.now_ns), self.now_ns)
        self._venue.check_reply(request, reply.status, reply.body)
        return reply.body

    def _ask(self, request: RestRequest, span: CandlesRequested | None, since_ns: int) -> None:
        """Ask once; a passing error is asked again for as long as a client has patience."""
        try:
            body = self._answer(request)
        except VenueError as error:
            is_fatal = isinstance(error, FatalVenueError)
            if not is_fatal and self.now_ns - since_ns < PATIENCE_NS:
                self._due.append((self.now_ns + NS_PER_S, request, span, since_ns))
                return
            failed = RequestFailed(
                self.now_ns, SYMBOL, f"{request.purpose}", str(error)[:300], is_fatal
            )
            self._act(self._steps.event(failed))
            return
        self._act(self._steps.reply(request, body, self.now_ns))
        if span is not None:
            done = CandlesExhausted(
                SYMBOL, self.now_ns, span.interval_s, span.start_ns, span.end_ns
            )
            self._act(self._steps.event(done))
