"""A Prefect server for one command, where none is configured.

Prefect would start one by itself, in our process group: Ctrl-C would end it before the flow could
say how it ended. This one has a group of its own, and ends with its owner, however that ends: it
holds the read end of a pipe. ``python -m flows.local_server PORT`` is its process.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Final

import httpx
from prefect.settings import (
    PREFECT_API_BLOCKS_REGISTER_ON_START,
    PREFECT_API_URL,
    get_current_settings,
    temporary_settings,
)

from trading.errors import PreflightRefused
from trading.io.clock import monotonic_ns

START_WITHIN_S: Final = 90.0
"""Real seconds to the first answer; the first start of all makes the database."""
LOOK_EVERY_S: Final = 0.05
WITH_THE_FIRST_RUN: Final = ("fastapi.encoders", "prefect.flow_engine", "prefect.task_engine")
"""What Prefect imports when the first flow and task run: there is time while the server starts."""


@contextmanager
def server_for_one_command(folder: Path) -> Iterator[None]:
    """Let Prefect find a server while the block runs: the configured one, or one of our own.

    Our own one stays until this process is gone, for Prefect sends its last logs and events at the
    very end. What it says goes to ``.prefect-server.log`` in ``folder``: no account can be called
    like that.

    Raises:
        PreflightRefused: when our own does not start.
    """
    if get_current_settings().api.url is not None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / ".prefect-server.log"
    port = _free_port()
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.local_server", str(port)],
            stdin=subprocess.PIPE,
            stdout=told,
            stderr=told,
            start_new_session=os.name == "posix",
        )
    address = f"http://127.0.0.1:{port}/api"
    for each in WITH_THE_FIRST_RUN:
        import_module(each)
    _wait_for_answer(process, address, log)
    with temporary_settings({PREFECT_API_URL: address}):
        yield


def _wait_for_answer(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Return when the server answers."""
    by_ns = monotonic_ns() + round(START_WITHIN_S * 1e9)
    with httpx.Client(trust_env=False, timeout=1.0) as client:
        while process.poll() is None and monotonic_ns() < by_ns:
            with suppress(httpx.TransportError):
                if client.get(f"{address}/health").is_success:
                    return
            time.sleep(LOOK_EVERY_S)
    process.kill()
    process.communicate()
    raise PreflightRefused(
        "prefect server",
        f"none is configured, and our own did not answer within {START_WITHIN_S:g} s "
        f"(exit code {process.returncode})",
        f"mend what {log} says, or set PREFECT_API_URL to a server that runs",
        is_retryable=True,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve(port: int) -> None:
    """Be a Prefect server until told to end, or until standard input ends.

    It is the app of ``prefect server start``, as Prefect itself runs it for one command: without
    the services that plan and start runs, which such a server must not do behind anybody's back.
    Nor does it list every type of block there is: a page of the UI, a second of the first start.
    """
    threading.Thread(target=_end_with_owner, name="lifeline", daemon=True).start()
    # Said to be TCP, or asyncio would leave Nagle's algorithm on: 40 ms more for every answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", port))
    import uvicorn  # noqa: PLC0415 - with the app a second, and only the server's own
    from prefect.server.api.server import create_app  # noqa: PLC0415

    with temporary_settings({PREFECT_API_BLOCKS_REGISTER_ON_START: False}):
        app = create_app(ephemeral=True, final=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])


def _end_with_owner() -> None:
    while os.read(0, 4_096):
        continue
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
