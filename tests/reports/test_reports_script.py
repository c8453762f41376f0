"""The page's script in a real browser: what it adds is right, and is the same as without it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.columns import ROWS_FIRST
from reports.session import write_session_report
from tests.support.browser import PHONE, Browser, OpenPage, running_browser
from tests.support.busy_session import busy_session
from tests.support.told_opening import SYMBOL
from tests.support.told_session import Teller
from trading.model.events import StrategyFailed

MINUS = "\N{MINUS SIGN}"
ALIVE = "document.querySelector('#trips-table').dataset.alive"
PRICE = f"document.querySelector('#price-{SYMBOL} svg.wide')"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run one browser for all pages."""
    with running_browser() as started:
        yield started


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of ninety round trips once."""
    folder = tmp_path_factory.mktemp("busy")
    write_session_report(busy_session(folder / "journal.db"), folder, "identical: 1 record")
    return folder / "report.html"


@pytest.fixture
def page(browser: Browser, busy: Path) -> Iterator[OpenPage]:
    """Open it anew."""
    with browser.open(busy) as opened:
        opened.until(ALIVE)
        yield opened
        assert [] == opened.complaints


def words(page: OpenPage, selector: str) -> list[str]:
    """Return the text of every element a selector finds."""
    told = page.run(f"[...document.querySelectorAll({selector!r})].map((each) => each.textContent)")
    assert isinstance(told, list)
    return told


def drag(page: OpenPage, start: float, end: float) -> None:
    """Drag the mouse over the price, from one share of its width to another."""
    box = page.run(
        f"(() => {{ const b = {PRICE}.getBoundingClientRect();"
        " return [b.x, b.y + b.height / 2, b.width]; })()"
    )
    assert isinstance(box, list)
    x, y, width = box
    page.mouse("mousePressed", x + start * width, y, button="left", clickCount=1)
    page.mouse("mouseMoved", x + end * width, y, button="left", buttons=1)
    page.mouse("mouseReleased", x + end * width, y, button="left", clickCount=1)


def test_the_crosshair_reads_every_figure_at_one_time(page: OpenPage) -> None:
    """Where the pointer is, each figure says its value; away from it, the legend is back."""
    page.run(f"{PRICE}.focus()")
    page.press("ArrowRight")
    readings = words(page, "output.read")

    assert all(told.startswith("04:30:36") for told in readings)
    assert any("open" in told and "close" in told for told in readings)
    assert any("equity 9," in told and "USDT" in told for told in readings)
    assert any(f"underwater {MINUS}" in told for told in readings)
    assert ["polite"] == page.run(
        "[...document.querySelectorAll('output.read')].map((e) => e.ariaLive)"
        ".filter((live) => live === 'polite')"
    )
    page.run(f"{PRICE}.blur()")
    assert page.run("[...document.querySelectorAll('output.read')].every((each) => each.hidden)")


def test_what_happened_under_the_crosshair_is_said(page: OpenPage) -> None:
    """An outage is read with its time and age, a fill with its price."""
    page.run(f"{PRICE}.focus()")
    for _ in range(2):
        page.press("ArrowRight")
    page.press("ArrowLeft")
    page.press("ArrowLeft")
    page.press("ArrowRight")

    assert any("entry: " in told for told in words(page, "output.read"))


def test_a_drag_zooms_all_figures_and_zero_shows_all(page: OpenPage) -> None:
    """Every figure shows the same stretch, with its own ticks; the whole comes back as it was."""
    before = words(page, "svg.wide .axes text")
    drag(page, 0.3, 0.5)
    zoomed = page.run("[...document.querySelectorAll('svg.wide.zoomed')].length")
    ticks = words(page, f"#price-{SYMBOL} svg.wide .axes text")

    assert 5 == zoomed
    assert "04:26" in ticks
    assert "04:00" not in ticks
    page.press("0")
    assert before == words(page, "svg.wide .axes text")
    assert 0 == page.run("document.querySelectorAll('.zoomed').length")


def test_the_buttons_zoom_where_there_is_no_keyboard(browser: Browser, busy: Path) -> None:
    """On a phone the same three steps are buttons, and useless ones are switched off."""
    with browser.open(busy, PHONE) as page:
        states = "[...document.querySelectorAll('.tools button')].map((each) => each.disabled)"
        assert [False, True, True] == page.run(states)
        page.run("document.querySelector('.tools button').click()")
        assert [False, False, False] == page.run(states)
        page.run("document.querySelectorAll('.tools button')[2].click()")
        assert [False, True, True] == page.run(states)
        assert [] == page.complaints


def test_the_script_tells_every_cell_as_the_page_did(browser: Browser, busy: Path) -> None:
    """Rows told by the script from packed values are the rows that stood there without it."""
    with browser.open(busy, is_scripted=False) as bare:
        still = bare.run("document.querySelector('#trips-table tbody').innerText")
    with browser.open(busy) as page:
        page.until(ALIVE)
        page.run("document.querySelector('#trips-table th button').click()")
        assert still == page.run("document.querySelector('#trips-table tbody').innerText")


def test_a_heading_sorts_by_number_both_ways(page: OpenPage) -> None:
    """The first click puts the least on top, the second the greatest; it is said which."""
    rows = "[...document.querySelectorAll('#trips-table tbody tr')]"
    nets = f"{rows}.map((each) => each.cells[11].textContent)"
    head = "document.querySelectorAll('#trips-table th')[11]"
    page.run(f"{head}.querySelector('button').click()")
    up = page.run(nets)
    page.run(f"{head}.querySelector('button').click()")
    down = page.run(nets)

    assert isinstance(up, list)
    assert isinstance(down, list)
    values = [float(told.replace(MINUS, "-")) for told in up]
    assert sorted(values) == values
    assert sorted(values, reverse=True) == [float(told.replace(MINUS, "-")) for told in down]
    assert "descending" == page.run(f"{head}.ariaSort")


def test_a_filter_keeps_the_rows_with_a_word(page: OpenPage) -> None:
    """What is typed stays; how many rows have it is said; emptied, all are back."""
    type_in = (
        "(() => {{ const field = document.querySelector('#trips .filter input');"
        " field.value = '{}'; field.dispatchEvent(new Event('input')); }})()"
    )
    count = "document.querySelectorAll('#trips-table tbody tr').length"
    page.run(type_in.format("TARGET"))
    kept = page.run(count)

    assert isinstance(kept, int)
    assert 0 < kept < 90
    assert [f"{kept} rows"] == words(page, "#trips .filter + output")
    page.run(type_in.format(""))
    assert 90 == page.run(count)


def test_a_long_table_holds_a_window_of_rows(browser: Browser, tmp_path: Path) -> None:
    """Of thousands of rows a screenful is in the page; scrolled to its end, the last one is."""
    count = 3_000
    teller = Teller(tmp_path / "journal.db")
    for number in range(count):
        teller.say(
            StrategyFailed(
                at_ns=teller.ns(number / 10),
                symbol=SYMBOL,
                error=f"failure {number}",
                failures_in_a_row=1,
            )
        )
    write_session_report(teller.close(), tmp_path, "")
    rows = "document.querySelectorAll('#timeline-table tbody tr').length"
    with browser.open(tmp_path / "report.html", is_scripted=False) as bare:
        assert ROWS_FIRST == bare.run(rows)
        bare.run("document.querySelector('#timeline').open = true")
        told = "document.querySelector('#timeline noscript')"
        assert str(bare.run(f"{told}.innerText")).startswith("The first 100 of 3,000 rows")
    with browser.open(tmp_path / "report.html") as page:
        assert ROWS_FIRST == page.run(rows)
        page.run("document.querySelector('#timeline').open = true")
        page.until("document.querySelector('#timeline-table').dataset.alive")
        page.run("document.querySelector('#timeline .scroll').scrollTop = 1e6")
        page.until("document.querySelector('#timeline-table').textContent.includes('2999')")
        assert ROWS_FIRST > int(str(page.run(rows)))
        assert f"failure {count - 1} (1 in a row)" in words(page, "#timeline-table td")
        assert str(count + 1) == page.run("document.querySelector('#timeline-table').ariaRowCount")
        assert [] == page.complaints
