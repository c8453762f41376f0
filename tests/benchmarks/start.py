"""From a person's command to the session's process: ``python -m tests.benchmarks.start``.

A session of a few seconds on the embedded exchange, as ``python -m flows.paper_session`` starts it:
with a Prefect server that runs, without one in a fresh Prefect home, and without one in a home that
was used before. Measured is the time until the session's own process exists, in real seconds and in
the processor's of the command (where the machine has other work, only those can be compared); how
much memory the supervisor and the session take in the middle; and how many connections the session
has to the server, of which there must be none: nothing of Prefect is on the path of an event.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from tests.support.prefect_server import ROOT, running_server
from tests.support.waiting import until

BUDGETS_S: Final = {"with a server": 2.5, "without, first ever": 8.0, "without": 8.0}
MIDDLE_S: Final = 5.0
"""Real seconds into a session of twelve, in which it trades and is shown in Prefect."""
WORDS: Final = ("--source=embedded", "--minutes=4", "--speed=20", "--strategy=pulse")


def measured(name: str, environment: dict[str, str], port: int | None) -> bool:
    """Start a session, print one line of JSON; return whether it was within the budget."""
    with started(environment) as (process, since):
        command = psutil.Process(process.pid)
        session = until(lambda: session_of(command), 120.0, "the session's process")
        took_s = time.perf_counter() - since
        times = command.cpu_times()
        time.sleep(MIDDLE_S)
        remote = [
            each.raddr.port
            for each in session.net_connections()
            if each.status == psutil.CONN_ESTABLISHED
        ]
        found = {
            "start": name,
            "real_s": round(took_s, 2),
            "cpu_s": round(times.user + times.system, 2),
            "budget_s": BUDGETS_S[name],
            "supervisor_mb": round(command.memory_info().rss / 1e6),
            "session_mb": round(session.memory_info().rss / 1e6),
            "connections_of_the_session": len(remote),
            "of_them_to_prefect": remote.count(port) if port else 0,
        }
        code = process.wait()
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.stdout.flush()
    assert code == 0, f"exit code {code}"
    assert found["of_them_to_prefect"] == 0
    return took_s <= BUDGETS_S[name]


@contextmanager
def started(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Start the command; end it with the block if it still runs."""
    since = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.paper_session", *WORDS],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, since
    finally:
        process.terminate()
        process.wait()


def session_of(command: psutil.Process) -> psutil.Process | None:
    """Return the session's process of a command, once it has one."""
    for each in command.children():
        if "trading.session" in each.cmdline():
            return each
    return None


def main() -> int:
    """Measure all three; return 1 when one is over its budget."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with running_server(folder / "server") as server:
            port = int(server.api.split(":")[2].partition("/")[0])
            are_within = [measured("with a server", server.environment, port)]
        alone = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
            "PREFECT_HOME": str(folder / "home"),
            "PAPER_SESSION_VAR": str(folder / "var"),
        }
        are_within += [measured(each, alone, None) for each in ("without, first ever", "without")]
    return 0 if all(are_within) else 1


if __name__ == "__main__":
    sys.exit(main())
