"""Prefect as the supervisor, on a real server: what dies is rescued, and somebody is told.

Judged through the API, the journal and what a webhook on the loopback received.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.support.live import assert_sound
from tests.support.postgres import running_postgres
from tests.support.prefect_server import (
    ROOT,
    Artifact,
    FlowRun,
    Server,
    running_server,
    running_worker,
)
from tests.support.waiting import until
from tests.support.webhook import Receiver, receiving
from trading.io.clock import wall_ns
from trading.io.lock import AccountLock
from trading.model.events import AttemptStarted, ControlApplied, ControlWord, OrderFilled
from trading.session.heartbeat import read_progress
from trading.session.paths import SessionPaths, latest_session

pytestmark = pytest.mark.timeout(240)

POOL = "paper"
LIVELY = {
    "strategy_parameters": {"period_s": 4.0, "hold_s": 3.0},
    "risk": {"entry_interval_s": 0.0},
}
BLOCK = """
import sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock
CustomWebhookNotificationBlock(
    name="alerts", url=sys.argv[1], json_data={"subject": "{{subject}}", "body": "{{body}}"}
).save("alerts")
"""


class Automation(msgspec.Struct):
    """An automation, as the API tells it."""

    id: str
    name: str


class Created(msgspec.Struct):
    """A thing that was made."""

    id: str


class Tagged(msgspec.Struct):
    """A run's tags."""

    tags: list[str]


class Process(msgspec.Struct):
    """Where a flow run runs."""

    infrastructure_pid: str | None


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Receive notifications."""
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    """Start a server with everything deployed, a block that notifies us, and a worker."""
    with (
        running_postgres() as database,
        running_server(tmp_path_factory.mktemp("prefect"), database=database) as found,
    ):
        for words in (
            ("work-pool", "create", POOL, "--type", "process"),
            ("deploy", "--all"),
            ("deployment", "schedule", "pause", "--all"),
        ):
            done = found.run(*words)
            assert done.returncode == 0, done.stdout + done.stderr
        python(found, "-c", BLOCK, receiver.url)
        with running_worker(found, POOL):
            yield found


def python(server: Server, *words: str, code: int = 0) -> str:
    """Run Python as a client of the server; return what it said."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60.0,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def automations(server: Server, *words: str, code: int = 0) -> list[list[str]]:
    """Run our command; return its lines, split."""
    said = python(server, "-m", "deployments.automations", *words, code=code)
    return [line.split(maxsplit=1) for line in said.splitlines()]


@pytest.fixture(scope="module")
def automated(server: Server) -> Server:
    """Apply the automations."""
    automations(server, "apply", "--notify", "custom-webhook/alerts")
    return server


def run_of(
    server: Server, deployment: str, *, late_s: float = 0.0, **parameters: object
) -> FlowRun:
    """Make a run of a deployment that was due some time ago."""
    found = server.get(f"/deployments/name/{deployment}", Created)
    due = datetime.fromtimestamp(wall_ns() / 1e9, UTC) - timedelta(seconds=late_s)
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due.isoformat()}}
    body = {"state": state, "parameters": parameters}
    reply = server.send("POST", f"/deployments/{found.id}/create_flow_run", body)
    return server.flow_run(msgspec.json.decode(reply.content, type=Created).id)


def over(server: Server, run: FlowRun, within_s: float = 60.0) -> FlowRun:
    """Wait until a run is over."""

    def look() -> FlowRun | None:
        found = server.flow_run(run.id)
        is_over = found.state.type in {"CANCELLED", "COMPLETED", "FAILED", "CRASHED"}
        return found if is_over else None

    return until(look, within_s, f"the end of {run.name}")


def in_position(server: Server, account: str) -> SessionPaths:
    """Wait until an account's session holds a position."""

    def look() -> SessionPaths | None:
        paths = latest_session(server.folder / "var", account)
        beat = read_progress(paths.heartbeat) if paths else None
        return paths if beat is not None and beat.position != "flat" else None

    return until(look, 60.0, f"a position of {account}")


def test_automations_are_applied_once(server: Server) -> None:
    """The first time all are made; then nothing is left to do; what differs is mended, and told."""
    made = automations(server, "apply", "--notify", "custom-webhook/alerts")
    again = automations(server, "apply", "--notify", "custom-webhook/alerts")
    assert {"create"} == {what for what, _ in made}
    assert [["keep", name] for _, name in made] == again

    without = automations(server, "diff", code=1)
    assert {"change"} == {
        what for what, name in without if not name.startswith(("rescue", "alert failed"))
    }
    assert ["keep", "rescue"] in without

    standing = server.find("/automations/filter", Automation)
    rescue = next(each for each in standing if each.name.endswith("rescue"))
    server.send("DELETE", f"/automations/{rescue.id}")
    foreign = {**BARE, "name": "somebody else's"}
    stray = {**BARE, "name": "paper-session: of an older version"}
    for each in (foreign, stray):
        server.send("POST", "/automations/", each)

    mended = automations(server, "apply", "--notify", "custom-webhook/alerts")

    changed = sorted(line for line in mended if line[0] != "keep")
    assert [["create", "rescue"], ["remove", "of an older version"]] == changed
    names = [each.name for each in server.find("/automations/filter", Automation)]
    assert "somebody else's" in names
    assert len(names) == len(made) + 1


BARE = {
    "trigger": {
        "type": "event",
        "posture": "Reactive",
        "expect": ["nothing.ever"],
        "threshold": 1,
        "within": 0,
    },
    "actions": [{"type": "do-nothing"}],
}


def test_a_test_alert_arrives(automated: Server, receiver: Receiver) -> None:
    """One notification, and one line of the alert file."""
    automations(automated, "test")

    until(lambda: receiver.subjects("only a test"), 30.0, "the notification")
    path = automated.folder / "var" / "alerts.log"
    until(lambda: path.exists() and "only a test" in path.read_text(), 30.0, "the alert file")
    assert ["[info] paper-session test"] == receiver.subjects("only a test")
    (line,) = path.read_text().splitlines()
    assert line.endswith("[info] test: it was only a test")


def test_a_run_that_is_killed_is_rescued(automated: Server, receiver: Receiver) -> None:
    """Its session is left flat, resumed by a rescue, finished; both runs say so, and who is told.

    Exactly one crash is told, and one all-clear, when the state of the run is corrected.
    """
    run = run_of(automated, "paper-session/demo", minutes=6, speed=8, account="killed",
                 settings=LIVELY)  # fmt: skip
    paths = in_position(automated, "killed")
    pid = automated.get(f"/flow_runs/{run.id}", Process).infrastructure_pid
    assert pid is not None
    os.kill(int(pid.rpartition(":")[2]), signal.SIGKILL)
    until(lambda: automated.flow_run(run.id).state.type == "CRASHED", 30.0, "the run to be Crashed")

    def look() -> FlowRun | None:
        found = automated.flow_run(run.id)
        return found if found.state.type == "COMPLETED" else None

    corrected = until(look, 90.0, "the rescue")

    message = corrected.state.message or ""
    # Hurried as it is, the session may have missed more of its market than it may: then it says so.
    assert message.partition(":")[0].partition(";")[0] in {
        "completed (deadline)",
        "degraded (deadline)",
    }
    assert f"; corrected by rescue of {run.id}, it was Crashed: " in message
    assert latest_session(automated.folder / "var", "killed") == paths
    outputs = assert_sound(paths)
    (again,) = [each for each in outputs if isinstance(each, AttemptStarted)]
    assert again.attempt == 2
    (left,) = [each for each in outputs if isinstance(each, ControlApplied)]
    assert left.word is ControlWord.LEAVE
    fills = [each for each in outputs if isinstance(each, OrderFilled)]
    assert any(each.at_ns > again.at_ns for each in fills)
    assert paths.report.exists()
    until(lambda: len(receiver.subjects(corrected.name)) >= 2, 30.0, "the all-clear")
    assert ["[error] paper-session crashed", "[all clear] paper-session recovered"] == (
        receiver.subjects(corrected.name)
    )
    rescues = automated.find("/flow_runs/filter", FlowRun, flows={"name": {"any_": ["rescue"]}})
    assert ["COMPLETED"] == [each.state.type for each in rescues]


def test_a_late_run_is_skipped(automated: Server, receiver: Receiver) -> None:
    """Ten minutes after its slot nothing is begun; the state says so under a name of its own."""
    run = over(automated, run_of(automated, "paper-session/demo", late_s=600, account="late"))

    assert ("CANCELLED", "Skipped") == (run.state.type, run.state.name)
    assert (run.state.message or "").startswith("skipped (late): due at ")
    assert not (automated.folder / "var" / "late").exists()
    until(lambda: receiver.subjects(run.id), 40.0, "word of a late run")
    assert ["[warning] paper-session late"] == receiver.subjects(run.id)


def test_an_overlapping_run_is_skipped(automated: Server) -> None:
    """While another session owns the account; the state names the one that does."""
    folder = automated.folder / "var"
    lock = SessionPaths(var_dir=folder, account="busy", session_id="").lock
    with AccountLock(lock, "the-hourly-session"):
        run = over(automated, run_of(automated, "paper-session/demo", account="busy"))

    assert ("CANCELLED", "Skipped") == (run.state.type, run.state.name)
    assert "the-hourly-session" in (run.state.message or "")
    assert [lock] == list(lock.parent.iterdir())


def test_a_word_from_the_form_reaches_the_session(automated: Server) -> None:
    """Stopped by ``control``: the session ends flat, its journal says who and why, its run is told.

    While it runs its page says how it stands, and its run is tagged with what it is.
    """
    run = run_of(automated, "paper-session/demo", minutes=50, speed=4, account="spoken",
                 settings=LIVELY)  # fmt: skip
    paths = in_position(automated, "spoken")
    pages = until(lambda: _pages(automated, run.id), 30.0, "the page of the session")
    assert paths.session_id in str(pages[0].data)
    said = run_of(automated, "control/control", account="spoken", word="stop", who="ada", why="tea")

    told = over(automated, said).state
    assert (told.type, "taken after 0." in (told.message or "")) == ("COMPLETED", True)
    ended = over(automated, run)
    assert (ended.state.message or "").split(":")[0] in {
        "completed (stopped)",
        "degraded (stopped)",
    }
    (word,) = [each for each in assert_sound(paths) if isinstance(each, ControlApplied)]
    assert (word.word, word.who, word.why) == (ControlWord.STOP, "ada", "tea")
    tags = automated.get(f"/flow_runs/{run.id}", Tagged).tags
    assert {"BTCUSDT", "pulse", "spoken"} < set(tags)
    assert {"completed", "degraded"} & set(tags)


def _pages(server: Server, run_id: str) -> list[Artifact]:
    wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}, "key": {"any_": ["live-spoken"]}}}
    return server.find("/artifacts/filter", Artifact, **wanted)
