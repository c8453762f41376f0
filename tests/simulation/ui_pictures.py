"""``python -m tests.simulation.ui_pictures FOLDER``: what a newcomer sees in Prefect's UI.

As ``make up`` starts it, on ports of its own: one session that runs and one that is over, a
refusal, a fleet, the forms, deployments and automations; photographed in a headless Chromium, to be
looked at.
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

import msgspec

from deployments.local import down, environment, up
from tests.support.browser import Browser, running_browser
from tests.support.ports import free_port
from tests.support.prefect_server import FlowRun, Server
from tests.support.supervised import LIVELY, Created, begin, in_position, over
from tests.support.unwinding import unwind_on_sigterm

SETTLE_S: Final = 4.0
"""Real seconds a page of the UI is given to draw itself."""
SHOWN_S: Final = 12.0
"""Real seconds after which a session that runs is on its page."""
SIZE: Final = (1400, 1500)
FORM: Final = (1400, 5600)
"""All of a session's settings."""


class Kept(msgspec.Struct):
    """An artifact, by its id."""

    id: str
    key: str


def photograph(browser: Browser, url: str, path: Path, tab: str = "") -> None:
    """Take a picture of one page of the UI, after choosing one of its tabs."""
    with browser.open(url, FORM if url.endswith("/run") else SIZE) as page:
        time.sleep(SETTLE_S)
        if tab:
            words = "[...document.querySelectorAll('main *, #app *')]"
            found = f"{words}.find((each) => !each.children.length && each.innerText === '{tab}')"
            page.until(found)
            page.run(f"{found}.click()")
            time.sleep(SETTLE_S)
        page.photograph(path, is_whole=False)  # one that scrolls inside is no longer for it
    sys.stdout.write(f"{path}  {url} {tab}\n")
    sys.stdout.flush()


def pages_of(server: Server, name: str, run: FlowRun) -> dict[str, tuple[str, str]]:
    """Return the pages of a run: its first sight, three of its tabs, each of its artifacts."""
    wanted = {"artifacts": {"flow_run_id": {"any_": [run.id]}}}
    kept = server.find("/artifacts/filter", Kept, **wanted)
    place = f"/runs/flow-run/{run.id}"
    tabs = {f"{name}-{tab}".lower(): (place, tab) for tab in ("Artifacts", "Task Runs", "Details")}
    shown = {f"{name}-{each.key}": (f"/artifacts/artifact/{each.id}", "") for each in kept}
    return {name: (place, ""), **tabs, **shown}


DEPLOYED: Final = (
    "control/control",
    "fleet/fleet",
    "paper-session/adhoc",
    "paper-session/10min",
    "rescue/rescue",
    "silence/silence",
    "alert/alert",
    "day-report/daily",
    "reconcile/reconcile",
)
"""Deployments whose page and form are looked at."""
FLEET: Final = """\
[defaults]
source = "embedded"
strategy = "pulse"
minutes = 0.5
speed = 5
[[session]]
account = "btc-pulse"
[[session]]
account = "eth-pulse"
symbol = "ETHUSDT"
[[session]]
account = "typo"
symbol = "ETHUSD"
"""


def pictures(server: Server, ui: str, folder: Path) -> None:
    """Take all of them."""
    done = begin(server, account="newcomer", minutes=1, speed=2, settings=LIVELY)
    over(server, done)
    refused = begin(server, account="greedy", settings={"risk": {"risk_pct": 5}})
    over(server, refused)
    table = server.folder / "trio.toml"
    table.write_text(FLEET, encoding="utf-8")
    fleet = begin(server, "fleet/fleet", table=str(table))
    over(server, fleet)
    running = begin(server, account="newcomer", minutes=30, speed=2, settings=LIVELY)
    in_position(server, "newcomer")
    time.sleep(SHOWN_S)
    place = "/deployments/deployment/"
    deployed = {
        name: f"{place}{server.get(f'/deployments/name/{name}', Created).id}" for name in DEPLOYED
    }
    pages = {
        **pages_of(server, "running", running),
        **pages_of(server, "finished", done),
        **pages_of(server, "refused", refused),
        "runs": ("/runs", ""),
        "deployments": ("/deployments", ""),
        "automations": ("/automations", ""),
        **pages_of(server, "fleet", fleet),
        **{f"form-{_words(name)}": (f"{each}/run", "") for name, each in deployed.items()},
        **{f"deployment-{_words(name)}": (each, "") for name, each in deployed.items()},
    }
    with running_browser() as browser:
        for name, (place, tab) in pages.items():
            photograph(browser, f"{ui}{place}", folder / f"{name.replace(' ', '-')}.png", tab)


def _words(name: str) -> str:
    return name.replace("/", "-")


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
    unwind_on_sigterm()
    sys.exit(main())
