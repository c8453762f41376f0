"""``python -m tests.simulation.ui_pictures FOLDER``: what a newcomer sees in Prefect's UI.

As ``make up`` starts it, on ports of its own: one session that runs and one that is over, a word
from the form, a refusal; photographed in a headless Chromium, to be looked at.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deployments.local import down, environment, up
from tests.support.browser import Browser, running_browser
from tests.support.ports import free_port
from tests.support.prefect_server import Server
from tests.support.supervised import LIVELY, Created, begin, in_position, over

SETTLE_S: Final = 6.0
"""Real seconds a page of the UI is given to draw itself."""
LONG: Final = (1400, 1100)


def photograph(browser: Browser, url: str, path: Path) -> None:
    """Take a picture of one page of the UI."""
    with browser.open(url, LONG) as page:
        time.sleep(SETTLE_S)
        page.photograph(path)
    sys.stdout.write(f"{path}  {url}\n")


def pictures(server: Server, ui: str, folder: Path) -> None:
    """Take all of them."""
    settings = LIVELY
    done = begin(server, account="newcomer", minutes=1, speed=2, settings=settings)
    over(server, done)
    refused = begin(server, account="greedy", settings={"risk": {"risk_pct": 5}})
    over(server, refused)
    running = begin(server, account="newcomer", minutes=30, speed=2, settings=settings)
    in_position(server, "newcomer")
    time.sleep(15.0)
    demo = server.get("/deployments/name/paper-session/demo", Created).id
    control = server.get("/deployments/name/control/control", Created).id
    pages = {
        "dashboard": "/dashboard",
        "runs": "/runs",
        "running": f"/runs/flow-run/{running.id}",
        "finished": f"/runs/flow-run/{done.id}",
        "refused": f"/runs/flow-run/{refused.id}",
        "finished-artifacts": f"/runs/flow-run/{done.id}?tab=Artifacts",
        "artifacts": "/artifacts",
        "live": "/artifacts/key/live-newcomer",
        "summary": "/artifacts/key/paper-session-newcomer",
        "trips": "/artifacts/key/paper-trips-newcomer",
        "report-link": "/artifacts/key/paper-report-newcomer",
        "deployments": "/deployments",
        "demo": f"/deployments/deployment/{demo}",
        "control-form": f"/deployments/deployment/{control}/run",
        "automations": "/automations",
    }
    with running_browser() as browser:
        for name, path in pages.items():
            photograph(browser, f"{ui}{path}", folder / f"{name}.png")


def main(arguments: Sequence[str] | None = None) -> int:
    """Start everything, take the pictures, stop everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.ui_pictures")
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        var, port, reports = Path(name) / "var", free_port(), free_port()
        os.environ["PAPER_SESSION_REPORTS_URL"] = f"http://127.0.0.1:{reports}"
        env = environment(var, port)
        server = Server(api=env["PREFECT_API_URL"], folder=var.parent, environment=env)
        try:
            up(var, port, reports)
            pictures(server, f"http://127.0.0.1:{port}", chosen.folder)
        finally:
            down(var, port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
