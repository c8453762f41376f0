"""A whole session in one thread: real codec, engine, inbox, recorder, journal, and seeded faults.

Virtual time is a queue of what happens next; the session clock may disagree with it, and jump. An
account that ends its session with a position goes on in a second one, some unheard minutes later.
"""

from __future__ import annotations

import heapq
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from msgspec.structs import replace

from tests.simulation.drawn_session import draw_opening
from tests.simulation.faults import WORDS, Faults
from tests.simulation.judge import complaints
from tests.simulation.oracle import Oracle
from tests.simulation.seeded_venue import HISTORY_BARS, STEP_NS, SYMBOL, SeededVenue
from trading.engine import Engine
from trading.journal.machine import Machine
from trading.journal.record import Opening, Predecessor
from trading.journal.store import JournalReader, JournalWriter
from trading.model.events import (
    CandlesExhausted,
    CandlesRequested,
    ControlReceived,
    FeedConnected,
    FeedLost,
    FramesConflated,
    FundingHistoryRequested,
    Input,
    Output,
    ReconnectRequested,
    RequestFailed,
    SessionResumed,
    ShellInput,
    TimerFired,
)
from trading.model.numbers import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from trading.session.inbox import Inbox
from trading.session.recorder import Recorder
from trading.session.resume import resume
from trading.strategy import registry
from trading.venues.base import RestRequest
from trading.venues.registry import venue_named

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
"""Where Linux keeps files in memory: power is not lost here, and a sync takes most of the time."""
COMMIT_NS: Final = 40 * NS_PER_MS
SNAPSHOT_CHANCE: Final = 0.02
"""Each instant: a session takes two a minute, these are to be resumed from within seconds."""
TRUE_NS_MOST: Final = 20 * NS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one seed."""

    seed: int
    complaints: tuple[str, ...]
    digest: str
    outcome: str
    records: int
    fills: int
    counts: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Result) -> Result:
        """Return the account's two sessions as one."""
        return Result(
            seed=self.seed,
            complaints=self.complaints + tuple(f"second: {text}" for text in other.complaints),
            digest=other.digest,
            outcome=self.outcome,
            records=self.records + other.records,
            fills=self.fills + other.fills,
            counts=self.counts + other.counts,
        )


class Simulation:
    """One session of one seed, from its opening to its closing record."""

    def __init__(self, seed: int, folder: Path, before: Simulation | None = None) -> None:
        """Draw everything from the seed; ``before`` is the account's session before this one."""
        chance = self._chance = Random(f"{seed} simulation {before is not None}")
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self._folder = folder
        self._path = folder / f"{seed}{'' if before is None else ' second'}.db"
        self._opening = draw_opening(seed, chance) if before is None else before.next_opening()
        setup = self._opening.setup
        self._codec = venue_named("embedded")
        self._faults = Faults(Random(f"{seed} faults {before is not None}"))
        next_ns = setup.opened_ns + round(chance.uniform(10, 400)) * NS_PER_S
        self.market: SeededVenue = (
            SeededVenue(Random(f"{seed} market"), setup.opened_ns, next_ns)
            if before is None
            else before.market
        )
        config = setup.config
        kind = registry.build(config.strategy, config.strategy_parameters)
        self.oracle = Oracle(decides_on_trades=kind.decides_on_trades)
        if before is not None:
            self.counts["carried over"] += 1
            self.oracle.wicks = before.oracle.wicks
        if "garbled" not in self._faults.names:
            self.oracle.bars = self.market.true_bar
        self._true_ns = setup.opened_ns
        self._offset_ns = chance.choice((0, 0, 300, -300)) * NS_PER_MS if before is None else 0
        self._queue: list[tuple[int, int, int, Callable[[], None]]] = []
        self._numbered = 0
        self._attempt = 1
        self._connection = 0
        self._is_alive = True
        self._is_up = False
        self._stalled_until_ns = 0
        self._inbox = Inbox(self._codec, 1_000)
        self._recorder = Recorder(
            Machine(Engine(setup), self._codec),
            JournalWriter.create(self._path, self._opening),
            setup.opened_ns,
        )
        self._begin()

    # --- time -------------------------------------------------------------------------------

    @property
    def _now_ns(self) -> int:
        """The session clock: it has its own opinion, and may change it."""
        return self._true_ns + self._offset_ns

    def _after(self, delay_ns: int, what: Callable[[], None], *, survives: bool = False) -> None:
        """Let something happen later; what belongs to a process does not outlive it."""
        self._numbered += 1
        attempt = 0 if survives else self._attempt
        heapq.heappush(self._queue, (self._true_ns + delay_ns, self._numbered, attempt, what))

    def run(self) -> Result:
        """Run to the end and judge."""
        self._after(0, self._connect)
        self._after(0, self._market_moves, survives=True)
        begun_ns = self._true_ns
        engine = self._recorder.machine.engine
        while not (engine.has_ended and self._is_alive):
            if self._true_ns - begun_ns > TRUE_NS_MOST:
                return self._result(["the session never ended"])
            due_ns, _, attempt, what = self._queue[0]
            wake_ns = max(self._true_ns, engine.wake_ns - self._offset_ns)
            if self._is_alive and wake_ns < due_ns:
                self._true_ns = wake_ns
                self._tell(TimerFired(self._now_ns))
            else:
                heapq.heappop(self._queue)
                self._true_ns = max(self._true_ns, due_ns)
                if attempt in {0, self._attempt}:
                    what()
            engine = self._recorder.machine.engine
        self._recorder.close()
        found = self._result(complaints(self._path))
        if self._recorder.machine.engine.head().positions and "second" not in self._path.name:
            return found + Simulation(self.seed, self._folder, self).run()
        return found

    def _result(self, found: list[str]) -> Result:
        with JournalReader(self._path) as reader:
            last, ended = reader.last(), reader.ended()
        return Result(
            seed=self.seed,
            complaints=(*self.oracle.complaints, *found),
            digest=last.digest.hex(),
            outcome="none" if ended is None else f"{ended.outcome} ({ended.reason})",
            records=last.sequence,
            fills=len(self.oracle.fills),
            counts=self.counts + self.oracle.counts,
        )

    # --- the process ------------------------------------------------------------------------

    def _begin(self) -> None:
        """Apply what preflight and warm-up would have fetched."""
        opened_ns = self._opening.setup.opened_ns
        history_ns = opened_ns // NS_PER_MINUTE * NS_PER_MINUTE
        for request in (
            self._codec.funding_rate_request(SYMBOL),
            self._codec.candles_request(
                SYMBOL, 60, history_ns - HISTORY_BARS * NS_PER_MINUTE, history_ns
            ),
        ):
            body = self.market.answer(request, opened_ns)
            events = self._codec.decode_reply(request, body, opened_ns)
            self._step(events, partial(self._recorder.reply, request, body, opened_ns))
        self._recorder.journal.commit(is_durable=True)

    def next_opening(self) -> Opening:
        """Let some minutes pass unheard, and return what the account goes on with."""
        gap_ns = self._chance.randint(5, 240) * NS_PER_S
        until_ns = self._true_ns + gap_ns
        while self._true_ns < until_ns:
            self._true_ns += STEP_NS
            self.market.pushes(self._true_ns)
            self._wick(0.02)
        with JournalReader(self._path) as reader:
            closing, last = reader.closing(), reader.last()
        assert closing is not None
        opened_ns = max(self._true_ns, last.received_ns)
        setup = replace(
            self._opening.setup,
            session_id="the second",
            head=closing.head,
            opened_ns=opened_ns,
            deadline_ns=opened_ns + 60 * NS_PER_S,
        )
        chained = Predecessor(session_id=self._opening.setup.session_id, digest=last.digest.hex())
        return replace(self._opening, setup=setup, predecessor=chained)

    def _die(self) -> None:
        """Lose the process: what was not committed is gone; another one resumes."""
        self.counts["killed"] += 1
        journal = self._recorder.journal
        safe = journal.sequence if not journal.has_pending else -1
        journal._connection.close()  # noqa: SLF001 - a dead process flushes nothing
        self._attempt += 1
        self._is_alive = self._is_up = False
        self._inbox = Inbox(self._codec, 1_000)
        outage_ns = round(self._chance.choice((0.3, 2.0, 15.0, 70.0, 130.0)) * NS_PER_S)
        self._after(outage_ns, partial(self._rise, safe), survives=True)

    def _rise(self, safe: int) -> None:
        """Resume from what the file holds."""
        self._is_alive = True
        with JournalReader(self._path) as reader:
            if reader.last().sequence < safe:
                self.oracle.complaints.append(f"record {safe} was committed and is lost")
            resumed = resume(reader)
        self._recorder = resumed.recorder
        self.counts["resumed from a snapshot" if resumed.snapshot else "replayed"] += 1
        if resumed.doubts:
            self.oracle.complaints.append(f"a snapshot could not be used: {resumed.doubts}")
        machine = self._recorder.machine
        self.oracle.resume(machine.engine)
        last_ns = self._recorder.received_ns
        if not machine.engine.has_ended:
            self._tell(SessionResumed(self._now_ns, self._attempt, last_ns))
            self._after(100 * NS_PER_MS, self._connect)

    # --- what comes in ----------------------------------------------------------------------

    def _market_moves(self) -> None:
        """Push one instant's frames, and let the world go wrong a little."""
        self._after(STEP_NS, self._market_moves, survives=True)
        faults = self._faults
        faults.move(self._true_ns)
        for frame in self.market.pushes(self._true_ns):
            for arrival in faults.arrivals(frame):
                if self._is_up:
                    arrived = partial(self._arrive, arrival.frame, self._connection)
                    self._after(arrival.delay_ns, arrived)
        if not self._is_alive:
            self._wick(0.1)
            return
        if faults.happens("clock"):
            self._offset_ns += faults.clock_jump_ns()
            self.counts["clock"] += 1
        if faults.happens("stalled"):
            self._stalled_until_ns = self._true_ns + self._chance.randint(1, 5) * NS_PER_S
            self.counts["stalled"] += 1
        if faults.happens("word"):
            word = self._chance.choice(WORDS)
            self.counts[word] += 1
            self._tell(ControlReceived(self._now_ns, word, "chance", "the seed says so"))
        if faults.happens("cut"):
            self._lose("cut")
        if self._chance.random() < SNAPSHOT_CHANCE and not self._recorder.journal.has_pending:
            self._recorder.snapshot()
            self._recorder.journal.commit(is_durable=False)
            self.counts["snapshot"] += 1
        if faults.happens("killed"):
            self._die()

    def _wick(self, probability: float) -> None:
        """Let the price run away and come back, perhaps, while nobody listens."""
        if self._chance.random() < probability:
            ticks = self._chance.choice((-1, 1)) * self._chance.randint(100, 4_000)
            self.oracle.wicks.append(self.market.wick(ticks))

    def _arrive(self, frame: bytes, connection: int) -> None:
        if connection != self._connection or not self._is_up:
            return
        self._inbox.put(frame, self._now_ns)
        if self._true_ns >= self._stalled_until_ns:
            self._drain()

    def _drain(self) -> None:
        if not len(self._inbox):
            return
        frames, overtaken = self._inbox.take()
        if overtaken:
            self.counts["conflated"] += overtaken
            self._step((), partial(self._recorder.event, FramesConflated(frames[0][1], overtaken)))
        for frame, received_ns in frames:
            events = self._codec.decode_frame(frame, received_ns)
            self._step(events, partial(self._recorder.frame, frame, received_ns))

    def _tell(self, event: ShellInput) -> None:
        self._drain()
        self._step((event,), partial(self._recorder.event, event))

    def _step(self, events: tuple[Input, ...], step: Callable[[], tuple[Output, ...]]) -> None:
        """Apply and record one input, let the oracle judge it, and do what it asks for."""
        engine = self._recorder.machine.engine
        self.oracle.hear(events, max([engine.now_ns, *(e.received_ns for e in events)]))
        outputs = step()
        self.oracle.judge(engine, events, outputs)
        for output in outputs:
            match output:
                case CandlesRequested():
                    self._ask(
                        self._codec.candles_request(
                            SYMBOL, output.interval_s, output.start_ns, output.end_ns
                        ),
                        output,
                    )
                case FundingHistoryRequested():
                    self._ask(
                        self._codec.funding_history_request(
                            SYMBOL, output.settlement_ns - NS_PER_S, output.settlement_ns + NS_PER_S
                        ),
                        None,
                    )
                case ReconnectRequested():
                    self._after(NS_PER_MS, partial(self._lose, output.reason))
                case _:
                    continue
        if self._recorder.journal.has_pending:
            self._after(COMMIT_NS, partial(self._recorder.journal.commit, is_durable=False))

    # --- the network ------------------------------------------------------------------------

    def _connect(self) -> None:
        self._connection += 1
        self._is_up = True
        self._tell(FeedConnected(self._now_ns, self._connection))

    def _lose(self, reason: str) -> None:
        if self._is_up:
            self.counts["lost"] += 1
            self._wick(0.5)
            self._is_up = False
            self._tell(FeedLost(self._now_ns, reason))
            self._after(self._chance.randint(200, 12_000) * NS_PER_MS, self._connect)

    def _ask(self, request: RestRequest, span: CandlesRequested | None) -> None:
        faults = self._faults
        delay_ns = self._chance.randint(30, 900) * NS_PER_MS
        if faults.happens("rest late"):
            delay_ns += self._chance.randint(1_000, 25_000) * NS_PER_MS
        self._after(delay_ns, partial(self._answer, request, span))

    def _answer(self, request: RestRequest, span: CandlesRequested | None) -> None:
        faults = self._faults
        is_fatal = faults.happens("rest fatal")
        if is_fatal or faults.happens("rest failing"):
            self.counts["rest failing"] += 1
            purpose = f"{request.purpose}"
            self._tell(RequestFailed(self._now_ns, SYMBOL, purpose, "the seed", is_fatal))
            return
        body = faults.told(self.market.answer(request, self._true_ns))
        now_ns = self._now_ns
        self._drain()
        events = self._codec.decode_reply(request, body, now_ns)
        self._step(events, partial(self._recorder.reply, request, body, now_ns))
        if span is not None:
            self._tell(
                CandlesExhausted(SYMBOL, now_ns, span.interval_s, span.start_ns, span.end_ns)
            )


def simulate(seed: int, folder: Path | None = None) -> Result:
    """Run one seed."""
    memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="paper-session-dst-", dir=memory) as place:
        try:
            return Simulation(seed, folder or Path(place)).run()
        except Exception as error:  # noqa: BLE001 - whatever is raised, the seed is the finding
            where = " <- ".join(
                f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"
                for frame in reversed(traceback.extract_tb(error.__traceback__)[-4:])
            )
            broken = f"raised {type(error).__name__}: {error}; {where}"
            return Result(seed, (broken,), "", "raised", 0, 0)
