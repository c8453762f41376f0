"""Prefect as the supervisor, on a real server: what dies is rescued, and somebody is told.

Judged through the API, the journal and what a webhook on the loopback received.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec
import psutil
import pytest

from deployments.automations import __main__ as command
from tests.support.live import assert_sound
from tests.support.postgres import running_postgres
from tests.support.prefect_server import (
    Artifact,
    FlowRun,
    Server,
    TaskRun,
    running_server,
    running_worker,
)
from tests.support.supervised import (
    BLOCK,
    LIVELY,
    POOL,
    as_client,
    automate,
    begin,
    deploy,
    in_position,
    in_state,
    make_block,
    make_pool,
    over,
    pid_of,
    progress,
    runs_of,
    session,
)
from tests.support.waiting import until
from tests.support.webhook import Receiver, receiving
from trading.io.clock import wall_ns
from trading.io.lock import AccountLock
from trading.model.events import AttemptStarted, ControlApplied, ControlWord, OrderFilled
from trading.model.numbers import NS_PER_S
from trading.session.paths import SessionPaths

pytestmark = pytest.mark.timeout(240)

RECOVERED = "[all clear] paper-session recovered"


class Automation(msgspec.Struct):
    """An automation, as the API tells it."""

    id: str
    name: str


class Tagged(msgspec.Struct):
    """A run's tags."""

    tags: list[str]


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
        make_pool(found)
        with running_worker(found, POOL):
            deploy(found)
            make_block(found, receiver.url)
            yield found


def automations(server: Server, capsys: pytest.CaptureFixture[str], *words: str) -> list[list[str]]:
    """Run our command; return its lines, split, the first of them its exit code."""
    with as_client(server):
        code = command.main([*words, *(["--notify", BLOCK] if words == ("apply",) else [])])
    said = capsys.readouterr().out
    return [[str(code)], *(line.split(maxsplit=1) for line in said.splitlines())]


@pytest.fixture(scope="module")
def automated(server: Server) -> Server:
    """Apply the automations."""
    automate(server)
    return server


@dataclass(frozen=True, slots=True)
class Begun:
    """Sessions that go on while other things are looked at."""

    killed: FlowRun
    left: SessionPaths
    spoken: FlowRun
    hurt: FlowRun


@pytest.fixture(scope="module")
def begun(automated: Server) -> Iterator[Begun]:
    """Begin three sessions; kill the flow of one, then the process of another, and stop its next.

    Its exchange waits two minutes for a rescue, and another one, and is ended here.
    """
    killed = begin(automated, account="killed", minutes=6, speed=8, settings=LIVELY)
    spoken = begin(automated, account="spoken", minutes=50, speed=4, settings=LIVELY)
    hurt = begin(automated, account="hurt", minutes=16, speed=8, settings=LIVELY)
    left = in_position(automated, "killed")
    flow = psutil.Process(pid_of(automated, killed))
    (exchange,) = [each for each in flow.children() if "trading.exchange" in each.cmdline()]
    flow.kill()
    if os.name == "posix":  # where a process can be stopped
        for attempt, number in enumerate((signal.SIGKILL, signal.SIGSTOP), 1):
            os.kill(_pid_in(automated, "hurt", attempt), number)
    yield Begun(killed, left, spoken, hurt)
    with suppress(psutil.NoSuchProcess):
        exchange.terminate()
    exchange.wait(30.0)


def test_automations_are_applied_once(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """The first time all are made; then nothing is left to do; what differs is mended, and told."""
    (done, *made) = automations(server, capsys, "apply")
    (_, *again) = automations(server, capsys, "apply")
    assert (["0"], {"create"}) == (done, {what for what, _ in made})
    assert [["keep", name] for _, name in made] == again

    (differs, *without) = automations(server, capsys, "diff")
    quiet = {"rescue", "no start", "no progress", "no end", "alert failed"}
    assert ["1"] == differs
    assert quiet == {name for what, name in without if what == "keep"}
    assert {name for _, name in made} - quiet == {
        name.removesuffix(" (actions)") for what, name in without if what == "change"
    }

    standing = server.find("/automations/filter", Automation)
    rescue = next(each for each in standing if each.name.endswith("rescue"))
    server.send("DELETE", f"/automations/{rescue.id}")
    foreign = {**BARE, "name": "somebody else's"}
    stray = {**BARE, "name": "paper-session: of an older version"}
    for each in (foreign, stray):
        server.send("POST", "/automations/", each)

    (_, *mended) = automations(server, capsys, "apply")

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


@pytest.mark.usefixtures("begun")
def test_a_test_alert_arrives(
    automated: Server, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """One notification, and one line of the alert file."""
    automations(automated, capsys, "test")

    until(lambda: receiver.subjects("only a test"), 60.0, "the notification")
    path = automated.folder / "var" / "alerts.log"
    lines = until(lambda: _lines(path, "test"), 60.0, "the alert file")
    assert ["[info] paper-session test"] == receiver.subjects("only a test")
    (line,) = lines
    assert line.endswith("[info] test: it was only a test")


def test_a_late_run_is_skipped(automated: Server, receiver: Receiver) -> None:
    """Ten minutes after its slot nothing is begun; the state says so under a name of its own."""
    run = over(automated, begin(automated, late_s=600, account="late"))

    assert ("CANCELLED", "Skipped") == (run.state.type, run.state.name)
    assert (run.state.message or "").startswith("skipped (late): due at ")
    assert not (automated.folder / "var" / "late").exists()
    until(lambda: receiver.subjects(run.id), 60.0, "word of a late run")
    assert ["[warning] paper-session late"] == receiver.subjects(run.id)

    on_time = put(automated, "COMPLETED", "of the same deployment")
    until(lambda: receiver.subjects(on_time.id), 60.0, "the all-clear")
    assert ["[all clear] paper-session on time again"] == receiver.subjects(on_time.id)


def test_a_pool_without_a_worker_is_told_and_its_next_one(
    automated: Server, receiver: Receiver
) -> None:
    """By the server's own events of the pool, sent here as it sends them.

    One after the other is heard: events that come together may overtake each other there.
    """

    def happen(*events: str) -> None:
        for event in events:
            at = datetime.fromtimestamp(wall_ns() / NS_PER_S, UTC)
            about = {"prefect.resource.id": "prefect.work-pool.0", "prefect.resource.name": POOL}
            body = {"event": f"prefect.work-pool.{event}", "resource": about, "id": str(uuid4())}
            automated.send("POST", "/events", [{**body, "occurred": at.isoformat()}])

    happen("ready", "not-ready")
    gone = until(lambda: receiver.subjects("prefect.work-pool."), 60.0, "the alert")
    assert ["[error] paper-session no worker"] == gone

    happen("ready", "ready")
    until(lambda: len(receiver.subjects("prefect.work-pool.")) > 1, 60.0, "the all-clear")
    assert ["[error] paper-session no worker", "[all clear] paper-session worker back"] == (
        receiver.subjects("prefect.work-pool.")
    )


def test_an_overlapping_run_is_skipped(automated: Server) -> None:
    """While another session owns the account; the state names the one that does."""
    folder = automated.folder / "var"
    lock = SessionPaths(var_dir=folder, account="busy", session_id="").lock
    with AccountLock(lock, "the-hourly-session"):
        run = over(automated, begin(automated, account="busy"))

    assert ("CANCELLED", "Skipped") == (run.state.type, run.state.name)
    assert "the-hourly-session" in (run.state.message or "")
    assert [lock] == list(lock.parent.iterdir())


def test_a_word_from_the_form_reaches_the_session(automated: Server, begun: Begun) -> None:
    """Stopped by ``control``: the session ends flat, its journal says who and why, its run is told.

    While it runs its page says how it stands, and its run is tagged with what it is.
    """
    run, paths = begun.spoken, in_position(automated, "spoken")
    pages = until(lambda: _pages(automated, run.id), 60.0, "the page of the session")
    assert paths.session_id in str(pages[0].data)
    said = begin(automated, "control/control", account="spoken", word="stop", who="ada", why="tea")

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


def test_a_run_that_is_killed_is_rescued(
    automated: Server, begun: Begun, receiver: Receiver
) -> None:
    """Its session is left flat, resumed by a rescue, finished; both runs say so, and who is told.

    Exactly one crash is told, and one all-clear, when the state of the run is corrected.
    """
    run, paths = begun.killed, begun.left

    corrected = in_state(automated, run, "COMPLETED", within_s=180.0)

    message = corrected.state.message or ""
    # Hurried as it is, the session may have missed more of its market than it may: then it says so.
    assert message.partition(":")[0].partition(";")[0] in {
        "completed (deadline)",
        "degraded (deadline)",
    }
    assert f"; corrected by rescue of {run.id}, it was Crashed: " in message
    assert paths == session(automated, "killed")
    outputs = assert_sound(paths)
    (again,) = [each for each in outputs if isinstance(each, AttemptStarted)]
    assert again.attempt == 2
    (left,) = [each for each in outputs if isinstance(each, ControlApplied)]
    assert left.word is ControlWord.LEAVE
    fills = [each for each in outputs if isinstance(each, OrderFilled)]
    assert any(each.at_ns > again.at_ns for each in fills)
    assert paths.report.exists()
    until(lambda: receiver.subjects("account killed, "), 60.0, "the all-clear")
    assert ["[error] paper-session crashed"] == receiver.subjects(corrected.name)
    assert [RECOVERED] == receiver.subjects(f"account killed, {paths.session_id}: Completed")
    assert [RECOVERED] == receiver.subjects("account killed, ")
    assert [] == receiver.subjects("account spoken, ")
    (rescue,) = [each for each in runs_of(automated, "rescue") if run.id in each.name]
    assert over(automated, rescue).state.type == "COMPLETED"


def test_an_account_is_cleared_by_its_own_success(automated: Server, receiver: Receiver) -> None:
    """Another's, through the same deployment, says nothing of it; its own does, exactly once.

    Each account's crash is told, however soon after another's of the same deployment.
    """
    lost = put(automated, "CRASHED", "its host is gone", account="lost")
    put(automated, "CRASHED", "the same host", account="lost too")
    rescues = until(
        lambda: [each for each in runs_of(automated, "rescue") if lost.id in each.name],
        60.0,
        "the rescue",
    )
    assert "nothing to rescue" in (over(automated, rescues[0]).state.message or "")

    for account in ("other", "lost", "lost"):
        ended = over(automated, begin(automated, account=account, speed=20, settings=LIVELY))
        assert "COMPLETED" == ended.state.type, ended.state.message

    for words in ("its host is gone", "the same host"):
        crashed = until(partial(receiver.subjects, words), 60.0, f"the crash of {words!r}")
        assert ["[error] paper-session crashed"] == crashed
    told = until(lambda: receiver.subjects("account lost, "), 60.0, "the all-clear")
    assert [RECOVERED] == told
    assert [] == receiver.subjects("account other, ")
    path = automated.folder / "var" / "alerts.log"
    (line,) = until(lambda: _lines(path, "recovered: account lost"), 60.0, "the alert file")
    assert "/runs/flow-run/" in line


@pytest.mark.skipif(os.name != "posix", reason="a process can only be stopped so on POSIX")
def test_a_process_that_dies_or_freezes_is_followed_by_another(
    automated: Server, begun: Begun
) -> None:
    """Killed, then stopped: the task is retried, each time seen, and the session ends in time."""
    run = begun.hurt

    ended = over(automated, run, within_s=180.0)

    assert "COMPLETED" == ended.state.type, ended.state.message
    paths = session(automated, "hurt")
    attempts = [each.attempt for each in assert_sound(paths) if isinstance(each, AttemptStarted)]
    assert [2, 3] == attempts
    task = until(lambda: _task_over(automated, run), 60.0, "the end of the task")
    assert 3 == task.run_count
    assert [] == [each for each in runs_of(automated, "rescue") if run.id in each.name]


def put(server: Server, kind: str, message: str, account: str = "put") -> FlowRun:
    """Make a run that no worker will take, and put it into a state."""
    run = begin(server, late_s=-3_600, account=account)
    state = {"state": {"type": kind, "message": message}, "force": True}
    server.send("POST", f"/flow_runs/{run.id}/set_state", state)
    return run


def _pid_in(server: Server, account: str, attempt: int) -> int:
    """Wait until an attempt is in the market; return its process."""

    def look() -> int | None:
        beat = progress(server, account)
        return beat.pid if beat is not None and beat.attempt == attempt else None

    return until(look, 90.0, f"attempt {attempt} of {account}")


def _task_over(server: Server, run: FlowRun) -> TaskRun | None:
    """Return the supervising task once the API knows of its end; it hears by events."""
    found = server.task_runs(run.id).get("live_session")
    return found if found is not None and found.state.type == "COMPLETED" else None


def _lines(path: Path, kind: str) -> list[str]:
    """Return the lines of the alert file of a kind."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [line for line in text.splitlines() if f"] {kind}" in line]


def _pages(server: Server, run_id: str) -> list[Artifact]:
    wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}, "key": {"any_": ["live-spoken"]}}}
    return server.find("/artifacts/filter", Artifact, **wanted)
