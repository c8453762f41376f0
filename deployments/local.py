"""``make up`` and ``make down``: a server, a worker and the reports on this machine, at once.

Everything listens on the loopback and keeps its state below the folder of all sessions: the server
has a home of its own, so nobody's other Prefect is touched. For a machine that is to run unattended
see the recipes beside this file.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import httpx
import msgspec
import psutil

from deployments.report_server import PORT as REPORTS_PORT
from trading.errors import ConfigError, PaperSessionError
from trading.io.clock import monotonic_ns
from trading.io.files import read_json, write_atomic
from trading.model.numbers import NS_PER_S
from trading.session.paths import var_dir
from trading.session.words import running_session, say

POOL: Final = "paper"
PORT: Final = 4200
SESSIONS_MOST: Final = 8
"""Runs at once in the pool: the limit of a small machine, not of an account (that is its lock)."""
ANSWER_WITHIN_S: Final = 90.0
STOP_WITHIN_S: Final = 40.0
DRAIN_WITHIN_S: Final = 120.0
LOOK_EVERY_S: Final = 0.1
PREFECT: Final = (
    # A shell without job control lets us inherit an ignored SIGINT, and a worker that ignores it
    # never stops: its SIGTERM handler sends itself a SIGINT.
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('prefect', run_name='__main__', alter_sys=True)"
)


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A process of ours; ``created`` tells it from a later one with its number."""

    pid: int
    created: float


def environment(folder: Path, port: int) -> dict[str, str]:
    """Return what every process of ours is started with."""
    return {
        **os.environ,
        "PAPER_SESSION_VAR": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(_home(folder)),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "DO_NOT_TRACK": "1",
    }


def up(folder: Path, port: int, reports_port: int) -> None:
    """Start what is not running yet, deploy this checkout, apply the automations, say where.

    Raises:
        ConfigError: when something does not start; what is wrong is in its log.
    """
    env = environment(folder, port)
    _home(folder).mkdir(parents=True, exist_ok=True)
    words = ("server", "start", "--host", "127.0.0.1", "--port", str(port))
    _start(folder, "server", [sys.executable, "-c", PREFECT, *words], env)
    _wait(lambda: _answers(f"{env['PREFECT_API_URL']}/health"), folder, "server")
    _run(env, "work-pool", "create", POOL, "--type", "process", "--overwrite")
    _run(env, "work-pool", "set-concurrency-limit", POOL, str(SESSIONS_MOST))
    _run(env, "--no-prompt", "deploy", "--all")
    _call(env, [sys.executable, "-m", "deployments.automations", "apply"])
    worker = ("worker", "start", "--pool", POOL, "--name", "local")
    _start(folder, "worker", [sys.executable, "-c", PREFECT, *worker], env)
    serve = ["-m", "deployments.report_server", "--port", str(reports_port)]
    _start(folder, "reports", [sys.executable, *serve], env)
    _wait(lambda: _answers(f"http://127.0.0.1:{reports_port}/"), folder, "reports")
    sys.stdout.write(
        f"Prefect  http://127.0.0.1:{port}\n"
        f"reports  http://127.0.0.1:{reports_port}\n"
        f"clients  export PREFECT_API_URL={env['PREFECT_API_URL']} "
        f"PREFECT_HOME={env['PREFECT_HOME']}\n"
        "try      prefect deployment run paper-session/demo --watch\n"
        "pause    prefect deployment schedule pause paper-session/10min\n"
    )


def down(folder: Path, port: int) -> None:
    """Pause the schedules, stop every session cleanly, then the worker, the reports, the server."""
    env = environment(folder, port)
    if _answers(f"{env['PREFECT_API_URL']}/health"):
        _run(env, "deployment", "schedule", "pause", "--all")
    for account in drain(folder):
        sys.stdout.write(f"account {account}: its session was stopped\n")
    for name in ("worker", "reports", "server"):
        if _stop(folder, name):
            sys.stdout.write(f"{name} stopped\n")


def drain(folder: Path) -> list[str]:
    """Stop every running session and wait until it is over; return their accounts.

    Raises:
        ConfigError: when one does not end in time.
    """
    accounts = [each.parent.name for each in sorted(folder.glob("*/latest.txt"))]
    running = [each for each in accounts if running_session(folder, each) is not None]
    for account in running:
        say(folder, account, "stop", who="make down", why="this machine's Prefect is stopped")
    by_ns = monotonic_ns() + round(DRAIN_WITHIN_S * NS_PER_S)
    while left := [each for each in running if running_session(folder, each) is not None]:
        if monotonic_ns() > by_ns:
            raise ConfigError(
                "session", left, "an end", "look at its session.log, or wait and try again"
            )
        time.sleep(LOOK_EVERY_S)
    return running


def _start(folder: Path, name: str, command: list[str], env: dict[str, str]) -> None:
    """Start a process of its own session, unless it runs already."""
    if _process(folder, name) is not None:
        return
    with _log(folder, name).open("ab") as log:
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=os.name == "posix",
        )
    started = Started(pid=process.pid, created=psutil.Process(process.pid).create_time())
    write_atomic(_note(folder, name), msgspec.json.encode(started))


def _stop(folder: Path, name: str) -> bool:
    """Ask a process to end, then insist; False when it did not run."""
    process = _process(folder, name)
    if process is None:
        return False
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN_S)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait()
    _note(folder, name).unlink(missing_ok=True)
    return True


def _process(folder: Path, name: str) -> psutil.Process | None:
    """Return a process of ours if it still runs."""
    try:
        started = read_json(_note(folder, name), Started)
        process = psutil.Process(started.pid)
        is_ours = process.create_time() == started.created
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None
    is_alive = is_ours and process.status() != psutil.STATUS_ZOMBIE
    return process if is_alive else None


def _wait(look: Callable[[], bool], folder: Path, name: str) -> None:
    by_ns = monotonic_ns() + round(ANSWER_WITHIN_S * NS_PER_S)
    while not look():
        if monotonic_ns() > by_ns or _process(folder, name) is None:
            raise ConfigError(
                name, "silent", "an answer", f"mend what {_log(folder, name)} says, then again"
            )
        time.sleep(LOOK_EVERY_S)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _run(env: dict[str, str], *words: str) -> None:
    _call(env, [sys.executable, "-m", "prefect", *words])


def _call(env: dict[str, str], command: list[str]) -> None:
    """Run a command to its end.

    Raises:
        ConfigError: when it fails; with its last words.
    """
    done = subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip()[-600:]
        raise ConfigError(" ".join(command[1:]), done.returncode, "exit code 0", last)


def _home(folder: Path) -> Path:
    return folder / ".prefect"


def _note(folder: Path, name: str) -> Path:
    return _home(folder) / f"{name}.json"


def _log(folder: Path, name: str) -> Path:
    return _home(folder) / f"{name}.log"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; return 0, or 1 with what is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m deployments.local",
        description="Run Prefect, a worker and the reports on this machine.",
    )
    parser.add_argument(
        "word",
        choices=("up", "down", "drain"),
        help="up: start; down: drain, then stop; drain: stop every session cleanly and wait",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"of Prefect (default: {PORT})")
    parser.add_argument(
        "--reports-port", type=int, default=REPORTS_PORT, help=f"default: {REPORTS_PORT}"
    )
    chosen = parser.parse_args(arguments)
    folder = var_dir()
    try:
        match chosen.word:
            case "up":
                up(folder, chosen.port, chosen.reports_port)
            case "down":
                down(folder, chosen.port)
            case _:
                drain(folder)
    except PaperSessionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
