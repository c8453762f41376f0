"""From a plan to a running session: own the account, open or resume the journal, run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from trading.engine import Engine
from trading.errors import JournalError
from trading.io.lock import AccountLock
from trading.journal.machine import Machine
from trading.journal.store import JournalReader, JournalWriter
from trading.model.events import Output, SessionEnded, SessionResumed
from trading.session.frames import pandas_frame
from trading.session.paths import latest_session
from trading.session.plan import SessionPlan
from trading.session.recorder import Recorder
from trading.session.resume import resume
from trading.session.run import LiveSession
from trading.venues.registry import venue_named

DOUBTS_TEXT_MAX: Final = 500


async def run_session(plan: SessionPlan, attempt: int) -> SessionEnded:
    """Run a session to its end and return its last record.

    The first attempt opens the journal; a later one goes on where it ends, under the same
    session id and the same deadline. The account's lock is held by this process all the while,
    and the kernel takes it back whatever happens to us.

    Raises:
        AccountLocked: when another session owns the account.
        JournalError: when the journal cannot be opened, resumed or written.
    """
    paths = plan.paths
    with AccountLock(paths.lock, plan.opening.setup.session_id):
        if not _is_closed(paths.journal):
            is_begun = paths.journal.exists()
            recorder, asked = _go_on(plan, attempt) if is_begun else _begin(plan)
            if recorder.machine.engine.has_ended:
                recorder.close()  # it died between its last record and the closing one
            else:
                await LiveSession(plan, recorder, attempt).run(asked)
    with JournalReader(paths.journal) as reader:
        ended = reader.ended()
    if ended is None:
        raise JournalError(f"{paths.journal}: the session closed without its last record")
    return ended


def _is_closed(journal: Path) -> bool:
    if not journal.exists():
        return False
    with JournalReader(journal) as reader:
        return reader.closing() is not None


def _begin(plan: SessionPlan) -> tuple[Recorder, list[Output]]:
    """Open the journal, with what preflight and warm-up fetched as its first inputs.

    Returned with the recorder: the outputs so far, which may ask for something.
    """
    opening = plan.opening
    _check_turn(plan, {_predecessor(plan)})
    machine = Machine(Engine(opening.setup, frame=pandas_frame), venue_named(opening.venue))
    journal = JournalWriter.create(plan.paths.journal, opening)
    recorder = Recorder(machine, journal, opening.setup.opened_ns)
    return recorder, _finish_beginning(plan, recorder)


def _go_on(plan: SessionPlan, attempt: int) -> tuple[Recorder, list[Output]]:
    """Bring the engine to where the journal ends, and say that something was missed."""
    _check_turn(plan, {_predecessor(plan), plan.paths.session_id})
    with JournalReader(plan.paths.journal) as reader:
        resumed = resume(reader, pandas_frame)
    recorder = resumed.recorder
    if resumed.doubts:
        sys.stderr.write(f"resumed after record {resumed.snapshot}: {resumed.doubts}\n")
    asked = _finish_beginning(plan, recorder)
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


def _finish_beginning(plan: SessionPlan, recorder: Recorder) -> list[Output]:
    """Do what is left of the beginning: an earlier attempt may have died at any step of it."""
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


def _check_turn(plan: SessionPlan, expected: set[str | None]) -> None:
    """Refuse a session that another one of the account has overtaken."""
    last = latest_session(plan.paths.var_dir, plan.paths.account)
    if (last.session_id if last else None) not in expected:
        raise JournalError(
            f"the account went on to session {last.session_id if last else None} after this one "
            f"was planned on {_predecessor(plan)}; start it again"
        )
