"""A real Prefect server and worker for tests: own home, own port, ended by their own handles."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

import httpx
import msgspec

from tests.support.ports import free_port
from tests.support.waiting import until

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 60.0
COMMAND_WITHIN_S = 120.0
STOP_WITHIN_S = 20.0

# Started from a shell without job control we inherit an ignored SIGINT, and a worker that ignores
# it never stops: its SIGTERM handler sends itself a SIGINT.
_PREFECT = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('prefect', run_name='__main__', alter_sys=True)"
)


class State(msgspec.Struct):
    """A state, as the API tells it."""

    type: str
    name: str
    message: str | None = None


class FlowRun(msgspec.Struct):
    """A flow run, as the API tells it."""

    id: str
    name: str
    state: State
    run_count: int


class TaskRun(msgspec.Struct):
    """A task run, as the API tells it."""

    name: str
    task_key: str
    state: State
    run_count: int


class Artifact(msgspec.Struct):
    """An artifact, as the API tells it."""

    key: str
    type: str
    data: object
    description: str | None = None


class Worker(msgspec.Struct):
    """A worker, as the API tells it."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: where it is, and the environment in which its clients run."""

    api: str
    folder: Path
    environment: dict[str, str]
    pids: list[int] = field(default_factory=list)
    """The server's own process, once it runs."""

    def run(self, *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        """Run a ``prefect`` command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "prefect", *words],
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=COMMAND_WITHIN_S,
            check=False,
        )

    def get(self, path: str, kind: type[T]) -> T:
        """Return one thing of the API, as the shape asked for."""
        return msgspec.json.decode(self.send("GET", path).content, type=kind)

    def find(self, path: str, kind: type[T], **wanted: object) -> list[T]:
        """Return what a filter of the API finds."""
        reply = self.send("POST", path, wanted)
        return msgspec.json.decode(reply.content, type=list[kind])  # type: ignore[valid-type]

    def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send a request until the server's database has a moment for it; fail if it is refused."""

        def sent() -> httpx.Response | None:
            reply = httpx.request(method, f"{self.api}{path}", json=body, timeout=START_WITHIN_S)
            return None if reply.status_code == httpx.codes.SERVICE_UNAVAILABLE else reply

        return until(sent, 30.0, f"{method} {path}").raise_for_status()

    def flow_run(self, run_id: str) -> FlowRun:
        """Return a flow run as it stands."""
        return self.get(f"/flow_runs/{run_id}", FlowRun)

    def task_runs(self, run_id: str) -> dict[str, TaskRun]:
        """Return a flow run's tasks by the first word of their names' kind."""
        wanted = {"flow_runs": {"id": {"any_": [run_id]}}}
        found = self.find("/task_runs/filter", TaskRun, **wanted)
        return {each.task_key.partition("-")[0]: each for each in found}

    def artifacts(self, run_id: str) -> dict[tuple[str, str], Artifact]:
        """Return a flow run's artifacts by type and key: neither alone tells them apart."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
        found = self.find("/artifacts/filter", Artifact, **wanted)
        return {(each.type, each.key): each for each in found}


@contextmanager
def running_server(folder: Path, *, database: str | None = None, port: int = 0) -> Iterator[Server]:
    """Run a server for as long as the block lasts; everything it keeps is in ``folder``.

    ``database``: the URL of another database than a SQLite file there. ``port`` 0: any free one.
    """
    port = port or free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
        "PAPER_SESSION_VAR": str(folder / "var"),
        "PREFECT_API_URL": api,
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        **({"PREFECT_SERVER_DATABASE_CONNECTION_URL": database} if database else {}),
    }
    server = Server(api=api, folder=folder, environment=environment)
    words = ("server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui")
    with _process(server, "server", words) as process:
        server.pids.append(process.pid)
        until(lambda: _is_healthy(api), START_WITHIN_S, f"the server: {folder / 'server.log'}")
        yield server


@contextmanager
def running_worker(
    server: Server, pool: str, name: str = "test-worker"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for as long as the block lasts, from a folder that is not the checkout."""
    words = ("worker", "start", "--pool", pool, "--name", name)
    with _process(server, name, words) as worker:
        until(
            lambda: server.find(f"/work_pools/{pool}/workers/filter", Worker),
            START_WITHIN_S,
            f"the worker: {server.folder / f'{name}.log'}",
        )
        yield worker


@contextmanager
def _process(
    server: Server, name: str, words: tuple[str, ...]
) -> Iterator[subprocess.Popen[bytes]]:
    server.folder.mkdir(parents=True, exist_ok=True)
    with (server.folder / f"{name}.log").open("wb") as log:
        process = _started(server, words, log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _started(server: Server, words: tuple[str, ...], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _PREFECT, *words],
        cwd=server.folder,
        env=server.environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _is_healthy(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=1.0).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
