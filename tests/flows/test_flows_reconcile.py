"""What Prefect says is held against the journal: orphans, missing reports, wrong states."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from msgspec import json
from prefect import State
from prefect.states import Cancelled, Cancelling, Completed, Crashed, Running

from flows.naming import VAR_ENVIRONMENT
from flows.reconcile import reconcile
from flows.rescue import rescue
from tasks.origin import Origin, read_origin, session_of, write_origin
from tasks.orphans import RESCUES_MOST
from tests.support.live import assert_sound
from tests.support.made_runs import NOBODY, run_in, state_of_run
from tests.support.recorded_session import begin, feed, frames, opening
from trading.io.clock import monotonic_ns
from trading.io.lock import AccountLock
from trading.model.events import SessionEnded
from trading.model.numbers import NS_PER_S
from trading.session.paths import SessionPaths, kill_file
from trading.session.plan import SessionPlan
from trading.session.supervise import recorded_result
from trading.session.world import World

pytestmark = [pytest.mark.usefixtures("harness"), pytest.mark.timeout(180)]

LONG_AGO_S = 1_000_000_000.0


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the test's sessions in a folder of its own."""
    folder = tmp_path / "var"
    monkeypatch.setenv(VAR_ENVIRONMENT, str(folder))
    return folder


def session(
    var: Path, run_id: str, *, seconds: float, left_s: float = -60.0, rescues: int = 0
) -> SessionPaths:
    """Leave a session of a minute after so many seconds, quiet, with its origin and its plan.

    ``left_s``: real seconds to its deadline by the clock of its world. What is over is closed.
    """
    opened = opening()
    paths = SessionPaths(var_dir=var, account="default", session_id=opened.setup.session_id)
    paths.folder.mkdir(parents=True)
    recorder = begin(paths.journal, opened)
    feed(recorder, list(frames(seconds)))
    if recorder.machine.engine.has_ended:
        recorder.close()
    else:
        recorder.journal.close()
    paths.point_latest()
    now_ns = opened.setup.deadline_ns - round(left_s * NS_PER_S)
    world = World(
        rest_url="http://127.0.0.1:9",
        ws_url="ws://127.0.0.1:9",
        anchor_monotonic_ns=monotonic_ns(),
        anchor_unix_ns=now_ns,
        is_embedded=True,
    )
    plan = SessionPlan(opening=opened, world=world, var_dir=str(var), replies=())
    paths.plan.write_bytes(json.encode(plan))
    write_origin(paths, Origin(flow_run_id=run_id, rescues=(NOBODY,) * rescues))
    for each in paths.folder.iterdir():
        os.utime(each, (LONG_AGO_S, LONG_AGO_S))
    return paths


def reconciled() -> State[list[str]]:
    """Reconcile everything there is; return the state it ends in."""

    async def run() -> State[list[str]]:
        return await reconcile(return_state=True)  # type: ignore[return-value] # it awaits a state

    return asyncio.run(run())


def test_nothing_to_do_is_said(var: Path) -> None:
    """Without an account, or with one whose run says what its journal says."""
    assert "nothing to do: the states say what the journals say" == reconciled().message

    session(var, run_in(Completed()), seconds=85)
    assert "has its report" in (reconciled().message or "")
    assert "nothing to do: the states say what the journals say" == reconciled().message


@pytest.mark.parametrize("before", [Running(), Crashed(message="killed"), Cancelling()])
def test_a_session_that_ended_well_corrects_its_run(var: Path, before: State) -> None:
    """The server was away, or the process killed after the end: the journal decides."""
    run_id = run_in(before)
    paths = session(var, run_id, seconds=85)

    state = reconciled()

    assert state.is_completed()
    assert f"run {run_id} was {before.name}, its session says completed" in (state.message or "")
    kind, message = state_of_run(run_id)
    assert kind == "COMPLETED"
    assert message.startswith("completed (deadline); corrected by reconcile, it was ")
    assert paths.report.exists()


def test_what_a_person_cancelled_stays_cancelled(var: Path) -> None:
    """A session that ended well because it was stopped is no reason to overrule its state."""
    run_id = run_in(Cancelled(message="by ada"))
    session(var, run_id, seconds=85)
    reconciled()

    assert ("CANCELLED", "by ada") == state_of_run(run_id)


def test_an_orphan_whose_time_is_over_is_closed(var: Path) -> None:
    """Books closed as abandoned, a report, and its run no longer Running."""
    run_id = run_in(Running())
    paths = session(var, run_id, seconds=30)

    state = reconciled()

    assert f"{paths.session_id} closed: abandoned" in (state.message or "")
    assert ("FAILED", True) == (
        state_of_run(run_id)[0],
        state_of_run(run_id)[1].startswith("abandoned (abandoned): "),
    )
    assert "its time is over" in state_of_run(run_id)[1]
    outputs = assert_sound(paths)
    assert isinstance(outputs[-1], SessionEnded)
    assert paths.report.exists()


def test_an_orphan_that_can_go_on_is_handed_to_its_rescue(var: Path) -> None:
    """Its run is called Crashed, which is what the rescue waits for; its books stay open."""
    run_id = run_in(Running())
    paths = session(var, run_id, seconds=30, left_s=1_800)

    state = reconciled()

    assert f"{paths.session_id} is handed to its rescue" in (state.message or "")
    assert ("CRASHED", "its process is gone; its books are open") == state_of_run(run_id)
    assert recorded_result(paths, 0) is None


def test_a_session_that_lives_is_left_alone(var: Path) -> None:
    """Owned by a process, or with a sign of life within the minute: nothing is touched."""
    run_id = run_in(Running())
    paths = session(var, run_id, seconds=30)
    with AccountLock(paths.lock, paths.session_id):
        owned = reconciled()
    os.utime(paths.journal)
    fresh = reconciled()

    assert ["nothing to do: the states say what the journals say"] * 2 == [
        owned.message,
        fresh.message,
    ]
    assert recorded_result(paths, 0) is None


def test_a_journal_that_cannot_be_read_fails_in_words(var: Path) -> None:
    """It is named, and other accounts are reconciled all the same."""
    run_id = run_in(Running())
    paths = session(var, run_id, seconds=30)
    broken = SessionPaths(var_dir=var, account="broken", session_id="s")
    broken.folder.mkdir(parents=True)
    broken.journal.write_bytes(b"no journal")
    broken.point_latest()
    for each in broken.folder.iterdir():
        os.utime(each, (LONG_AGO_S, LONG_AGO_S))

    state = reconciled()

    assert state.is_failed()
    assert (state.message or "").startswith("broken: ")
    assert recorded_result(paths, 0) is not None


# --- a rescue that has nothing to resume ---------------------------------------------------------


def rescued(run_id: str) -> State[object]:
    """Rescue a run; return the state that ends in."""

    async def run() -> State[object]:
        return await rescue(run_id, return_state=True)  # type: ignore[return-value] # as above

    return asyncio.run(run())


def test_a_run_without_a_session_needs_no_rescue(var: Path) -> None:
    """It died before its session began, or its account has gone on since."""
    state = rescued(NOBODY)

    assert state.is_completed()
    assert (state.message or "").startswith("nothing to rescue: ")
    assert not var.exists()


@pytest.mark.parametrize(
    ("left_s", "rescues", "switch", "why"),
    [
        (1_800.0, RESCUES_MOST, "", f"and {RESCUES_MOST} rescues of it, too"),
        (1_800.0, 0, "set", "the kill switch is set"),
        (1.0, 0, "", "its time is over"),
    ],
)
def test_a_rescue_that_is_not_allowed_closes_the_books(
    var: Path, left_s: float, rescues: int, switch: str, why: str
) -> None:
    """The cap holds, and so do the kill switch and the deadline: no process is started."""
    run_id = run_in(Crashed())
    paths = session(var, run_id, seconds=30, left_s=left_s, rescues=rescues)
    if switch:
        kill_file(var).write_text(switch, encoding="utf-8")

    state = rescued(run_id)

    assert state.is_failed()
    assert why in (state.message or "")
    assert_sound(paths)
    assert not paths.log.exists()
    origin = read_origin(paths)
    assert origin is not None
    assert len(origin.rescues) == rescues
    assert state_of_run(run_id)[0] == "FAILED"


def test_a_session_is_found_by_every_run_of_it(var: Path) -> None:
    """By the one that began it and by each that rescued it; by nothing else."""
    paths = session(var, "begun", seconds=1)
    write_origin(paths, Origin(flow_run_id="begun").rescued_by("one").rescued_by("two"))

    assert [paths] * 3 == [session_of(var, each) for each in ("begun", "one", "two")]
    assert session_of(var, "three") is None
