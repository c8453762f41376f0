"""The live process: one loop, one writer, the only sockets. ``python -m trading.session PLAN``.

Everything that happens becomes an input of the machine; everything the machine asks for is done
here, after the step that asked is on record. No rule of trading lives in this file.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import FileIO
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from trading.errors import JournalError, PaperSessionError
from trading.io.clock import monotonic_ns, slept_ns, wall_ns
from trading.io.files import write_atomic
from trading.io.process import ProcessFacts
from trading.io.sockets import FeedListener, FeedSocket
from trading.model.events import (
    CandlesRequested,
    ControlReceived,
    ControlWord,
    FeedConnected,
    FeedLost,
    FramesConflated,
    FundingHistoryRequested,
    Output,
    ReconnectRequested,
    ShellInput,
    TimerFired,
)
from trading.model.numbers import NEVER_NS, NS_PER_MS, NS_PER_S
from trading.session.control import LIFE_LINE_CUT, ControlLine, listen
from trading.session.heartbeat import progress_of
from trading.session.inbox import Inbox
from trading.session.kill_switch import kill_reason
from trading.session.limits import Reserve, exceeded
from trading.session.paths import kill_file
from trading.session.plan import SessionPlan
from trading.session.policy_file import heard, policy_path, stamp_of
from trading.session.recorder import Recorder
from trading.session.requests import Requests
from trading.session.stacks import Stacks
from trading.venues.base import RestRequest

if TYPE_CHECKING:
    from trading.io.rest import RestClient

BEAT_EVERY_S: Final = 1.0
KILL_LOOK_EVERY_S: Final = 0.2
POLICY_LOOK_EVERY_S: Final = 0.5
COMMIT_WITHIN_S: Final = 0.04
"""Real seconds a quiet record may wait for its commit."""
LEAVE_WITHIN_S: Final = 10.0
"""Real seconds that closing what is open may take when the supervisor is gone."""
SLEEP_NS_MOST: Final = 2 * NS_PER_S


class Orphaned(PaperSessionError):
    """The supervisor is gone, and the session is left open for whoever resumes it."""


class MachineSlept(PaperSessionError):
    """The market went on unheard, and on most systems session time stood still meanwhile.

    The next process sets its clock anew and settles what went by.
    """


class LiveSession:
    """Owns the loop from the first frame to the closing record."""

    def __init__(self, plan: SessionPlan, recorder: Recorder, attempt: int) -> None:
        """Join a recorder that stands where the journal ends with the world of the plan."""
        config = plan.opening.setup.config
        self._plan = plan
        self._recorder = recorder
        self._engine = recorder.machine.engine
        venue = recorder.machine.venue
        self._attempt = attempt
        self._clock = plan.world.clock(recorder.received_ns)
        self._inbox = Inbox(venue, config.feed.queue_frames_max)
        self._facts = ProcessFacts()
        self._reserve = Reserve(plan.paths.reserve)
        self._stacks = Stacks(plan.paths.stacks)
        self._is_over_limit = False
        self._policy_stamp: tuple[int, int] | None = None
        self._lag_ms = 0.0
        self._beat = 0
        self._over = asyncio.Event()
        self._failure: BaseException | None = None
        self._is_drain_due = False
        self._timer_ns = NEVER_NS
        self._timer: asyncio.TimerHandle | None = None
        self._commit: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        rng = Random(f"{config.seed} network {attempt}")
        self._requests = Requests(
            plan.world.rest_url, venue, self._clock, rng, self._on_reply, self.tell
        )
        self._feed = FeedSocket(
            plan.world.ws_url,
            venue,
            tuple(each.symbol for each in plan.opening.setup.instruments),
            config.interval_s,
            clock=self._clock,
            rng=rng,
            listener=FeedListener(
                on_frame=self._on_frame,
                on_connected=self._on_connected,
                on_lost=self._on_lost,
            ),
        )

    async def run(self, asked: Iterable[Output] = ()) -> None:
        """Run until the engine has given out its last record, then close the journal.

        ``asked`` is what the engine has given out already and nobody has acted on.

        Raises:
            JournalError: when the journal cannot be written; what it holds stays resumable.
        """
        self._catch_signals()
        # Raw: a reader that still waits at exit must hold no lock that the interpreter needs.
        listen(FileIO(sys.stdin.fileno(), closefd=False), self._hear)
        tasks = [
            asyncio.create_task(self._feed.run(), name="feed"),
            asyncio.create_task(self._beat_on(), name="heartbeat"),
            asyncio.create_task(self._watch_kill_switch(), name="kill switch"),
            asyncio.create_task(self._watch_policy(), name="policy"),
            asyncio.create_task(self._recorder.owned.hold(), name="ownership"),
        ]
        for task in tasks:
            task.add_done_callback(self._task_ended)
        self._act(asked)
        self._look_at_policy()
        self._arm()
        try:
            await self._over.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._requests.stop()
            self._reserve.release()
            self._stacks.close()
            for handle in (self._timer, self._commit):
                if handle is not None:
                    handle.cancel()
        if self._failure is not None:
            raise self._failure
        self._recorder.close()
        self._write_beat()

    # --- in ---------------------------------------------------------------------------------

    def tell(self, event: ShellInput) -> None:
        """Apply something of the shell's own, after everything received before it."""
        self._drain()
        self._apply(lambda: self._recorder.event(event))

    def _on_reply(self, request: RestRequest, body: bytes, received_ns: int) -> None:
        self._drain()
        self._apply(lambda: self._recorder.reply(request, body, received_ns))

    def _on_frame(self, frame: bytes, received_ns: int) -> None:
        if self._inbox.is_full:
            self._feed.reconnect(f"overrun: {len(self._inbox)} frames waiting")
            return
        self._inbox.put(frame, received_ns)
        if not self._is_drain_due:
            self._is_drain_due = True
            self._loop.call_soon(self._drain)

    def _on_connected(self, attempt: int) -> None:
        self.tell(FeedConnected(self._clock.now_ns(), attempt))
        self._requests.warm().add_done_callback(self._client_loaded)

    def _on_lost(self, reason: str) -> None:
        self.tell(FeedLost(self._clock.now_ns(), reason))

    def _hear(self, line: ControlLine) -> None:
        """Take a control word in the reading thread; it is applied in the loop."""
        with suppress(RuntimeError):  # the loop is closed: the session is over already
            is_left = line is LIFE_LINE_CUT and self._plan.is_rescuable
            word = ControlWord.LEAVE if is_left else line.word
            said = (word, line.who, line.why, line.code)
            self._loop.call_soon_threadsafe(self._control, *said)

    def _control(self, word: ControlWord, who: str, why: str, code: str = "") -> None:
        self.tell(ControlReceived(self._clock.now_ns(), word, who, why, code))
        if word is ControlWord.KILL:
            self._write_beat()  # heard: the supervisor need not see to it
        if word is ControlWord.LEAVE:
            self._loop.call_later(LEAVE_WITHIN_S, self._fail, Orphaned(f"{why}; not all is closed"))

    def _drain(self) -> None:
        """Apply everything that waits, in order of arrival."""
        self._is_drain_due = False
        if not len(self._inbox):
            return
        frames, overtaken = self._inbox.take()
        recorder = self._recorder
        if overtaken:
            conflated = FramesConflated(frames[0][1], overtaken)
            self._apply(lambda: recorder.event(conflated))
        if self._over.is_set():
            return
        try:
            for frame, received_ns in frames:
                outputs = recorder.frame(frame, received_ns)
                if outputs:
                    self._act(outputs)
        except Exception as error:  # noqa: BLE001 - the one place: kept, raised by run()
            self._fail(error)
            return
        self._after()

    def _apply(self, step: Callable[[], tuple[Output, ...]]) -> None:
        if self._over.is_set():
            return
        try:
            self._act(step())
        except Exception as error:  # noqa: BLE001 - the one place: kept, raised by run()
            self._fail(error)
            return
        self._after()

    def _fail(self, error: BaseException) -> None:
        """End the process: what failed here would fail again with the next input."""
        if isinstance(error, JournalError) and self._spare(error):
            return
        self._failure = self._failure or error
        self._over.set()

    def _spare(self, error: JournalError | OSError) -> bool:
        """Give the reserve back to what may be a full disk; True where that was enough.

        What is pending is then written after all, and the session ends by its own rules.
        """
        if not self._reserve.release():
            return False
        self._is_over_limit = True
        try:
            self._recorder.journal.commit(is_durable=True)
        except JournalError:
            return False
        self._control(ControlWord.LIMIT, "limits", f"{error}")
        return True

    # --- out --------------------------------------------------------------------------------

    def _act(self, outputs: Iterable[Output]) -> None:
        """Do what a step asked for."""
        for output in outputs:
            match output:
                case CandlesRequested():
                    self._requests.candles(output)
                case FundingHistoryRequested():
                    self._requests.settlement(output)
                case ReconnectRequested():
                    self._feed.reconnect(output.reason)
                case _:
                    continue

    def _after(self) -> None:
        """See to what a step leaves behind: its commit, the next timer, the end."""
        if self._commit is None and self._recorder.journal.has_pending:
            self._commit = self._loop.call_later(COMMIT_WITHIN_S, self._commit_quiet)
        if self._engine.has_ended:
            self._over.set()
        elif self._engine.is_left:
            self._fail(Orphaned("the supervisor is gone; everything is closed"))
        elif self._engine.wake_ns < self._timer_ns:
            self._arm()

    def _commit_quiet(self) -> None:
        self._commit = None
        try:
            if self._recorder.is_snapshot_due:
                self._recorder.snapshot()
            self._recorder.journal.commit(is_durable=False)
        except Exception as error:  # noqa: BLE001 - the one place: kept, raised by run()
            self._fail(error)

    def _arm(self) -> None:
        """Set the timer to the engine's next instant; a later one already set is replaced."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ns = self._engine.wake_ns
        delay_s = max(0.0, self._clock.real_seconds_until(self._timer_ns))
        self._timer = self._loop.call_later(delay_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self._timer_ns = NEVER_NS
        now_ns = self._clock.now_ns()
        if self._engine.wake_ns <= now_ns:
            self.tell(TimerFired(now_ns))
        if self._timer_ns == NEVER_NS and not self._over.is_set():
            self._arm()

    # --- beside -----------------------------------------------------------------------------

    async def _beat_on(self) -> None:
        """Show progress every second; how late the loop woke us is its lag."""
        while True:
            self._write_beat()
            self._stacks.beat()
            self._look_at_limits()
            before_ns, slept_before_ns = monotonic_ns(), slept_ns()
            await asyncio.sleep(BEAT_EVERY_S)
            if (slept := slept_ns() - slept_before_ns) > SLEEP_NS_MOST:
                raise MachineSlept(f"the machine slept for {slept / NS_PER_S:.0f} s")
            late_ns = monotonic_ns() - before_ns - round(BEAT_EVERY_S * 1e9)
            self._lag_ms = max(0.0, late_ns / NS_PER_MS)

    def _look_at_limits(self) -> None:
        """End the session, once, when the process takes more of the machine than it may."""
        limits = self._plan.opening.setup.config.limits
        found = exceeded(limits, self._facts, self._plan.paths.folder)
        if found is not None and not self._is_over_limit:
            self._is_over_limit = True
            self._reserve.release()
            self._control(ControlWord.LIMIT, "limits", found)

    def _write_beat(self) -> None:
        self._beat += 1
        progress = progress_of(
            self._engine,
            self._facts,
            attempt=self._attempt,
            beat=self._beat,
            sequence=self._recorder.journal.sequence,
            now_ns=self._clock.now_ns(),
            loop_lag_ms=self._lag_ms,
        )
        try:
            write_atomic(self._plan.paths.heartbeat, msgspec.json.encode(progress))
        except OSError as error:
            if not self._spare(error):
                raise

    async def _watch_kill_switch(self) -> None:
        switch = kill_file(self._plan.paths.var_dir)
        while (why := kill_reason(switch)) is None:  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(KILL_LOOK_EVERY_S)
        self._control(ControlWord.KILL, "kill switch", why)
        await asyncio.Event().wait()

    async def _watch_policy(self) -> None:
        while True:
            await asyncio.sleep(POLICY_LOOK_EVERY_S)
            self._look_at_policy()

    def _look_at_policy(self) -> None:
        """Tell the engine a word of an outside supervisor that it has not heard yet."""
        path = policy_path(self._plan.paths.var_dir, self._plan.paths.account)
        stamp = stamp_of(path)
        if stamp != self._policy_stamp:
            self._policy_stamp = stamp
            policy = heard(path, self._clock, wall_ns())
            if policy is not None:
                self.tell(policy)

    def _catch_signals(self) -> None:
        """Turn the signals that ask a process to end into a ``stop``."""
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is None:
                continue
            try:
                self._loop.add_signal_handler(number, self._signalled, name)
            except NotImplementedError:  # Windows: only the plain handler exists
                signal.signal(
                    number,
                    lambda *_, n=name: self._loop.call_soon_threadsafe(self._signalled, n),
                )

    def _signalled(self, name: str) -> None:
        self._control(ControlWord.STOP, name, "the process was asked to end")

    def _client_loaded(self, task: asyncio.Task[RestClient]) -> None:
        """Without its client a session could not ask for anything, and would not say so."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        """No task of a session may end by itself: a silent one would be a lie."""
        if task.cancelled() or self._over.is_set():
            return
        error = task.exception() or RuntimeError(f"task {task.get_name()} ended by itself")
        self._fail(error)
