"""The shell of a replay: feed in, journal out, as fast as the engine goes."""

from __future__ import annotations

import platform
from collections import deque
from collections.abc import Callable
from decimal import Decimal

from trading.account.funding import STAMP_JITTER_NS
from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.engine import Engine, EngineSetup
from trading.errors import ConfigError, JournalError, VenueError
from trading.io.lock import AccountLock
from trading.journal.machine import Machine
from trading.journal.record import SCHEMA_VERSION, Opening
from trading.journal.source import source_digest
from trading.journal.store import JournalWriter
from trading.model.events import (
    CandlesExhausted,
    CandlesRequested,
    FundingHistoryRequested,
    Output,
    RequestFailed,
    SessionEnded,
    TimerFired,
)
from trading.model.numbers import money
from trading.replay.feed import Feed
from trading.session.frames import pandas_frame
from trading.session.paths import SessionPaths
from trading.session.recorder import Recorder
from trading.venues.base import RestRequest
from trading.venues.registry import venue_named

Tell = Callable[[int], None]
"""Called now and then with the session time reached."""
TELL_EVERY = 50_000


def replay(
    config: SessionConfig,
    feed: Feed,
    paths: SessionPaths,
    tell: Tell | None = None,
    head: AccountHead | None = None,
    *,
    is_kept: bool = True,
) -> SessionEnded:
    """Run a session over a feed, from its first instant to its last; return its last record.

    The account is ``head``, or a new one with the config's opening wallet: what a replay earns,
    nobody has. Where its journal is not ``is_kept`` but read and thrown away, it waits for no disk.

    Raises:
        ConfigError: when the strategy is refused, or the feed has another symbol.
        FeedError: when the feed cannot be read on.
        JournalError: when the journal cannot be written, or the session never ended.
    """
    if feed.instrument.symbol != config.symbol:
        raise ConfigError(
            "symbol", config.symbol, feed.instrument.symbol, "name the symbol of the recording"
        )
    setup = EngineSetup(
        session_id=paths.session_id,
        config=config,
        instruments=(feed.instrument,),
        head=head or AccountHead(wallet=money(Decimal(repr(config.opening_wallet_usdt)))),
        opened_ns=feed.start_ns,
        deadline_ns=feed.end_ns,
        channels=feed.channels,
    )
    opening = Opening(
        schema_version=SCHEMA_VERSION,
        setup=setup,
        config_digest=config.digest(),
        source_digest=source_digest(),
        versions={"python": platform.python_version()},
        venue=feed.venue,
        endpoint=feed.origin,
    )
    machine = Machine(Engine(setup, frame=pandas_frame), venue_named(feed.venue))
    paths.folder.mkdir(parents=True, exist_ok=True)
    with AccountLock(paths.lock, paths.session_id):
        journal = JournalWriter.create(paths.journal, opening, is_kept=is_kept)
        recorder = Recorder(machine, journal, setup.opened_ns)
        paths.point_latest()
        try:
            ended = _Shell(feed, recorder).run(tell)
        finally:
            recorder.close()
    if ended is None:
        raise JournalError(f"{paths.journal}: the replay closed without its last record")
    return ended


class _Shell:
    """Timers and effects in virtual time."""

    def __init__(self, feed: Feed, recorder: Recorder) -> None:
        self._feed = feed
        self._recorder = recorder
        self._engine = recorder.machine.engine
        self._asked: deque[Output] = deque()
        self._ended: SessionEnded | None = None

    def run(self, tell: Tell | None) -> SessionEnded | None:
        """Hear everything, then let what is left of the time pass."""
        engine, recorder = self._engine, self._recorder
        for count, (received_ns, what) in enumerate(self._feed.heard()):
            self._let_pass(received_ns)
            if engine.has_ended:
                break
            if isinstance(what, bytes):
                self._note(recorder.frame(what, received_ns))
            elif isinstance(what, tuple):
                self._note(recorder.reply(what[0], what[1], received_ns))
            else:
                self._note(recorder.event(what))
            if tell is not None and count % TELL_EVERY == 0:
                tell(engine.now_ns)
        self._let_pass(None)
        return self._ended

    def _let_pass(self, until_ns: int | None) -> None:
        """Fire every timer the engine wants before an instant; None: until it has ended."""
        engine = self._engine
        while not engine.has_ended and (until_ns is None or engine.wake_ns < until_ns):
            before_ns = engine.now_ns
            self._note(self._recorder.event(TimerFired(max(engine.wake_ns, before_ns))))

    def _note(self, outputs: tuple[Output, ...]) -> None:
        """Carry out what the outputs ask for; answers may ask for more."""
        asked = self._asked
        asked.extend(outputs)
        while asked:
            output = asked.popleft()
            match output:
                case CandlesRequested():
                    self._candles(output)
                case FundingHistoryRequested():
                    self._settlement(output)
                case SessionEnded():
                    self._ended = output
                case _:
                    pass

    def _candles(self, asked: CandlesRequested) -> None:
        engine, venue = self._engine, self._recorder.machine.venue
        now_ns = engine.now_ns
        try:
            page = venue.candles_request(
                asked.symbol, asked.interval_s, asked.start_ns, asked.end_ns
            )
        except VenueError as error:
            self._failed(asked.symbol, "candles", str(error))
            return
        following: RestRequest | None = page
        while following is not None:
            body = self._feed.answer(following, now_ns)
            if body is None:
                return  # a past session: its replies come by themselves, when they came
            self._asked.extend(self._recorder.reply(following, body, now_ns))
            following = venue.candles_rest(following, body)
        exhausted = CandlesExhausted(
            asked.symbol, now_ns, asked.interval_s, asked.start_ns, asked.end_ns
        )
        self._asked.extend(self._recorder.event(exhausted))

    def _settlement(self, asked: FundingHistoryRequested) -> None:
        now_ns, at_ns = self._engine.now_ns, asked.settlement_ns
        venue = self._recorder.machine.venue
        try:
            request = venue.funding_history_request(
                asked.symbol, at_ns - STAMP_JITTER_NS, at_ns + STAMP_JITTER_NS + 1
            )
        except VenueError as error:
            self._failed(asked.symbol, "funding history", str(error))
            return
        body = self._feed.answer(request, now_ns)
        if body is not None:
            self._asked.extend(self._recorder.reply(request, body, now_ns))

    def _failed(self, symbol: str, purpose: str, reason: str) -> None:
        failed = RequestFailed(self._engine.now_ns, symbol, purpose, reason, is_fatal=False)
        self._asked.extend(self._recorder.event(failed))
