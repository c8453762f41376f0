"""``python -m tests.simulation.supervision``: what Prefect really does, over some minutes.

On a PostgreSQL and a server of its own, two workers, the embedded exchange: four accounts at once;
a schedule that fires every minute; a worker that is told to stop, and one that is killed, in
mid-session; a session of six and a half minutes whose server is restarted in the middle. Each is
judged by the API and by the journals; one line a case, for the runbook. Takes about twelve minutes.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from tests.support.live import outputs
from tests.support.ports import free_port
from tests.support.postgres import running_postgres
from tests.support.prefect_server import FlowRun, Server, running_server, running_worker
from tests.support.waiting import until
from trading.io.clock import monotonic_ns
from trading.journal.verify import verify
from trading.model.events import AttemptStarted, SessionEnded
from trading.session.heartbeat import read_progress
from trading.session.paths import SessionPaths, latest_session

POOL = "paper"
OVER = frozenset({"CANCELLED", "COMPLETED", "FAILED", "CRASHED"})
LIVELY = {"strategy_parameters": {"period_s": 4.0, "hold_s": 3.0}, "risk": {"entry_interval_s": 0}}


class Created(msgspec.Struct):
    """A thing that was made."""

    id: str


class Stage:
    """The servers and workers of one campaign."""

    def __init__(self, folder: Path, database: str | None) -> None:
        """Stand on a folder, with a port that a restarted server keeps."""
        self.folder, self.database, self.port = folder, database, free_port()

    def serve(self, stack: ExitStack) -> Server:
        """Start the server, for the first time or again."""
        server = running_server(self.folder, database=self.database, port=self.port)
        return stack.enter_context(server)


def begin(server: Server, account: str, **parameters: object) -> FlowRun:
    """Start a session of an account."""
    found = server.get("/deployments/name/paper-session/demo", Created)
    body = {"parameters": {"account": account, "settings": LIVELY, **parameters}}
    reply = server.send("POST", f"/deployments/{found.id}/create_flow_run", body)
    return server.flow_run(msgspec.json.decode(reply.content, type=Created).id)


def ended(server: Server, run: FlowRun, within_s: float) -> FlowRun:
    """Wait for the end of a run."""

    def look() -> FlowRun | None:
        found = server.flow_run(run.id)
        return found if found.state.type in OVER else None

    return until(look, within_s, f"the end of {run.name}")


def trading(server: Server, account: str) -> SessionPaths:
    """Wait until an account has traded."""

    def look() -> SessionPaths | None:
        paths = latest_session(server.folder / "var", account)
        beat = read_progress(paths.heartbeat) if paths else None
        return paths if beat is not None and beat.fills > 0 else None

    return until(look, 90.0, f"a fill of {account}")


def told(server: Server, account: str) -> str:
    """Return what the journal of an account's last session says, in words."""
    paths = latest_session(server.folder / "var", account)
    assert paths is not None
    found = outputs(paths)
    sessions = [each for each in (paths.account_folder).iterdir() if (each / "journal.db").exists()]
    count = len({each.resolve() for each in sessions})
    attempts = 1 + len([each for each in found if isinstance(each, AttemptStarted)])
    last = found[-1]
    how = f"{last.outcome} ({last.reason})" if isinstance(last, SessionEnded) else "books open"
    proof = "identical" if verify(paths.journal).is_identical else "DIFFERS"
    return f"journal: {how}, attempt {attempts}, sessions {count}, replay {proof}"


def four_accounts(server: Server) -> str:
    """Run four accounts at once on two workers."""
    runs = {f"four{n}": begin(server, f"four{n}", minutes=2, speed=4) for n in range(4)}
    states = [ended(server, run, 180.0).state for run in runs.values()]
    said = {told(server, account) for account in runs}
    return f"{', '.join(sorted(each.type for each in states))}; {'; '.join(sorted(said))}"


def a_schedule(server: Server) -> str:
    """Let a schedule of every minute fire twice."""
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
        done = [each for each in runs if each.state.type in OVER]
        return done if len(done) > 1 else None

    runs = until(fired, 240.0, "two scheduled runs")
    server.run("deployment", "schedule", "clear", "paper-session/demo", "--accept-yes")
    slots = ", ".join(each.name.rpartition(" ")[2] for each in runs[:2])
    states = ", ".join(each.state.message or each.state.name for each in runs[:2])
    return f"slots {slots}: {states}"


def worker_stopped(server: Server, how: signal.Signals) -> str:
    """End a worker in mid-session, and see what becomes of run and session."""
    account, pool = f"worker-{how.name.lower()}", "lonely"
    with running_worker(server, pool, f"lonely-{how.name.lower()}") as worker:
        run = lonely(server, account, pool)
        paths = trading(server, account)
        worker.send_signal(how)
        worker.wait(60.0)
    time.sleep(20.0)
    state = server.flow_run(run.id).state
    with_books = told(server, account) if paths.journal.exists() else "no journal"
    return f"20 s later the run is {state.name}; {with_books}"


def lonely(server: Server, account: str, pool: str) -> FlowRun:
    """Start a session in a pool of its own, whose only worker is about to end."""
    found = server.get("/deployments/name/paper-session/demo", Created)
    server.send("PATCH", f"/deployments/{found.id}", {"work_pool_name": pool})
    try:
        return begin(server, account, minutes=3, speed=4)
    finally:
        server.send("PATCH", f"/deployments/{found.id}", {"work_pool_name": POOL})


def case(name: str, tell: Callable[[], str]) -> None:
    """Run a case and print its line."""
    since_ns = monotonic_ns()
    found = tell()
    sys.stdout.write(f"{name} ({(monotonic_ns() - since_ns) / 1e9:.0f} s): {found}\n")
    sys.stdout.flush()


def server_restarted(stage: Stage, first: ExitStack, server: Server) -> str:
    """Restart the server in the middle of a long session; its worker goes on."""
    with running_worker(server, POOL, "long"):
        run = begin(server, "long", minutes=6.5)
        trading(server, "long")
        time.sleep(150.0)
        first.close()
        with ExitStack() as second:
            again = stage.serve(second)
            return f"{ended(again, run, 400.0).state.message}; {told(again, 'long')}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Tell the cases that are asked for, or all of them."""
    names = ("accounts", "schedule", "sigterm", "sigkill", "restart")
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.supervision")
    parser.add_argument("--case", choices=names, action="append")
    wanted = parser.parse_args(arguments).case or names
    with (
        tempfile.TemporaryDirectory(prefix="supervision-", ignore_cleanup_errors=True) as name,
        running_postgres() as database,
        ExitStack() as first,
    ):
        stage = Stage(Path(name), database)
        server = stage.serve(first)
        sys.stdout.write(f"database: {'PostgreSQL' if database else 'SQLite'}\n")
        for words in (
            ("work-pool", "create", POOL, "--type", "process"),
            ("work-pool", "create", "lonely", "--type", "process"),
            ("deploy", "--all"),
            ("deployment", "schedule", "pause", "--all"),
        ):
            done = server.run(*words)
            assert done.returncode == 0, done.stdout + done.stderr
        with running_worker(server, POOL, "one"), running_worker(server, POOL, "two"):
            if "accounts" in wanted:
                case("four accounts at once, two workers", lambda: four_accounts(server))
            if "schedule" in wanted:
                case("a schedule of every minute", lambda: a_schedule(server))
        for how in (signal.SIGTERM, signal.SIGKILL):
            if how.name.lower() in wanted:
                case(f"worker {how.name}", lambda: worker_stopped(server, how))  # noqa: B023
        if "restart" in wanted:
            case("6.5 minutes, server restarted", lambda: server_restarted(stage, first, server))


if __name__ == "__main__":
    main()
