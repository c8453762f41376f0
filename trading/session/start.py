"""From a plan to a running session: own the account, open or resume the journal, run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from trading.engine import Engine
from trading.errors import AccountLocked, JournalError, OwnershipLost
from trading.io.lock import AccountLock
from trading.journal.machine import Machine
from trading.journal.store import JournalReader, JournalWriter
from trading.model.events import Output, SessionEnded, SessionResumed
from trading.session.frames import pandas_frame
from trading.session.plan import SessionPlan
from trading.session.recorder import Recorder
from trading.session.register import Owned, register_of
from trading.session.resume import resume
from trading.session.run import LiveSession
from trading.session.settle import disown
from trading.venues.registry import venue_named

DOUBTS_TEXT_MAX: Final = 500


async def run_session(plan: SessionPlan, attempt: int) -> SessionEnded:
    """Run a session to its end and return its last record.

    The first attempt opens the journal; a later one goes on where it ends, under the same
    session id and the same deadline. The account is owned by this process all the while. A session
    whose account has gone on without it ends at once: ``abandoned``, for ``lost_ownership``.

    Raises:
        AccountLocked: when another session owns the account.
        OwnershipLost: when the account was given up, though nobody may have taken it.
        RegisterError: when the register of accounts cannot be asked.
        JournalError: when the journal cannot be opened, resumed or written.
    """
    paths = plan.paths
    try:
        await _run_owned(plan, attempt)
    except (AccountLocked, OwnershipLost) as lost:
        is_taken = lost.is_elsewhere if isinstance(lost, AccountLocked) else lost.is_taken
        if not (is_taken and paths.journal.exists()):
            raise
        sys.stderr.write(f"{lost}\n")
        with AccountLock(paths.lock, f"disowning {paths.session_id}"):
            disown(paths, str(lost))
    with JournalReader(paths.journal) as reader:
        ended = reader.ended()
    if ended is None:
        raise JournalError(f"{paths.journal}: the session closed without its last record")
    return ended


async def _run_owned(plan: SessionPlan, attempt: int) -> None:
    """Own the account, and run what is left of the session."""
    paths = plan.paths
    with register_of(paths.var_dir).own(paths.account, paths.session_id) as owned:
        if _is_closed(paths.journal):
            return
        is_begun = paths.journal.exists()
        recorder, asked = _go_on(plan, attempt, owned) if is_begun else _begin(plan, owned)
        if recorder.machine.engine.has_ended:
            recorder.close()  # it died between its last record and the closing one
        else:
            await LiveSession(plan, recorder, attempt).run(asked)


def _is_closed(journal: Path) -> bool:
    if not journal.exists():
        return False
    with JournalReader(journal) as reader:
        return reader.closing() is not None


def _begin(plan: SessionPlan, owned: Owned) -> tuple[Recorder, list[Output]]:
    """Open the journal, with what preflight and warm-up fetched as its first inputs.

    Returned with the recorder: the outputs so far, which may ask for something.
    """
    opening = plan.opening
    if owned.newest_session != _predecessor(plan):
        raise JournalError(
            f"the account went on to session {owned.newest_session} after this one was planned on "
            f"{_predecessor(plan)}; start it again"
        )
    machine = Machine(Engine(opening.setup, frame=pandas_frame), venue_named(opening.venue))
    journal = JournalWriter.create(plan.paths.journal, opening)
    recorder = Recorder(machine, journal, opening.setup.opened_ns)
    return recorder, _finish_beginning(plan, recorder, owned)


def _go_on(plan: SessionPlan, attempt: int, owned: Owned) -> tuple[Recorder, list[Output]]:
    """Bring the engine to where the journal ends, and say that something was missed."""
    newest = owned.newest_session
    if newest not in {_predecessor(plan), plan.paths.session_id}:
        raise OwnershipLost(plan.paths.account, f"it went on to session {newest}", is_taken=True)
    with JournalReader(plan.paths.journal) as reader:
        resumed = resume(reader, pandas_frame)
    recorder = resumed.recorder
    if resumed.doubts:
        sys.stderr.write(f"resumed after record {resumed.snapshot}: {resumed.doubts}\n")
    asked = _finish_beginning(plan, recorder, owned)
    if not recorder.machine.engine.has_ended:
        now_ns = plan.world.clock(recorder.received_ns).now_ns()
        asked += recorder.event(
            SessionResumed(
                now_ns,
                attempt,
                recorder.received_ns,
                resumed.snapshot,
                resumed.doubts[:DOUBTS_TEXT_MAX],
                has_new_clock=not plan.world.is_embedded,
            )
        )
    return recorder, asked


def _finish_beginning(plan: SessionPlan, recorder: Recorder, owned: Owned) -> list[Output]:
    """Do what is left of the beginning: an earlier attempt may have died at any step of it."""
    recorder.belong_to(owned)
    if not recorder.machine.engine.has_ended:
        owned.begin(plan.paths.session_id)
    plan.paths.point_latest()
    # The replies, then the words, are the first records after the opening, which is record 0.
    asked: list[Output] = []
    done = recorder.journal.sequence
    for request, body in plan.replies[done:]:
        asked += recorder.reply(request, body, plan.opening.setup.opened_ns)
    for word in plan.words[max(0, done - len(plan.replies)) :]:
        asked += recorder.event(word)
    recorder.journal.commit(is_durable=True)
    return asked


def _predecessor(plan: SessionPlan) -> str | None:
    predecessor = plan.opening.predecessor
    return predecessor.session_id if predecessor else None
