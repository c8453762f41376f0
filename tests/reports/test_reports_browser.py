"""Golden reports in a real browser: nothing in the console, nothing fetched, nothing sticks out.

``REPORT_PICTURES=folder`` keeps a picture of every page, for a person to look at.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reports.session import write_refusal_report, write_session_report
from tasks.refusals import refusal_of
from tests.support import lived_sessions, told_scenarios
from tests.support.browser import PHONE, WIDE, Browser, running_browser
from tests.support.busy_session import busy_session
from tests.support.good_session import good_session
from tests.support.told_refusal import REFUSAL
from trading.config import SessionConfig
from trading.errors import PreflightRefused
from trading.journal.verify import verify
from trading.session.kill_switch import set_switch
from trading.session.paths import SessionPaths, kill_file
from trading.session.preflight import preflight
from trading.session.world import World

Write = Callable[[Path], Path]
SIZES = {"wide": WIDE, "phone": PHONE}


def refused(folder: Path) -> None:
    """Write the page of a start that the checks before it refuse: the kill switch is set."""
    config = SessionConfig(strategy="pulse")
    set_switch(kill_file(folder), who="operator", why="maintenance at the venue")
    nowhere = World(rest_url="https://venue.invalid", ws_url="wss://venue.invalid")
    with pytest.raises(PreflightRefused) as caught:
        asyncio.run(preflight(config, nowhere, folder))
    asked = {name: getattr(config, name) for name in ("source", "symbol", "strategy", "account")}
    paths = SessionPaths(var_dir=folder, account="default", session_id="20261121T040000Z-3f9a")
    write_refusal_report(folder, refusal_of(caught.value, paths=paths, **asked))


def refused_hostile(folder: Path) -> None:
    """Write the page of a refused start with hostile words in it."""
    write_refusal_report(folder, REFUSAL)


def report_of(write: Write) -> Callable[[Path], None]:
    """Return what writes the report of a session into a folder; a lived one is run again first."""

    def told(folder: Path) -> None:
        journal = write(folder / "journal.db")
        is_lived = write.__module__ == lived_sessions.__name__
        verdict = str(verify(journal)) if is_lived else "identical: 694 records"
        assert verdict.startswith("identical")
        write_session_report(journal, folder, verdict)

    return told


GOLDEN = {
    "good": report_of(good_session),
    "busy": report_of(busy_session),
    "zero-trades": report_of(told_scenarios.no_trades),
    "hostile": report_of(told_scenarios.hostile),
    "halt": report_of(told_scenarios.halted),
    "liquidation": report_of(told_scenarios.liquidated),
    "killed": report_of(told_scenarios.killed),
    "crash": report_of(told_scenarios.crash),
    "resumed": report_of(told_scenarios.resumed),
    "carried": report_of(told_scenarios.carried),
    "broken": report_of(told_scenarios.broken),
    "refused": refused_hostile,
    "lived-good": report_of(lived_sessions.good),
    "lived-idle": report_of(lived_sessions.idle),
    "lived-halted": report_of(lived_sessions.halted),
    "lived-crashed": report_of(lived_sessions.crashed),
    "lived-resumed": report_of(lived_sessions.resumed),
    "lived-killed": report_of(lived_sessions.killed),
    "lived-liquidated": report_of(lived_sessions.liquidated),
    "lived-carried": report_of(lived_sessions.carried),
    "lived-hedged": report_of(lived_sessions.hedged),
    "lived-refused": refused,
}
"""Told ones hold numbers made by hand, lived ones come from the engine on the embedded market."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run one browser for all pages."""
    with running_browser() as started:
        yield started


@pytest.fixture(scope="module", params=GOLDEN)
def golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one page, for all that look at it."""
    folder = tmp_path_factory.mktemp(request.param)
    GOLDEN[request.param](folder)
    return folder / "report.html"


@pytest.mark.parametrize("size", SIZES)
def test_a_report_opens_without_a_complaint(
    golden: Path, size: str, browser: Browser, request: pytest.FixtureRequest
) -> None:
    """The console stays empty, the file is all that is asked for, and no side is cut off."""
    with browser.open(golden, SIZES[size]) as page:
        keep = os.environ.get("REPORT_PICTURES")
        if keep:
            name = request.node.callspec.params["golden"]
            page.photograph(Path(keep) / f"{name}-{size}.png")

        assert [] == page.complaints
        assert [golden.as_uri()] == page.requests
        # A phone widens its window for what sticks out: what it had at first is what counts.
        assert SIZES[size][0] == page.run("document.documentElement.scrollWidth")


def test_hostile_text_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    """What a journal says is text: no dialogue opens, no picture of its own making appears."""
    GOLDEN["hostile"](tmp_path)
    with browser.open(tmp_path / "report.html") as page:
        assert 0 == page.run("document.images.length")
        assert [] == [
            each for each in page.events if each["method"] == "Page.javascriptDialogOpening"
        ]
        assert page.run("document.body.textContent.includes('onerror=alert(1)')")


def test_a_report_can_be_printed(browser: Browser, tmp_path: Path) -> None:
    """On paper every part is there, also what is folded away on the screen."""
    GOLDEN["good"](tmp_path)
    with browser.open(tmp_path / "report.html") as page:
        assert page.printed().startswith(b"%PDF-")
        page.ask("Emulation.setEmulatedMedia", media="print")
        assert page.run("document.querySelector('#fills table').checkVisibility()")


def test_a_small_figure_stays_small(browser: Browser, tmp_path: Path) -> None:
    """Its words are as large as everywhere else, also where the page has one column of them."""
    GOLDEN["busy"](tmp_path)
    with browser.open(tmp_path / "report.html", (794, 1_123)) as page:
        width = "document.querySelector('svg.half').getBoundingClientRect().width"
        assert page.run(f"{width} < 480")
