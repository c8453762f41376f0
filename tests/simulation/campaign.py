"""One killed session: which kills it gets, how it lives through them, and what is found afterwards.

Every kill is a real SIGKILL of a real process. Between two attempts the journal is looked at, so
that afterwards it can be said whether anything that was safe then has changed since.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

from tests.simulation.judge import ENDING_NS_MOST, complaints
from tests.simulation.twin import Comparison, compare
from tests.simulation.victim import (
    BEGINNING_STEPS,
    ENDING_STEPS,
    JOURNAL_STEPS,
    RESUME_STEPS,
    SNAPSHOT_STEPS,
    STATES,
    WRITING,
    acknowledged_file,
)
from trading.errors import JournalError
from trading.journal.store import JournalReader
from trading.model.events import Outcome, SessionEnded
from trading.model.numbers import NS_PER_S
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import latest_session
from trading.session.plan import SessionPlan

STALL_NS: Final = 2 * NS_PER_S
"""A session hears something, or a timer, every half second; between two records further apart the
machine had other work, which at speed takes a lot of session time."""
CARRIED: Final = "a position could not be closed and is carried"
RANDOM: Final = "random"
ATTEMPT_WITHIN_S: Final = 180.0
"""Far more than an attempt takes: some five seconds, where the machine has nothing else to do."""
TIMES_MOST: Final = {
    "replay": 60,
    "snapshot.before": 3,
    "snapshot.after": 3,
    "reply.before": 3,
    "reply.after": 3,
    "state position": 60,
    "state partial": 4,
    "state owed": 4,
}
"""How far into a step's occurrences a kill may wait; 10 for the others."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill as it was decided: at a step's n-th time, or after some real seconds."""

    step: str
    times: int = 1
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """The journal as a kill left it; ``sequence`` -1: there was none, or it was not readable."""

    kill: Kill
    sequence: int
    digest: bytes
    acknowledged: int


@dataclass
class Tale:
    """What became of one session."""

    name: str
    opened_ns: int = 0
    marks: list[Mark] = field(default_factory=list)
    comparison: Comparison = field(default_factory=Comparison)
    complaints: list[str] = field(default_factory=list)
    is_carried: bool = False
    """Whether its time to close ran out, and it says so: too much for the book, or killed then."""
    is_handed_over: bool = False
    """Whether it left a position to the account's next session, as it was asked to."""

    def hits(self) -> Counter[str]:
        """Return how many of the kills hit which state."""
        found: Counter[str] = Counter()
        for mark in self.marks:
            seen = self.comparison.states.get(mark.sequence, set())
            # A victim killed at a state was in it, also where its newest record was not yet safe.
            found.update(seen | ({mark.kill.step} & set(STATES)))
            found["write in progress"] += mark.kill.step in WRITING
        return found


def draw_kills(chance: Random, count: int) -> list[Kill]:
    """Draw a session's kills, of every kind the attempt can reach."""
    kills = []
    for attempt in range(1, count + 1):
        kinds: list[Sequence[str]] = [(RANDOM,), JOURNAL_STEPS, SNAPSHOT_STEPS, STATES, STATES]
        if attempt == 1:
            kinds.append(BEGINNING_STEPS)
        elif attempt == count:
            kinds = [ENDING_STEPS, ENDING_STEPS, (RANDOM,), STATES]
        else:
            kinds.append(RESUME_STEPS)
        step = chance.choice(chance.choice(kinds))
        is_counted = step in TIMES_MOST or step in (*JOURNAL_STEPS, *SNAPSHOT_STEPS, *STATES)
        kills.append(
            Kill(
                step=step,
                times=chance.randint(1, TIMES_MOST.get(step, 10)) if is_counted else 1,
                after_s=chance.uniform(0.15, 1.2),
            )
        )
    return kills


async def live_through(plan: SessionPlan, kills: Sequence[Kill]) -> Tale:
    """Run a session, killed at every attempt, to its end, and judge it."""
    setup = plan.opening.setup
    tale = Tale(setup.session_id, setup.opened_ns)
    try:
        code = await _to_its_end(plan, kills, tale)
    except TimeoutError:
        tale.complaints.append(
            f"attempt {len(tale.marks) + 1} neither ended nor died within {ATTEMPT_WITHIN_S:g} s: "
            f"{_last_words(plan)}"
        )
        return tale
    await asyncio.to_thread(_judge, plan, code, tale)
    return tale


async def _to_its_end(plan: SessionPlan, kills: Sequence[Kill], tale: Tale) -> int:
    """Run attempt after attempt, the last one left alone; return the exit code of the last."""
    attempt = 1
    for attempt, kill in enumerate(kills, 1):
        code = await _attempt(plan, attempt, kill)
        if code != -signal.SIGKILL:
            if code in {EXIT_CODES[Outcome.CRASHED], EXIT_CODES[Outcome.REFUSED]}:
                tale.complaints.append(f"attempt {attempt} failed by itself: {_last_words(plan)}")
            break
        tale.marks.append(_mark(plan, kill))
    return await _attempt(plan, attempt + 1, None)


async def _attempt(plan: SessionPlan, attempt: int, kill: Kill | None) -> int:
    """Run one attempt until it ends or is killed; return its exit code.

    Raises:
        TimeoutError: when it does neither.
    """
    module = "trading.session" if kill is None else "tests.simulation.victim"
    words = [sys.executable, "-m", module, str(plan.paths.plan), f"--attempt={attempt}"]
    if kill is not None and kill.step != RANDOM:
        words += [f"--step={kill.step}", f"--times={kill.times}"]
    with plan.paths.log.open("ab") as log:
        child = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log
        )
    try:
        if kill is not None and kill.step == RANDOM:
            try:
                return await asyncio.wait_for(child.wait(), kill.after_s)
            except TimeoutError:
                with suppress(ProcessLookupError):  # it ended in this very moment, by itself
                    child.send_signal(signal.SIGKILL)
        return await asyncio.wait_for(child.wait(), ATTEMPT_WITHIN_S)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def _mark(plan: SessionPlan, kill: Kill) -> Mark:
    paths = plan.paths
    noted = acknowledged_file(paths.plan)
    acknowledged = int(noted.read_text() or -1) if noted.exists() else -1
    try:
        with JournalReader(paths.journal) as reader:
            last = reader.last()
    except JournalError:
        return Mark(kill, -1, b"", acknowledged)
    return Mark(kill, last.sequence, last.digest, acknowledged)


def _judge(plan: SessionPlan, code: int, tale: Tale) -> None:
    """Say everything that is wrong with the session as it ended."""
    path = plan.paths.journal
    try:
        tale.complaints += complaints(path)
        tale.comparison = compare(path, (mark.sequence for mark in tale.marks))
        with JournalReader(path) as reader:
            digests, times_ns = {}, []
            for record in reader.records():
                digests[record.sequence] = record.digest
                times_ns.append(record.received_ns)
            opening, ended, closing = reader.opening, reader.ended(), reader.closing()
    except JournalError as error:
        tale.complaints.append(f"cannot be resumed: {error}; {_last_words(plan)}")
        return
    tale.complaints += tale.comparison.complaints()
    for mark in tale.marks:
        if mark.acknowledged > mark.sequence:
            tale.complaints.append(
                f"record {mark.acknowledged} was safe and is lost; the last one after the kill "
                f"is {mark.sequence}"
            )
        if mark.sequence >= 0 and digests.get(mark.sequence) != mark.digest:
            tale.complaints.append(f"record {mark.sequence} changed after {mark.kill}")
    if opening.setup != plan.opening.setup:
        tale.complaints.append("the session's setup, and with it its deadline, has changed")
    is_asked_to_carry = opening.setup.config.end_policy == "carry"
    if closing is not None and closing.head.positions and is_asked_to_carry:
        tale.is_handed_over = True
    elif closing is not None and closing.head.positions:
        tale.is_carried = ended is not None and CARRIED in ended.detail
        if not tale.is_carried:
            tale.complaints.append(f"was to end flat, and holds {closing.head.positions}")
    if latest_session(plan.paths.var_dir, plan.paths.account) != plan.paths:
        tale.complaints.append("the account does not point at this session: its money is lost")
    # An attempt that itself began after the deadline takes its time from there.
    begun_ns = max([plan.deadline_ns, *tale.comparison.attempts_ns])
    tale.complaints += _about_the_outcome(
        plan, code, ended, begun_ns + _stalled(times_ns, begun_ns)
    )


def handed_over(before: SessionPlan, after: SessionPlan) -> list[str]:
    """Say what a session's account lost on its way to the next one."""
    with JournalReader(before.paths.journal) as reader:
        last, closing = reader.last(), reader.closing()
    chain = after.opening.predecessor
    if closing is None or chain is None:
        return ["the account's session before this one never closed"]
    found = []
    if chain.digest != last.digest.hex():
        found.append(f"expected the chain to go on from {last.digest.hex()}, was {chain.digest}")
    if closing.head != after.opening.setup.head:
        found.append(f"expected the account {closing.head}, was {after.opening.setup.head}")
    return found


def _stalled(times_ns: Sequence[int], since_ns: int) -> int:
    """Return how much session time went by, since then, in which the machine let nothing happen."""
    gaps_ns = [b - max(a, since_ns) for a, b in pairwise(times_ns) if b > since_ns]
    return sum(gap_ns for gap_ns in gaps_ns if gap_ns > STALL_NS)


def _about_the_outcome(
    plan: SessionPlan, code: int, ended: SessionEnded | None, begun_ns: int
) -> list[str]:
    if ended is None:
        return [f"no end; {_last_words(plan)}"]
    found = []
    if code != EXIT_CODES[ended.outcome]:
        found.append(f"expected exit code {EXIT_CODES[ended.outcome]} for {ended}, was {code}")
    if ended.outcome not in {"completed", "no_trades", "degraded"}:
        found.append(f"ended otherwise than it would have: {ended}")
    if ended.at_ns < plan.deadline_ns:
        found.append(f"ended {(plan.deadline_ns - ended.at_ns) / NS_PER_S:.1f} s too early")
    if ended.at_ns - begun_ns > ENDING_NS_MOST:
        found.append(f"took {(ended.at_ns - begun_ns) / NS_PER_S:.1f} s to end")
    return found


def _last_words(plan: SessionPlan) -> str:
    lines = Path(plan.paths.log).read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it left no words"
