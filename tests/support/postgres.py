"""A PostgreSQL of the tests' own, where one is installed: own folder, own port, own end.

Prefect's server loses events of automations on a SQLite that is busy: a trigger that finds the
database locked is tried four times within some milliseconds and then put away (3.8.8).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.waiting import until

START_WITHIN_S = 30.0


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where there is none."""
    found = shutil.which("initdb") or shutil.which("postgres")
    return Path(found).resolve().parent if found else None


@contextmanager
def running_postgres() -> Iterator[str | None]:
    """Run a server with an empty database; yield its URL for Prefect, None where there is none."""
    bin_dir = programs()
    if bin_dir is None:
        yield None
        return
    # It refuses to be root, so as root it is somebody else, who must be able to enter its folder.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="paper-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = str(folder / "data")
        made = [str(bin_dir / "initdb"), "-D", data, "-U", "prefect", "-A", "trust", "-N"]
        subprocess.run(made, check=True, user=user, stdout=subprocess.DEVNULL, cwd="/")
        port = free_port()
        words = [
            *(str(bin_dir / "postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port)),
            *("-k", name, "-F", "-c", "max_connections=200"),
        ]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(words, user=user, stdout=log, stderr=log, cwd="/")
        try:
            ready = [str(bin_dir / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            until(
                lambda: subprocess.run(ready, check=False).returncode == 0,
                START_WITHIN_S,
                f"PostgreSQL: {folder / 'log'}",
            )
            yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # its fast shutdown
            server.wait(START_WITHIN_S)
