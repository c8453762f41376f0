"""``python -m tests.simulation.supervision``: what Prefect really does, over some minutes.

On a PostgreSQL and a server of its own, with two workers, the automations, a webhook and the
embedded exchange. Each case is judged by the API, by the journals and by what the webhook got; one
line a case, for the runbook. All of them take about twenty minutes; ``--case`` chooses.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil
import pytest

from deployments.automations.catalogue import USUAL, Patience
from tasks.progress import OVER
from tests.support.live import assert_sound
from tests.support.ports import free_port
from tests.support.postgres import running_postgres
from tests.support.prefect_server import FlowRun, Server, running_server, running_worker
from tests.support.supervised import (
    LIVELY,
    POOL,
    Created,
    automate,
    begin,
    deploy,
    events,
    in_position,
    in_state,
    make_block,
    make_pool,
    over,
    pid_of,
    runs_of,
    session,
)
from tests.support.unwinding import unwind_on_sigterm
from tests.support.waiting import until
from tests.support.webhook import Receiver, receiving
from trading.io.clock import monotonic_ns
from trading.model.events import AttemptStarted, SessionEnded

LONELY: Final = "lonely"
"""A pool whose only worker is about to end."""
BRISK: Final = Patience(
    start=timedelta(seconds=30), progress=timedelta(seconds=20), end=timedelta(seconds=20)
)
REPORTING_AFTER_S: Final = 0.3
"""After its session a flow has said so, and writes its report, for more than a second."""
OUTAGE_S: Final = 90.0
"""Longer than the usual patience with a silent session."""


class Stage:
    """The server, the workers and the webhook of one campaign."""

    def __init__(self, folder: Path, database: str | None, receiver: Receiver) -> None:
        """Stand on a folder, with a port that a restarted server keeps."""
        self.folder, self.database, self.port = folder, database, free_port()
        self.receiver = receiver
        self._serving = ExitStack()
        self.server = self.serve()
        for pool in (POOL, LONELY):
            make_pool(self.server, pool)
        deploy(self.server)
        make_block(self.server, receiver.url)
        automate(self.server, BRISK)

    def serve(self) -> Server:
        """Start the server, for the first time or again."""
        server = running_server(self.folder, database=self.database, port=self.port)
        self.server = self._serving.enter_context(server)
        return self.server

    def stop(self) -> None:
        """Stop the server."""
        self._serving.close()

    def alerts(self, run: FlowRun, account: str, least: int = 1) -> str:
        """Wait for so many alerts of a run, which got its name when it began, and of its account.

        Return all of them.
        """
        about = self.server.flow_run(run.id).name, f"account {account}, "

        def heard() -> list[str]:
            return [
                each.subject
                for each in self.receiver.told
                if any(words in each.body for words in about)
            ]

        until(lambda: len(heard()) >= least, 60.0, f"{least} alerts of {about}")
        return shortened(heard())


def shortened(subjects: Sequence[str]) -> str:
    """Return alerts as the runbook names them."""
    return ", ".join(each.replace(" paper-session", "") for each in subjects) or "nobody"


def told(server: Server, account: str) -> str:
    """Return what the journal of an account's last session says, in words, after judging it."""
    paths = session(server, account)
    found = assert_sound(paths)
    kept = {each.parent.resolve() for each in paths.account_folder.glob("*/journal.db")}
    attempts = 1 + len([each for each in found if isinstance(each, AttemptStarted)])
    last = found[-1]
    assert isinstance(last, SessionEnded)
    how = f"{last.outcome} ({last.reason})"
    return f"journal {how}, attempt {attempts}, sessions {len(kept)}, replay identical"


def completed(server: Server, run: FlowRun, within_s: float = 400.0) -> str:
    """Wait until a run is Completed, by itself or corrected; return its message."""
    found = in_state(server, run, "COMPLETED", within_s=within_s)
    return (found.state.message or "").replace(run.id, "ID")


def four_accounts(stage: Stage) -> str:
    """Run four accounts at once on two workers."""
    server = stage.server
    runs = {
        f"four{n}": begin(server, account=f"four{n}", minutes=2, speed=4, settings=LIVELY)
        for n in range(4)
    }
    states = [over(server, run, 400.0).state.type for run in runs.values()]
    assert states == ["COMPLETED"] * 4, states
    return f"4 Completed; {'; '.join(sorted({told(server, account) for account in runs}))}"


def a_schedule(stage: Stage) -> str:
    """Let a schedule of every minute fire twice."""
    server = stage.server
    found = server.get("/deployments/name/paper-session/demo", Created)
    server.send("POST", f"/deployments/{found.id}/resume_deployment")
    cron = {"schedule": {"cron": "* * * * *", "timezone": "UTC"}, "active": True}
    body = [{**cron, "parameters": {"account": "minutely", "minutes": 0.5, "settings": LIVELY}}]
    server.send("POST", f"/deployments/{found.id}/schedules", body)
    wanted = {
        "flow_runs": {"tags": {"all_": ["auto-scheduled", "minutely"]}},
        "sort": "EXPECTED_START_TIME_ASC",
    }

    def fired() -> list[FlowRun] | None:
        runs = server.find("/flow_runs/filter", FlowRun, **wanted)
        done = [each for each in runs if each.state.type == "COMPLETED"]
        return done if len(done) > 1 else None

    try:
        runs = until(fired, 400.0, "two scheduled runs")
    finally:
        server.run("deployment", "schedule", "clear", "paper-session/demo", "--accept-yes")
    slots = ", ".join(each.name.rpartition(" ")[2] for each in runs[:2])
    states = ", ".join(each.state.message or each.state.name for each in runs[:2])
    return f"slots {slots}: {states}"


def worker_ended(stage: Stage, how: signal.Signals, deployment: str) -> str:
    """End a worker in mid-session; what it ran is found, told of and brought to its end."""
    server, account = stage.server, f"worker-{how.name.lower()}"
    with running_worker(server, LONELY, account) as worker:
        run = lonely(server, deployment, account)
        in_position(server, account)
        worker.send_signal(how)
        worker.wait(60.0)
    message = completed(server, run)
    is_corrected = "corrected by" in message  # else nothing was wrong, and nobody is told
    return (
        f"{message}; {told(server, account)}; told {stage.alerts(run, account, 2 * is_corrected)}"
    )


def lonely(server: Server, deployment: str, account: str) -> FlowRun:
    """Start a session in the lonely pool."""
    found = server.get(f"/deployments/name/{deployment}", Created)
    server.send("PATCH", f"/deployments/{found.id}", {"work_pool_name": LONELY})
    try:
        return begin_long(server, account, deployment)
    finally:
        server.send("PATCH", f"/deployments/{found.id}", {"work_pool_name": POOL})


def begin_long(
    server: Server, account: str, deployment: str = "paper-session/demo", minutes: float = 12.0
) -> FlowRun:
    """Start a session that leaves time for a rescue; four minutes of it pass in one."""
    return begin(
        server,
        deployment,
        source="embedded",
        strategy="pulse",
        account=account,
        minutes=minutes,
        speed=4,
        settings=LIVELY,
    )


def about(server: Server, flow: str, run: FlowRun) -> list[FlowRun]:
    """Return the runs of a flow that were started for another run."""
    return [each for each in runs_of(server, flow) if run.id in each.name]


def frozen(stage: Stage) -> str:
    """Stop the flow's process in mid-session, as a hang that no signal but the last one ends."""
    server = stage.server
    run = begin_long(server, "frozen")
    in_position(server, "frozen")
    os.kill(pid_of(server, run), signal.SIGSTOP)
    message = completed(server, run)
    return f"{message}; {told(server, 'frozen')}; told {stage.alerts(run, 'frozen', 2)}"


def no_start(stage: Stage) -> str:
    """Stop the flow's process before it has a session: there is nothing to rescue."""
    server = stage.server
    run = begin_long(server, "unborn", "paper-session/10min")
    in_state(server, run, "RUNNING")
    os.kill(pid_of(server, run), signal.SIGSTOP)
    crashed = in_state(server, run, "CRASHED", within_s=180.0).state
    rescue = until(lambda: about(server, "rescue", run), 120.0, "a rescue")[0]
    found = over(server, rescue).state
    assert (found.message or "").startswith("nothing to rescue"), found
    return f"Crashed, {crashed.message}; rescue: nothing to do; told {stage.alerts(run, 'unborn')}"


def overrun(stage: Stage) -> str:
    """Stop the flow's process when its session is over, and its report is not written."""
    server = stage.server
    run = begin_long(server, "overrun", minutes=1)
    pid = pid_of(server, in_state(server, run, "RUNNING"))
    child = until(lambda: psutil.Process(pid).children(recursive=True), 60.0, "the session")[0]
    psutil.wait_procs([child], timeout=120.0)
    time.sleep(REPORTING_AFTER_S)
    os.kill(pid, signal.SIGSTOP)
    mine = f"prefect.flow-run.{run.id}"
    until(
        lambda: mine in {each.resource["prefect.resource.id"] for each in events(server, OVER)},
        30.0,
        "the word that the session is over",
    )
    message = completed(server, run)
    return f"{message}; {told(server, 'overrun')}; told {stage.alerts(run, 'overrun', 2)}"


def hours_without(stage: Stage) -> str:
    """Let nothing be completed for longer than somebody wants to wait, then complete a session."""
    automate(stage.server, replace(BRISK, completed=timedelta(seconds=60)))
    try:
        since = len(stage.receiver.told)
        until(lambda: len(stage.receiver.told) > since, 120.0, "the alert")
        run = begin(stage.server, account="hours", minutes=1, speed=8, settings=LIVELY)
        over(stage.server, run)
        until(lambda: len(stage.receiver.told) > since + 1, 60.0, "the all-clear")
    finally:
        automate(stage.server, BRISK)
    subjects = [each.subject for each in stage.receiver.told[since:]]
    assert len(subjects) == 2, subjects
    return f"told {shortened(subjects)}"


def outage(stage: Stage) -> str:
    """Take the server away in the middle of a long session, for longer than silence is borne."""
    automate(stage.server, USUAL)
    run = begin(stage.server, account="long", minutes=6.5, settings=LIVELY)
    in_position(stage.server, "long")
    time.sleep(120.0)
    stage.stop()
    time.sleep(OUTAGE_S)
    server = stage.serve()
    message = completed(server, run, within_s=500.0)
    looks = about(server, "silence", run)
    found = "; ".join((each.state.message or "").replace(run.id, "the run") for each in looks)
    automate(server, BRISK)
    assert "attempt 1" in told(server, "long"), told(server, "long")
    return (
        f"{message}; {told(server, 'long')}; silence: {found or 'not asked'}; "
        f"told {stage.alerts(run, 'long', 0)}"
    )


CASES: Final[dict[str, tuple[str, Callable[[Stage], str]]]] = {
    "accounts": ("four accounts at once, two workers", four_accounts),
    "schedule": ("a schedule of every minute", a_schedule),
    "sigterm": (
        "worker SIGTERM in mid-session",
        lambda stage: worker_ended(stage, signal.SIGTERM, "paper-session/demo"),
    ),
    "sigkill": (
        "worker SIGKILL in mid-session",
        lambda stage: worker_ended(stage, signal.SIGKILL, "paper-session/10min"),
    ),
    "frozen": ("flow SIGSTOP in mid-session", frozen),
    "start": ("flow SIGSTOP before its session", no_start),
    "overrun": ("flow SIGSTOP after its session", overrun),
    "hours": ("a minute without a completed session", hours_without),
    "outage": (f"6.5 minutes, no server for {OUTAGE_S:g} s in the middle", outage),
}


def tell(name: str, stage: Stage) -> bool:
    """Run a case and print its line; return whether what it claims is true."""
    title, case = CASES[name]
    since_ns = monotonic_ns()
    is_true = True
    try:
        found = case(stage)
    except (AssertionError, pytest.fail.Exception) as error:
        is_true, found = False, f"FAILED: {error}"
    sys.stdout.write(f"{title} ({(monotonic_ns() - since_ns) / 1e9:.0f} s): {found}\n")
    sys.stdout.flush()
    return is_true


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell the cases that are asked for, or all of them; return 1 when one is not as claimed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.supervision")
    parser.add_argument("--case", choices=tuple(CASES), action="append")
    parser.add_argument("--keep", type=Path, help="a folder for the logs, kept afterwards")
    chosen = parser.parse_args(arguments)
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="supervision-", ignore_cleanup_errors=True)
        folder = chosen.keep or Path(stack.enter_context(made))
        database = stack.enter_context(running_postgres())
        sys.stdout.write(f"database: {'PostgreSQL' if database else 'SQLite'}\n")
        stage = Stage(folder, database, stack.enter_context(receiving()))
        stack.callback(stage.stop)
        for name in ("one", "two"):
            stack.enter_context(running_worker(stage.server, POOL, name))
        told_true = [tell(name, stage) for name in chosen.case or CASES]
    return 0 if all(told_true) else 1


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
