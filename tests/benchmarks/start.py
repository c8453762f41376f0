"""From a person's command to the session's process: ``python -m tests.benchmarks.start``.

A session of a few seconds on the embedded exchange, as ``python -m flows.paper_session`` starts it:
with a Prefect server that has just been started, with one that has answered before, without one in
a fresh Prefect home, and without one in a home that was used before. Measured is the time until the
session's own process exists, in real seconds and in the processor's of the command (where the
machine has other work, only those can be compared); how much memory the supervisor and the session
take in the middle; and how many connections the session has to the server, of which there must be
none: nothing of Prefect is on the path of an event.

Beside each stands what Prefect alone takes there: a script with one empty flow, until it is in the
flow. Where none is configured, that script gets the server that Prefect starts by itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil

from tests.support.prefect_server import ROOT, running_server
from tests.support.unwinding import unwind_on_sigterm
from tests.support.waiting import until

WITH_S: Final = 2.5
WITHOUT_S: Final = 8.0
MIDDLE_S: Final = 5.0
"""Real seconds into a session of twelve, in which it trades and is shown in Prefect."""
WITHIN_S: Final = 120.0
"""Real seconds for what takes three to twelve: the machine may be busy."""
WORDS: Final = (
    *("-m", "flows.paper_session"),
    *("--source=embedded", "--minutes=4", "--speed=20", "--strategy=pulse"),
)
BARE: Final = """\
import asyncio
from prefect import flow
@flow(persist_result=False)
async def bare(number: int) -> None:
    print("in the flow", flush=True)
asyncio.run(bare(1))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What one start of a session cost."""

    real_s: float
    cpu_s: float
    supervisor_mb: int
    session_mb: int
    connections_of_the_session: int
    of_them_to_prefect: int


def start(environment: dict[str, str]) -> Start:
    """Start a session, see it to its end, and return what the start cost."""
    with started(WORDS, environment) as (process, since):
        command = psutil.Process(process.pid)
        session = until(lambda: session_of(command), WITHIN_S, "the session's process")
        took_s = time.perf_counter() - since
        times = command.cpu_times()
        time.sleep(MIDDLE_S)
        remote = [
            each.raddr.port
            for each in session.net_connections()
            if each.status == psutil.CONN_ESTABLISHED
        ]
        found = Start(
            real_s=round(took_s, 2),
            cpu_s=round(times.user + times.system, 2),
            supervisor_mb=round(command.memory_info().rss / 1e6),
            session_mb=round(session.memory_info().rss / 1e6),
            connections_of_the_session=len(remote),
            of_them_to_prefect=remote.count(port_of(environment)),
        )
        process.communicate()
    assert process.returncode == 0, f"exit code {process.returncode}"
    assert found.of_them_to_prefect == 0
    return found


def alone_s(environment: dict[str, str]) -> float:
    """Return the real seconds of Prefect alone: from a command to the inside of an empty flow."""
    with started(("-c", BARE), environment) as (process, since):
        assert process.stdout is not None
        assert process.stdout.readline(), "it never came to the flow"
        took_s = time.perf_counter() - since
        process.communicate()
    return took_s


@contextmanager
def started(
    words: Sequence[str], environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Start a command of Python's; end it with the block if it still runs."""
    since = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process, since
        finally:
            process.terminate()


def session_of(command: psutil.Process) -> psutil.Process | None:
    """Return the session's process of a command, once it has one."""
    for each in command.children():
        if "trading.session" in each.cmdline():
            return each
    return None


def port_of(environment: dict[str, str]) -> int:
    """Return the port of the Prefect server that is configured; 0 when none is."""
    return urlsplit(environment.get("PREFECT_API_URL", "")).port or 0


def told(name: str, found: Start, *, budget_s: float, prefect_s: float) -> bool:
    """Print one line of JSON; return whether the start was within its budget."""
    line = {
        "start": name,
        "budget_s": budget_s,
        "prefect_alone_s": round(prefect_s, 2),
        "of_prefect_alone": round(found.real_s / prefect_s, 2),
        **asdict(found),
    }
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
    return found.real_s <= budget_s


def with_a_server(folder: Path) -> Iterator[bool]:
    """Yield whether the starts with a server are within their budget."""
    with running_server(folder / "server") as server:
        first = start(server.environment)
        prefect_s = alone_s(server.environment)
        again = start(server.environment)
    for name, found in (("with a server just started", first), ("with a server", again)):
        yield told(name, found, budget_s=WITH_S, prefect_s=prefect_s)


def without_a_server(folder: Path) -> Iterator[bool]:
    """Yield whether the starts without one are: in a fresh home, then in the same again."""
    ours, bare = (
        {
            **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
            "PREFECT_HOME": str(folder / name),
            "PAPER_SESSION_VAR": str(folder / "var"),
        }
        for name in ("ours", "bare")
    )
    for name in ("without, first ever", "without"):
        prefect_s = alone_s(bare)
        yield told(name, start(ours), budget_s=WITHOUT_S, prefect_s=prefect_s)


def main() -> int:
    """Measure all four; return 1 when one is over its budget."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        are_within = [*with_a_server(folder), *without_a_server(folder)]
    return 0 if all(are_within) else 1


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
