"""The flow on a real Prefect server, through a work pool and a worker, judged through the API.

And through the journal: what Prefect shows must be what the session did.
"""

from __future__ import annotations

import dataclasses
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.support.live import assert_sound
from tests.support.prefect_server import FlowRun, Server, TaskRun, running_server, running_worker
from tests.support.supervised import (
    LIVELY,
    POOL,
    begin,
    by_hand,
    in_position,
    make_pool,
    over,
    pause_all,
    session,
)
from tests.support.waiting import until
from trading.config import SessionSettings
from trading.io.lock import AccountLock
from trading.model.events import ControlApplied, OrderFilled, PositionChanged, SessionEnded
from trading.session.heartbeat import read_progress
from trading.session.paths import SessionPaths

pytestmark = pytest.mark.timeout(240)


class Schedule(msgspec.Struct):
    """A deployment's schedule, as the API tells it."""

    class Cron(msgspec.Struct):
        """When."""

        cron: str
        timezone: str | None

    slug: str | None
    active: bool
    schedule: Cron


class Property(msgspec.Struct):
    """One field of the form."""

    description: str = ""


class Group(msgspec.Struct):
    """A group of fields of the form."""

    properties: dict[str, Property]


class Form(msgspec.Struct):
    """What the form is made of."""

    properties: dict[str, Property]
    definitions: dict[str, Group]


class Limit(msgspec.Struct):
    """A global concurrency limit, as the API tells it."""

    limit: int


class Planned(msgspec.Struct):
    """A run that is due some time, as the API tells it."""

    expected_start_time: str


class Deployment(msgspec.Struct):
    """A deployment, as the API tells it."""

    name: str
    entrypoint: str
    description: str
    tags: list[str]
    version: str
    parameters: dict[str, object]
    job_variables: dict[str, object]
    pull_steps: list[dict[str, dict[str, str]]]
    concurrency_limit: int | None
    schedules: list[Schedule]
    parameter_openapi_schema: Form


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server, deploy this checkout to it, and let a worker take its runs."""
    with running_server(tmp_path_factory.mktemp("prefect")) as found:
        make_pool(found)
        done = found.run("--no-prompt", "deploy", "--all")
        assert done.returncode == 0, done.stdout + done.stderr
        yield found


@pytest.fixture(scope="module")
def worker(server: Server) -> Iterator[None]:
    """Let a worker take what is started by hand, and nothing that is due by the clock."""
    pause_all(server)
    with running_worker(server, POOL):
        yield


def started(server: Server, deployment: str, *words: str, **parameters: object) -> tuple[str, int]:
    """Start a run as a person does; return its id and the command's exit code."""
    told = [
        word
        for name, value in parameters.items()
        for word in ("--param", f"{name}={msgspec.json.encode(value).decode()}")
    ]
    done = server.run("deployment", "run", f"paper-session/{deployment}", *told, *words)
    found = re.search(r"UUID: ([0-9a-f-]{36})", done.stdout)
    assert found is not None, done.stdout + done.stderr
    return found[1], done.returncode


def test_the_checkout_is_deployed(server: Server, root: Path) -> None:
    """All sessions stand: dotted entrypoint, this checkout, tags, words, a form, no limit."""
    hourly = server.get("/deployments/name/paper-session/10min", Deployment)
    daily = server.get("/deployments/name/paper-session/4h", Deployment)
    demo = server.get("/deployments/name/paper-session/demo", Deployment)

    for each in (hourly, daily, demo):
        assert each.entrypoint == "flows.paper_session.paper_session"
        assert each.pull_steps == [
            {"prefect.deployments.steps.set_working_directory": {"directory": str(root)}}
        ]
        assert each.job_variables == {}
        assert each.concurrency_limit is None
        assert each.version.startswith("0.")
        assert each.description
        assert each.tags[0] == "paper"
    assert [(each.slug, each.active, each.schedule.cron) for each in hourly.schedules] == [
        ("hourly", True, "0 * * * *")
    ]
    assert [(each.slug, each.active, each.schedule.cron) for each in daily.schedules] == [
        ("morning", True, "0 6 * * *")
    ]
    for each in (hourly, daily):
        assert each.schedules[0].schedule.timezone == "UTC"
    assert hourly.parameters["account"] != daily.parameters["account"]
    assert hourly.parameters["source"] == "bitunix"
    assert demo.schedules == []
    assert demo.parameters["source"] == "embedded"


def test_the_form_explains_itself(server: Server) -> None:
    """Every everyday field and every field of a group has a description in the API's schema."""
    form = server.get("/deployments/name/paper-session/demo", Deployment).parameter_openapi_schema

    assert list(form.properties) == [
        "source", "symbol", "minutes", "strategy", "account", "seed", "speed", "settings",
    ]  # fmt: skip
    assert [name for name, each in form.properties.items() if not each.description] == []
    groups = {each.type for each in dataclasses.fields(SessionSettings)} & set(form.definitions)
    assert groups == {name for name in form.definitions if name.endswith("Config")}
    assert set(form.definitions) == {"SessionSettings", *groups}
    silent = {
        f"{group}.{name}"
        for group, each in form.definitions.items()
        for name, field in each.properties.items()
        if not field.description
    }
    assert silent == set()


def test_the_schedule_makes_its_runs(server: Server) -> None:
    """The next full hours stand there as runs: a scheduler that fails says so only in its log.

    Before any worker is there, so that none is taken.
    """
    wanted = {
        "deployments": {"name": {"any_": ["10min"]}},
        "flow_runs": {"tags": {"all_": ["auto-scheduled"]}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    runs = until(
        lambda: server.find("/flow_runs/filter", Planned, **wanted), 30.0, "the scheduled runs"
    )

    assert len(runs) >= 3
    assert {"00:00"} == {each.expected_start_time[14:19] for each in runs}
    assert len({each.expected_start_time for each in runs}) == len(runs)


@pytest.mark.usefixtures("worker")
def test_a_deployed_session_is_completed_and_proven(server: Server) -> None:
    """The hourly deployment, on the embedded exchange: Completed, its artifacts, its journal."""
    run_id, code = started(
        server,
        "10min",
        "--watch",
        source="embedded",
        minutes=2,
        speed=8,
        strategy="pulse",
        account="deployed",
        settings=LIVELY,
    )

    assert code == 0
    run = server.flow_run(run_id)
    assert (run.state.type, run.state.name) == ("COMPLETED", "Completed")
    # On a machine with other work it may have missed more of its market than it may.
    assert (run.state.message or "").partition(":")[0] in {
        "completed (deadline)",
        "degraded (deadline)",
    }
    assert run.name.startswith("BTCUSDT pulse deployed embedded 20")
    tasks = until(lambda: _all_told(server, run_id), 20.0, "the task runs in the API")
    assert {name: each.state.type for name, each in tasks.items()} == dict.fromkeys(
        ("preflight", "warm_up", "plan", "live_session", "funding_check", "report"), "COMPLETED"
    )
    paths = session(server, "deployed")
    assert tasks["live_session"].name == f"live session {paths.session_id}"
    outputs = assert_sound(paths)
    assert len([each for each in outputs if isinstance(each, OrderFilled)]) >= 4
    artifacts = server.artifacts(run_id)
    assert artifacts["progress", "progress-deployed"].data == 100.0
    assert paths.session_id in str(artifacts["markdown", "live-deployed"].data)
    told = str(artifacts["markdown", "paper-session-deployed"].data)
    assert paths.session_id in told
    assert "identical" in told
    assert paths.report.exists()


def _all_told(server: Server, run_id: str) -> dict[str, TaskRun] | None:
    """Return the tasks of a run when the API knows how all of them ended: it hears by events."""
    tasks = server.task_runs(run_id)
    is_told = len(tasks) == 6 and all(each.state.type == "COMPLETED" for each in tasks.values())
    return tasks if is_told else None


FLEET = """\
[defaults]
source = "embedded"
strategy = "pulse"
minutes = 0.5
speed = 5
risk.entry_interval_s = 0
strategy_parameters = { period_s = 4.0, hold_s = 3.0 }
[[session]]
account = "fleet-a"
[[session]]
account = "fleet-b"
symbol = "ETHUSDT"
[[session]]
account = "held"
"""


@pytest.mark.usefixtures("worker")
def test_a_fleet_runs_a_session_for_each_account(server: Server) -> None:
    """Each a flow run of its own, tagged; one whose account is held is skipped; all summarised."""
    table = server.folder / "trio.toml"
    table.write_text(FLEET, encoding="utf-8")
    lock = SessionPaths(var_dir=server.folder / "var", account="held", session_id="").lock
    with AccountLock(lock, "somebody-else"):
        begun = begin(server, "fleet/fleet", table=str(table))
        run = over(server, begun, within_s=150.0)

    assert ("COMPLETED", "trio") == (run.state.type, run.name.split()[1])
    said = run.state.message or ""
    assert {"2 Completed", "1 Skipped"} <= set(re.split(r"[,;] ", said)), said
    told = str(server.artifacts(run.id)["markdown", "paper-fleet-trio"].data)
    for account, symbol in (("fleet-a", "BTCUSDT"), ("fleet-b", "ETHUSDT")):
        paths = session(server, account)
        last = assert_sound(paths)[-1]
        assert isinstance(last, SessionEnded)
        assert f"| {account} | {symbol} | pulse | Completed | " in told
        assert f"report.html) | {last.outcome} (deadline)" in told
        assert f"{last.wallet} | " in told
        assert f"/{account}/{paths.session_id}/report.html" in told
    assert "| held | BTCUSDT | pulse | Skipped |  | not known |  | skipped (overlap): " in told
    tagged = {"flow_runs": {"tags": {"all_": ["fleet-trio", "pulse"]}}}
    assert 3 == len(server.find("/flow_runs/filter", FlowRun, **tagged))
    assert 4 == server.get("/v2/concurrency_limits/paper-fleet", Limit).limit


@pytest.mark.usefixtures("worker")
def test_a_cancelled_session_ends_flat(server: Server) -> None:
    """Cancelled through the API: positions closed and books closed within seconds, Cancelled."""
    run_id, _ = started(server, "demo", minutes=30, account="cancelled", settings=LIVELY, speed=4)
    paths = in_position(server, "cancelled")

    server.run("flow-run", "cancel", run_id)

    assert_cancelled(over(server, server.flow_run(run_id)), paths)


def assert_cancelled(run: FlowRun, paths: SessionPaths) -> None:
    """Hold what is true of a session whose run was cancelled; its state says how it ended."""
    assert run.state.name == "Cancelled"
    assert (run.state.message or "").partition(";")[0] in {
        f"cancelled: {outcome} (stopped): by supervisor: the run was cancelled"
        for outcome in ("completed", "degraded")
    }
    outputs = assert_sound(paths)
    (stop,) = [each for each in outputs if isinstance(each, ControlApplied)]
    assert (stop.word, stop.who) == ("stop", "supervisor")
    last = [each for each in outputs if isinstance(each, PositionChanged)][-1]
    assert last.quantity == 0
    assert last.at_ns - stop.at_ns < 20e9
    assert paths.report.exists()


def test_a_run_by_hand_is_cancelled_like_any_other(server: Server) -> None:
    """No worker looks after it, and yet: flat, reported, Cancelled, and its process is gone."""
    with by_hand(server, "by-hand", "--minutes=60", "--speed=4") as running:
        paths = in_position(server, "by-hand")
        wanted = {"flow_runs": {"name": {"like_": " by-hand "}}}
        (run,) = server.find("/flow_runs/filter", FlowRun, **wanted)

        server.run("flow-run", "cancel", run.id)

        assert 0 == running.wait(60.0)
        assert_cancelled(over(server, run), paths)


@pytest.mark.usefixtures("worker")
def test_a_refused_run_is_failed_in_words(server: Server) -> None:
    """A risk of 5 percent is refused before anything is started: Failed, field, value, remedy.

    Its run has a name like any other, and a page that says the same.
    """
    run_id, code = started(
        server, "demo", "--watch", account="greedy", settings={"risk": {"risk_pct": 5}}
    )

    assert code == 1
    run = server.flow_run(run_id)
    assert run.state.type == "FAILED"
    assert run.name.startswith("BTCUSDT pulse greedy embedded 20")
    page = str(server.artifacts(run_id)["markdown", "paper-session-greedy"].data)
    for word in ("risk_pct", "5.0", "at most 2", "risk at most 2 percent"):
        assert word in (run.state.message or "")
        assert word in page.replace("\\", "")
    assert not (server.folder / "var" / "greedy").exists()


def connections_to(server: Server, paths: SessionPaths) -> list[int]:
    """Return the connections of a session's process to the server."""
    beat = read_progress(paths.heartbeat)
    assert beat is not None
    held = psutil.Process(beat.pid).net_connections()
    remote = [each.raddr.port for each in held if each.status == psutil.CONN_ESTABLISHED]
    assert remote, "it is connected to its exchange"
    return [port for port in remote if str(port) in server.api]


def test_a_session_outlives_its_server(server: Server) -> None:
    """Killed in mid-session: the session runs to its end, is proven, and has its own exit code.

    Its process never spoke to it. The last test of this file: no server is left after it.
    """
    with by_hand(server, "outlives", "--minutes=2", "--speed=10") as running:
        paths = in_position(server, "outlives")
        assert [] == connections_to(server, paths)
        for pid in server.pids:
            os.kill(pid, signal.SIGKILL)
        code = running.wait(60.0)

    assert code == 0
    outputs = assert_sound(paths)
    assert isinstance(outputs[-1], SessionEnded)
    assert outputs[-1].reason == "deadline"
    assert paths.report.exists()
    told = (server.folder / "outlives.log").read_text(encoding="utf-8")
    assert "Prefect does not answer" in told
    assert "completed (deadline)" in told
