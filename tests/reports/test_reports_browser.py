"""Golden reports in a real browser: nothing in the console, nothing fetched, nothing sticks out.

``REPORT_PICTURES=folder`` keeps a picture of every page, for a person to look at.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reports.session import write_refusal_report, write_session_report
from tests.support import told_scenarios
from tests.support.browser import PHONE, WIDE, Browser, running_browser
from tests.support.busy_session import busy_session
from tests.support.good_session import good_session
from tests.support.told_refusal import REFUSAL

Write = Callable[[Path], Path]
SIZES = {"wide": WIDE, "phone": PHONE}


def refused(folder: Path) -> None:
    """Write the page of a start that was refused, with hostile words in it."""
    write_refusal_report(folder, REFUSAL)


def report_of(write: Write) -> Callable[[Path], None]:
    """Return what writes the report of a told session into a folder."""

    def told(folder: Path) -> None:
        write_session_report(write(folder / "journal.db"), folder, "identical: 694 records")

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
    "refused": refused,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run one browser for all pages."""
    with running_browser() as started:
        yield started


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", GOLDEN)
def test_a_report_opens_without_a_complaint(
    name: str, size: str, browser: Browser, tmp_path: Path
) -> None:
    """The console stays empty, the file is all that is asked for, and no side is cut off."""
    GOLDEN[name](tmp_path)
    with browser.open(tmp_path / "report.html", SIZES[size]) as page:
        keep = os.environ.get("REPORT_PICTURES")
        if keep:
            page.photograph(Path(keep) / f"{name}-{size}.png")

        assert [] == page.complaints
        assert [(tmp_path / "report.html").as_uri()] == page.requests
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
