"""Start the session's process, watch it, and end it: the supervisor's side of the life line.

It trusts progress, not existence: a beat of the same session and attempt whose number moves. It
needs no server and no clock but the monotonic one. A process that beats no more is asked to end,
then made to; what it leaves is a journal that the next attempt resumes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import psutil

from trading.errors import PaperSessionError
from trading.io.clock import monotonic_ns
from trading.io.process import ProcessFacts, disk_free_mb
from trading.journal.store import JournalReader
from trading.model.events import ControlWord, Outcome
from trading.model.numbers import NS_PER_S
from trading.session.control import ControlLine
from trading.session.heartbeat import Progress, read_progress
from trading.session.kill_everywhere import shared_watch
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths, kill_file
from trading.session.plan import SessionPlan, read_plan
from trading.session.stacks import ASK
from trading.session.words import spoken

if TYPE_CHECKING:
    from trading.session.register.shared_switch import SwitchWatch

LOOK_EVERY_S: Final = 0.2
MEMORY_SLACK: Final = 1.25
"""Above its limit a process ends by itself; this far above, it evidently does not."""
STACKS_LOOKS: Final = 20
STACKS_LOOK_S: Final = 0.01
"""Between two looks whether a frozen process has written its stacks: it takes a millisecond."""
SIGKILL: Final[int] = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Windows has one way to end a process, and it is this hard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the supervisor waits for what, in real seconds."""

    start_s: float = 30.0
    """To the first beat: a resume replays the journal before it."""
    beat_s: float = 10.0
    """Without a new beat, ten of them missed, a process counts as frozen."""
    stop_s: float = 30.0
    """To close positions and flush after being asked to."""
    terminate_s: float = 5.0
    """From SIGTERM to SIGKILL."""
    kill_s: float = 0.6
    """To show that the kill switch was heard; with looking for it, under a second."""
    overrun_s: float = 60.0
    """Past the deadline, before the process is ended from outside."""


class SessionResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a session ended, for people and for Prefect; amounts are decimal strings."""

    session_id: str
    outcome: Outcome
    reason: str
    detail: str
    exit_code: int
    wallet: str
    equity: str | None
    fills: int
    round_trips: int
    attempts: int


class SessionCrashed(PaperSessionError):
    """The process ended without ending its session, which can be resumed if ``is_retryable``."""

    def __init__(self, reason: str, *, is_retryable: bool, remaining_s: float) -> None:
        """Say what happened; ``remaining_s`` is real time left until the deadline."""
        super().__init__(reason)
        self.reason = reason
        self.is_retryable = is_retryable
        self.remaining_s = remaining_s


async def supervise(
    paths: SessionPaths,
    *,
    attempt: int,
    on_progress: Callable[[Progress], None],
    patience: Patience | None = None,
) -> SessionResult:
    """Run one attempt of the session to its end and return how it ended.

    When this coroutine is cancelled the session is stopped cleanly first: positions closed,
    journal flushed. ``on_progress`` gets every new beat; it must not block.

    Raises:
        SessionCrashed: when the process died, froze or was ended before its session was over.
    """
    plan = read_plan(paths.plan)
    shared = shared_watch()
    child = await _start(paths, attempt)
    watch = _Watch(plan, attempt, child, on_progress, patience or Patience(), shared)
    try:
        await watch.until_exit()
    except asyncio.CancelledError:
        await asyncio.shield(watch.stop(ControlWord.STOP, "supervisor", "the run was cancelled"))
        raise
    finally:
        if child.returncode is None:
            _signal(child, SIGKILL)
            await child.wait()
    return _result(plan, paths, attempt, child.returncode or 0, watch.ended_by)


async def _start(paths: SessionPaths, attempt: int) -> asyncio.subprocess.Process:
    """Start the child in a process group of its own, its standard error in the session's log."""
    command = [sys.executable, "-m", "trading.session", str(paths.plan), "--attempt", str(attempt)]
    with paths.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=os.name == "posix",
        )


def _signal(child: asyncio.subprocess.Process, number: int) -> None:
    """Send a signal to a child that asyncio has not seen end.

    By its number, not by the child's own methods: those look first whether it has ended, and so
    reap it behind asyncio, whose exit code is then wrong (CPython 3.11).
    """
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(child.pid, number)


class _Watch:
    """One child under observation."""

    def __init__(
        self,
        plan: SessionPlan,
        attempt: int,
        child: asyncio.subprocess.Process,
        on_progress: Callable[[Progress], None],
        patience: Patience,
        shared: SwitchWatch | None,
    ) -> None:
        self._paths = plan.paths
        self._patience = patience
        self._attempt = attempt
        self._child = child
        self._on_progress = on_progress
        self._beat = 0
        self._moved_ns = monotonic_ns()
        self._deadline_ns = plan.deadline_ns
        self._clock = plan.world.clock()
        self._memory_mb_max = plan.opening.setup.config.limits.memory_mb_max
        self._facts = ProcessFacts(child.pid)
        self._shared = shared
        self._unread = ""
        self.ended_by = ""
        """Why this supervisor ended the process; empty when it ended by itself."""

    async def until_exit(self) -> None:
        """Return when the process is gone, by itself or by us."""
        exited = asyncio.create_task(self._child.wait())
        looking = asyncio.create_task(self._shared.run()) if self._shared else None
        try:
            while not exited.done():
                await asyncio.wait({exited}, timeout=LOOK_EVERY_S)
                if exited.done():
                    break
                self._look()
                for line in spoken(self._paths):
                    await self._say(line)
                if await self._is_killed():
                    await self._kill_switch()
                    continue
                fault = self._fault()
                if fault is not None:
                    self.ended_by = f"{fault}; {await self._stacks()}"
                    await self._end()
        finally:
            exited.cancel()
            if looking is not None:
                looking.cancel()
        self._look()

    async def stop(self, word: ControlWord, who: str, why: str) -> None:
        """Ask the session to end, then insist."""
        await self._say(ControlLine(word=word, who=who, why=why))
        if not await self._gone_within(self._patience.stop_s):
            self.ended_by = self.ended_by or f"did not {word} within {self._patience.stop_s:g} s"
            await self._end()

    def _look(self) -> None:
        """Take the newest beat, if it is this attempt's and new."""
        progress = read_progress(self._paths.heartbeat)
        if progress is None or progress.attempt != self._attempt:
            return
        if progress.pid != self._child.pid or progress.beat <= self._beat:
            return
        self._beat = progress.beat
        self._moved_ns = monotonic_ns()
        if self._shared is not None:
            progress = msgspec.structs.replace(progress, unread=self._unread_now(self._shared))
        self._on_progress(progress)

    def _fault(self) -> str | None:
        """Return why the process must be ended from outside; None while it need not be."""
        patience = self._patience
        silent_s = (monotonic_ns() - self._moved_ns) / NS_PER_S
        if silent_s > (patience.beat_s if self._beat else patience.start_s):
            return f"frozen: no progress for {silent_s:.1f} s"
        over_s = (self._clock.now_ns() - self._deadline_ns) / NS_PER_S / self._clock.speed
        if over_s > patience.overrun_s:
            return f"overran its deadline by more than {patience.overrun_s:g} s"
        with suppress(psutil.NoSuchProcess):
            ram_mb = self._facts.rss_mb()
            if ram_mb > self._memory_mb_max * MEMORY_SLACK:
                return f"memory: {ram_mb:.0f} MB, and it did not end by itself"
        return None

    async def _stacks(self) -> str:
        """Ask the process where it stands; return where that was written, or why it was not."""
        path = self._paths.stacks
        if not self._beat:
            return "no stacks: it had not begun"
        if ASK is None:
            return f"stacks: {path}"
        before = path.stat().st_size if path.exists() else 0
        _signal(self._child, ASK)
        for _ in range(STACKS_LOOKS):
            await asyncio.sleep(STACKS_LOOK_S)
            if path.exists() and path.stat().st_size > before:
                return f"stacks: {path}"
        return f"no stacks: the process is {self._facts.status()}"

    def _unread_now(self, shared: SwitchWatch) -> str:
        """Return what cannot be read just now; that it begins and ends is in the session's log."""
        before, self._unread = self._unread, shared.unread
        if bool(before) != bool(self._unread):
            line = self._unread or "it is read again"
            with self._paths.log.open("a", encoding="utf-8") as log:
                log.write(f"supervisor: {line}\n")
        return self._unread

    async def _is_killed(self) -> bool:
        """Return whether a kill switch is set; the process sees the file, and is told of others."""
        if kill_file(self._paths.var_dir).exists():
            return True
        why = self._shared.reason if self._shared else None
        if why is None:
            return False
        await self._say(ControlLine(word=ControlWord.KILL, who="kill switch", why=why))
        return True

    async def _kill_switch(self) -> None:
        """See that the kill switch works even if the process does not hear it."""
        before = self._beat
        if await self._gone_within(self._patience.kill_s):
            return
        self._look()
        if self._beat == before:
            self.ended_by = f"killed: it did not hear the kill switch; {await self._stacks()}"
            _signal(self._child, SIGKILL)
            await self._child.wait()
        elif not await self._gone_within(self._patience.stop_s):
            self.ended_by = f"killed: still alive {self._patience.stop_s:g} s after the kill switch"
            await self._end()

    async def _end(self) -> None:
        """Terminate, wait, kill."""
        _signal(self._child, signal.SIGTERM)
        if not await self._gone_within(self._patience.terminate_s):
            _signal(self._child, SIGKILL)
            await self._child.wait()

    async def _gone_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(asyncio.shield(self._child.wait()), seconds)
        except TimeoutError:
            return False
        return True

    async def _say(self, line: ControlLine) -> None:
        """Send a control word; a line that is cut already is an ending process."""
        stream = self._child.stdin
        if stream is None:
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            stream.write(line.encode())
            await stream.drain()


def _result(
    plan: SessionPlan, paths: SessionPaths, attempt: int, code: int, ended_by: str
) -> SessionResult:
    """Read from the journal how the session ended.

    Raises:
        SessionCrashed: when it did not.
    """
    result = recorded_result(paths, attempt)
    if result is not None:
        return result
    remaining_s = plan.world.clock().real_seconds_until(plan.deadline_ns)
    free_mb = disk_free_mb(paths.folder)
    is_full = free_mb < plan.opening.setup.config.limits.disk_free_mb_least
    if is_full:
        ended_by = f"{ended_by or 'ended'}: the disk is full, {free_mb:.0f} MB free"
    is_refused = code == EXIT_CODES[Outcome.REFUSED]
    is_killed = ended_by.startswith("killed")
    how = ended_by or (f"ended by signal {-code}" if code < 0 else f"exit code {code}")
    raise SessionCrashed(
        f"{how}; {_last_words(paths)}",
        is_retryable=not (is_refused or is_killed or is_full) and remaining_s > 0,
        remaining_s=remaining_s,
    )


def recorded_result(paths: SessionPaths, attempts: int) -> SessionResult | None:
    """Return how a session ended, from its journal; None while its books are open."""
    if not paths.journal.exists():
        return None
    with JournalReader(paths.journal) as reader:
        ended = reader.ended() if reader.closing() is not None else None
    if ended is None:
        return None
    return SessionResult(
        session_id=paths.session_id,
        outcome=ended.outcome,
        reason=ended.reason,
        detail=ended.detail,
        exit_code=EXIT_CODES[ended.outcome],
        wallet=str(ended.wallet),
        equity=None if ended.equity is None else str(ended.equity),
        fills=ended.fills,
        round_trips=ended.round_trips,
        attempts=attempts,
    )


def _last_words(paths: SessionPaths) -> str:
    """Return the last line of the process's log."""
    with suppress(OSError):
        lines = paths.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return f"its last words: {lines[-1][:300]}"
    return "it left no words"
