"""A whole Prefect of the tests' own: server, pool, deployments, worker, automations, a webhook.

Sessions are begun, found and waited for here; each waits on what it wants to see, never on time.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.workers.process import ProcessWorker

from deployments.automations.apply import Change, apply, places
from deployments.automations.catalogue import USUAL, Patience, catalogue
from tests.support.prefect_server import ROOT, FlowRun, Server
from tests.support.waiting import until
from trading.io.clock import wall_ns
from trading.model.numbers import NS_PER_S
from trading.session.heartbeat import Progress, read_progress
from trading.session.paths import SessionPaths, latest_session

POOL = "paper"
OVER = frozenset({"CANCELLED", "COMPLETED", "FAILED", "CRASHED"})
LIVELY = {
    "strategy_parameters": {"period_s": 4.0, "hold_s": 3.0},
    "risk": {
        "entry_interval_s": 0.0,
        "losses_in_a_row_max": 0,
        "daily_loss_pct": 0.0,
        "drawdown_pct": 0.0,
    },
}
"""Settings of a session that trades all the time, and is stopped by no loss."""
BLOCK = "custom-webhook/alerts"


class Created(msgspec.Struct):
    """A thing that was made."""

    id: str


class Process(msgspec.Struct):
    """Where a flow run runs."""

    infrastructure_pid: str | None


class Event(msgspec.Struct):
    """An event, as the API tells it."""

    event: str
    resource: dict[str, str]


class Events(msgspec.Struct):
    """A page of events."""

    events: list[Event]


def make_pool(server: Server, name: str = POOL) -> None:
    """Make a pool of processes."""
    template = ProcessWorker.get_default_base_job_template()
    body = {"name": name, "type": "process", "base_job_template": template}
    server.send("POST", "/work_pools/", body)


def deploy(server: Server) -> None:
    """Deploy this checkout as a person does; nothing of it is due by the clock."""
    done = server.run("--no-prompt", "deploy", "--all")
    assert done.returncode == 0, done.stdout + done.stderr
    pause_all(server)


def pause_all(server: Server) -> None:
    """Pause every schedule."""
    for each in server.find("/deployments/filter", Created):
        server.send("POST", f"/deployments/{each.id}/pause_deployment")


@contextmanager
def as_client(server: Server) -> Iterator[None]:
    """Be a client of the server while the block runs."""
    with temporary_settings({PREFECT_API_URL: server.api}):
        yield


def make_block(server: Server, url: str) -> None:
    """Make the block that notifies a webhook."""
    with as_client(server):
        told = {"subject": "{{subject}}", "body": "{{body}}"}
        block = CustomWebhookNotificationBlock.model_validate(
            {"name": "alerts", "url": url, "json_data": told}
        )
        asyncio.run(block.asave("alerts"))


def automate(server: Server, patience: Patience = USUAL) -> tuple[Change, ...]:
    """Apply the automations, with a patience of the test's own."""

    async def done() -> tuple[Change, ...]:
        async with get_client() as client:
            return await apply(client, catalogue(await places(client, BLOCK, patience)))

    with as_client(server):
        return asyncio.run(done())


def begin(
    server: Server,
    deployment: str = "paper-session/demo",
    *,
    late_s: float = 0.0,
    **parameters: object,
) -> FlowRun:
    """Make a run of a deployment, as one that was due some time ago."""
    return begin_with(server, deployment, parameters, late_s=late_s)


def begin_with(
    server: Server, deployment: str, parameters: Mapping[str, object], *, late_s: float = 0.0
) -> FlowRun:
    """Make a run of a deployment, with parameters of any name."""
    found = server.get(f"/deployments/name/{deployment}", Created)
    due = datetime.fromtimestamp(wall_ns() / NS_PER_S, UTC) - timedelta(seconds=late_s)
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due.isoformat()}}
    body = {"state": state, "parameters": dict(parameters)}
    reply = server.send("POST", f"/deployments/{found.id}/create_flow_run", body)
    return server.flow_run(msgspec.json.decode(reply.content, type=Created).id)


@contextmanager
def by_hand(server: Server, account: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a session from the command line, with this server; end it, if need be."""
    always = ("--source=embedded", "--strategy=pulse", f"--account={account}")
    with (server.folder / f"{account}.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "flows.paper_session", *always, *words],
            cwd=ROOT,
            env={**server.environment, "PREFECT_CLIENT_MAX_RETRIES": "0"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def in_state(server: Server, run: FlowRun, *types: str, within_s: float = 120.0) -> FlowRun:
    """Wait until a run is in one of these states."""

    def look() -> FlowRun | None:
        found = server.flow_run(run.id)
        return found if found.state.type in types else None

    return until(look, within_s, f"{run.name} to be {' or '.join(types)}")


def over(server: Server, run: FlowRun, within_s: float = 120.0) -> FlowRun:
    """Wait until a run is over."""
    return in_state(server, run, *OVER, within_s=within_s)


def session(server: Server, account: str) -> SessionPaths:
    """Return the account's newest session."""
    found = latest_session(server.folder / "var", account)
    assert found is not None, f"account {account} has no session"
    return found


def progress(server: Server, account: str) -> Progress | None:
    """Return the newest beat of an account's newest session."""
    paths = latest_session(server.folder / "var", account)
    return read_progress(paths.heartbeat) if paths else None


def in_position(server: Server, account: str) -> SessionPaths:
    """Wait until an account's session holds a position."""

    def look() -> SessionPaths | None:
        beat = progress(server, account)
        is_in = beat is not None and beat.position != "flat"
        return session(server, account) if is_in else None

    return until(look, 120.0, f"a position of {account}")


def pid_of(server: Server, run: FlowRun) -> int:
    """Return the process of a flow run."""
    found = server.get(f"/flow_runs/{run.id}", Process).infrastructure_pid
    assert found is not None
    return int(found.rpartition(":")[2])


def runs_of(server: Server, flow: str) -> list[FlowRun]:
    """Return every run of a flow, oldest first."""
    wanted = {"flows": {"name": {"any_": [flow]}}, "sort": "EXPECTED_START_TIME_ASC"}
    return server.find("/flow_runs/filter", FlowRun, **wanted)


def events(server: Server, *names: str) -> list[Event]:
    """Return the newest events of these names, newest first."""
    body = {"filter": {"event": {"name": list(names)}}, "limit": 50}
    reply = server.send("POST", "/events/filter", body)
    return msgspec.json.decode(reply.content, type=Events).events
