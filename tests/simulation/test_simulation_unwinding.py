"""A campaign that is asked to end leaves nothing running."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil

from tests.support.waiting import until

CAMPAIGN = """
import contextlib, subprocess, sys
from tests.support.unwinding import unwind_on_sigterm

@contextlib.contextmanager
def server():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()

unwind_on_sigterm()
with server() as running:
    print(running.pid, flush=True)
    running.wait()
"""


def test_sigterm_ends_what_a_campaign_started() -> None:
    """The server it started is gone with it, and the exit code names the signal."""
    with subprocess.Popen(
        [sys.executable, "-c", CAMPAIGN], stdout=subprocess.PIPE, text=True
    ) as campaign:
        assert campaign.stdout is not None
        server = psutil.Process(int(campaign.stdout.readline()))
        campaign.send_signal(signal.SIGTERM)
        code = campaign.wait(20.0)

    assert 128 + signal.SIGTERM == code
    until(lambda: not server.is_running(), 5.0, "the end of the server")
