"""The page: stands alone, shows the numbers, runs nothing, whatever the journal holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reports.columns import ROWS_FIRST
from reports.script import script
from reports.session import write_session_report
from reports.tables import ROWS_MOST
from tests.support import told_scenarios
from tests.support.good_session import good_session
from tests.support.page_reading import Page
from tests.support.told_scenarios import HOSTILE
from tests.support.told_session import Teller
from trading.model.events import StrategyFailed

Write = Callable[[Path], Path]
DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
SCENARIOS = [
    good_session,
    told_scenarios.one_trade,
    told_scenarios.no_trades,
    told_scenarios.crash,
    told_scenarios.crash_unmarked,
    told_scenarios.resumed,
    told_scenarios.killed,
    told_scenarios.funded,
    told_scenarios.carried,
    told_scenarios.carried_in,
    told_scenarios.halted,
    told_scenarios.liquidated,
    told_scenarios.rejected,
    told_scenarios.opening_only,
    told_scenarios.broken,
    told_scenarios.hostile,
]


def page(write: Write, folder: Path, replay: str = "identical: 12 records") -> Page:
    """Write a journal and its report; return the parsed page."""
    write_session_report(write(folder / "journal.db"), folder, replay)
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("write", SCENARIOS)
def test_every_report_stands_alone(write: Write, tmp_path: Path) -> None:
    """No script but ours, no handler, no address but the files beside it; names are given once."""
    read = page(write, tmp_path)
    addresses = read.values("href") + read.values("src")
    handlers = [name for _, attrs in read.elements for name in attrs if name.startswith("on")]
    names = read.values("id")

    assert set() == read.tags() & {"img", "iframe", "object", "embed", "form", "base"}
    assert [None] == [
        a.get("type") for tag, a in read.elements if tag == "script" and not a.get("id")
    ]
    assert {"data:,", "trades.csv", "summary.json"} >= set(addresses)
    assert [] == handlers
    assert len(names) == len(set(names))
    policy = read.values("content")[1]
    assert f"default-src 'none'; script-src 'sha256-{script().digest}'; " in policy


@pytest.mark.parametrize("write", SCENARIOS)
def test_every_report_is_marked_paper_first(write: Write, tmp_path: Path) -> None:
    """PAPER is the first word, in the title too, and nothing is annualised."""
    read = page(write, tmp_path)

    assert read.text.startswith("PAPER: ")
    assert "Paper" == read.text.partition("UTC")[2].split()[0]
    assert "annualised" not in read.text.replace("nothing is annualised", "")


@pytest.mark.parametrize("write", SCENARIOS)
def test_every_figure_is_told_to_who_cannot_see_it(write: Write, tmp_path: Path) -> None:
    """A picture has a title and a description that its label points at."""
    read = page(write, tmp_path)
    names = set(read.values("id"))
    pictures = [attrs for tag, attrs in read.elements if tag == "svg" and "role" in attrs]
    labels = [name for each in pictures for name in each["aria-labelledby"].split()]

    assert 2 * len(pictures) == len(labels)
    assert set(labels) <= names


def test_the_numbers_are_on_the_page(tmp_path: Path) -> None:
    """Result, parts, ledger and round trip of one trade, as a pencil gives them."""
    text = page(told_scenarios.one_trade, tmp_path).text

    for words in (
        f"Net result {MINUS}0.39 USDT, {MINUS}0.0039%",
        "Wallet at the start 10,000.00",
        "Realised profit, before costs 1 +10.00",
        f"Trading fees 2 {MINUS}10.386",
        "Start and all parts 9,999.614",
        "Wallet at the end, as booked 9,999.614",
        "checks hold, to the last digit.",
        "Win rate 0% 95% interval 0% to 79%",
        "fewer than 30: too few to say",
        "Deepest drawdown 10.19 USDT, 0.10%",
        # the round trip: quantity, prices, gross, fees, funding, net, R
        f"0.1 86,500.00 86,600.00 +10.00 {MINUS}10.39 0.00 {MINUS}0.39 {MINUS}0.04",
        # how far against and for it, latency, quote age, why
        f"{DASH} {DASH} 200 0 cross target",
        # the ledger's last line
        f"fee fill 2 {MINUS}5.196 9,989.614",
        "realised pnl fill 2 +10.00 9,999.614",
        "python -m trading.journal verify journal.db",
        "risk.risk_pct 0.5",
        "tick_size 0.1",
    ):
        assert words in text


def test_money_that_does_not_add_up_is_red_and_on_top(tmp_path: Path) -> None:
    """The alarm comes before the verdict and every number, with both sides of the sum."""
    read = page(told_scenarios.broken, tmp_path)

    assert 1 == sum(1 for _, attrs in read.elements if attrs.get("role") == "alert")
    alarm = read.text.index("The money does not add up. Do not trust this result.")
    assert alarm < read.text.index("Net result")
    assert "expected 10,004.01, was 10,004.00" in read.text
    assert "2 of 10 checks fail." in read.text


def test_a_liquidation_is_worried_about_and_adds_up(tmp_path: Path) -> None:
    """What the venue took is said on top; its fee and the insurance are parts of the sum."""
    text = page(told_scenarios.liquidated, tmp_path).text

    assert "the venue liquidated the BTCUSDT position at a mark of 82,500.0" in text
    assert f"Liquidation fees 1 {MINUS}495.00" in text
    assert "Insurance fund 1 +120.00" in text
    assert "checks hold, to the last digit." in text


def test_a_resumed_session_reads_as_its_twin_but_for_the_gap(tmp_path: Path) -> None:
    """Money, round trips, orders, fills and the figures of both are the same, to the byte."""
    parts = []
    for is_killed in (False, True):
        folder = tmp_path / str(is_killed)
        folder.mkdir()
        journal = told_scenarios.twin(folder / "journal.db", is_killed=is_killed)
        write_session_report(journal, folder, "identical: 1 record")
        html = (folder / "report.html").read_text(encoding="utf-8")
        marks = ("<h2>Where the money went</h2>", '<section id="trips">', '<details id="timeline">')
        money, tables, rest = (html.index(mark) for mark in marks)
        equity, feed = html.index('<figure id="equity">'), html.index('<figure id="feed">')
        parts.append((html[money:tables], html[tables:rest], html[equity:feed]))
        assert is_killed == ("process was replaced 1 time" in html)

    assert parts[0] == parts[1]


def test_no_trades_are_explained(tmp_path: Path) -> None:
    """The reason stands on top, the funnel with its counts below."""
    text = page(told_scenarios.no_trades, tmp_path).text

    assert "Why it did not trade: Every entry it wanted (2) was refused" in text
    assert "refused by warm_up 2 last: 3 of 51 contiguous bars" in text
    assert "Win rate n/a no round trip" in text


def test_a_crash_is_said_and_its_position_shown(tmp_path: Path) -> None:
    """No ending is made up; what was open is named."""
    text = page(told_scenarios.crash, tmp_path).text

    assert "No ending was written" in text
    assert f"Open at the end: {MINUS}0.1 BTCUSDT, liquidated at " in text
    assert "live at the end" in text


def test_what_was_not_sampled_is_not_called_a_drawdown(tmp_path: Path) -> None:
    """With an unpriced position the result is unknown and the drawdown says how far it saw."""
    text = page(told_scenarios.crash_unmarked, tmp_path).text

    assert "Net result unknown USDT" in text
    assert "Deepest drawdown 0.00 USDT, 0.00%, as far as sampled" in text
    assert "Unrealised profit at the end unknown" in text


def test_hostile_text_is_shown_not_executed(tmp_path: Path) -> None:
    """Markup in strategy, coin, reasons, errors and the replay's words is text on the page."""
    read = page(told_scenarios.hostile, tmp_path, HOSTILE)

    assert set() == read.tags() & {"img"}
    assert "".join(HOSTILE.split()) in "".join(read.text.split())
    assert read.text.count('<script>alert("x")</script>') >= 10
    assert "default-src 'none'" in read.values("content")[1]


def test_a_long_table_says_that_it_was_cut(tmp_path: Path) -> None:
    """A page holds a bounded number of rows and says how many there are."""

    def write(path: Path) -> Path:
        teller = Teller(path)
        for _ in range(ROWS_MOST // 100 + 1):
            failed = StrategyFailed(
                at_ns=teller.ns(1), symbol="BTCUSDT", error="x", failures_in_a_row=1
            )
            teller.say(*[failed] * 100)
        return teller.close()

    read = page(write, tmp_path)

    assert "The first 100 of 10,100 rows; the journal has them all." in read.text
    assert ROWS_FIRST + 2 == read.text.count("x (1 in a row)")  # and a mark in each picture
