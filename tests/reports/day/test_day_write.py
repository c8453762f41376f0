"""A day's report: every session is there, money of two sources stays apart, luck is corrected."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from reports.day import tell
from reports.day.alerts import FILE, Alert
from reports.day.gather import gather
from reports.day.markdown import markdown
from reports.day.write import write_day
from reports.formats import NOTHING
from reports.history.store import rebuild, remember, remember_refusal
from reports.session import assess, write_refusal_report, write_session_report
from tests.support import told_scenarios
from tests.support.page_reading import Page
from tests.support.told_opening import told_opening
from tests.support.told_refusal import REFUSAL
from tests.support.told_session import Teller
from trading.config import SessionConfig
from trading.errors import HistoryError
from trading.model.orders import OrderRole, Side

DAY = date(2026, 11, 21)
MINUS = "\N{MINUS SIGN}"


def steady(name: str, gain: int, strategy: str, count: int = 40) -> Callable[[Path], Path]:
    """Return a writer of a session of longs that leave about this far above their entry."""

    def write(path: Path) -> Path:
        opening = told_opening(SessionConfig(strategy=strategy, minutes=10, seed=abs(gain)))
        setup = structs.replace(opening.setup, session_id=name)
        teller = Teller(path, structs.replace(opening, setup=setup))
        teller.start()
        for number in range(count):
            price = f"{86_500 + gain + 30 * (number % 5 - 2)}.0"
            teller.enter(10 * number + 1, Side.BUY, "86500.0", "0.1", stop="86400.0")
            teller.leave(10 * number + 6, price, OrderRole.EXIT, "exit")
        teller.end(600)
        return teller.close()

    return write


def put(var_dir: Path, account: str, name: str, write: Callable[[Path], Path]) -> None:
    """Write a session with its report below an account, and put it into the history."""
    folder = var_dir / account / name
    folder.mkdir(parents=True)
    assessed = write_session_report(write(folder / "journal.db"), folder, "identical: all")
    remember(var_dir, assessed, folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of three sessions and a refusal: a winner, a loser, a short one."""
    folder = tmp_path_factory.mktemp("day")
    put(folder, "first", "a", steady("a", 200, "sma_cross"))
    put(folder, "first", "b", steady("b", 60, "donchian"))
    put(folder, "second", "c", steady("c", 200, "pulse", count=3))
    refused = folder / "second" / "d"
    write_refusal_report(refused, REFUSAL)
    remember_refusal(folder, REFUSAL, refused)
    return folder


@pytest.fixture
def var(written: Path, tmp_path: Path) -> Path:
    """The day, in a folder of the test's own."""
    return shutil.copytree(written, tmp_path / "var")


def test_a_day_has_every_session_of_it(var: Path) -> None:
    """In the order of their opening, none of another day, and what they made adds up."""
    day = gather(var, DAY)

    assert ["a", "b", "c", REFUSAL.session_id] == [each.session_id for each in day.sessions]
    assert (("bitunix",), 4) == (day.sources, len(day.sessions))
    nets = [each.result_net or Decimal(0) for each in day.sessions]
    assert sum(nets) == day.total("result_net", "bitunix")
    parts = ("gross", "delay", "spread", "impact", "fees", "funding")
    assert sum(nets) == sum(day.total(part, "bitunix") for part in parts)
    assert () == gather(var, date(2026, 11, 20)).sessions


def test_strategies_are_judged_together(var: Path) -> None:
    """Two samples are enough: their chances are doubled, the third is too small for a word."""
    trials = {each.strategy: each for each in gather(var, DAY).trials}
    bare = {name: assess(var / "first" / name / "journal.db", "").findings for name in "ab"}
    winner, loser, short = (trials[name] for name in ("sma_cross", "donchian", "pulse"))

    assert (40, 1, 3) == (winner.round_trips, winner.sessions, winner.tried)
    assert winner.chance is not None
    found = bare["a"].significance.expectancy
    assert found is not None
    assert 0.0 < winner.chance <= 2.5 * found.chance
    assert (1.0, True) == (loser.chance, (winner.skill or 0.0) > 0.99)
    assert (None, None, None) == (short.mean, short.chance, short.skill)


def test_more_tries_take_from_skill(var: Path) -> None:
    """Other configurations that were run, and nothing else, make a ratio less of a find."""
    before = next(each for each in gather(var, DAY).trials if each.strategy == "donchian")
    for number in range(5):
        name = f"e{number}"
        put(var, "third", name, steady(name, 61 + number, "hold", count=1))
    after = next(each for each in gather(var, DAY).trials if each.strategy == "donchian")

    assert (3, 8) == (before.tried, after.tried)
    assert (before.skill or 0.0) > (after.skill or 0.0)


def test_later_sessions_do_not_change_a_day(var: Path) -> None:
    """What was found out on a day is of the sessions up to its end."""
    assert () == gather(var, date(2026, 11, 20)).trials
    assert 3 == len(gather(var, date(2026, 11, 22)).trials)


def test_the_day_is_said_in_words(var: Path) -> None:
    """Sessions, outcomes, money by source, what to look at, and what is proven."""
    day = gather(var, DAY)
    told = tell.sentence(day)

    assert told.startswith("4 sessions on 2 accounts: 3 completed, 1 refused. On bitunix: ")
    assert "net over 83 round trips." in told
    assert "1 session to look at." in told
    assert told.endswith(
        "More than luck so far, at 5% over all that were tried: sma_cross on BTCUSDT (bitunix)."
    )
    assert (f"{REFUSAL.session_id} (second): this clock is 3.2 s ahead",) == tell.concerns(day)


def test_a_day_without_sessions_says_so(var: Path) -> None:
    """An empty day is a report, too."""
    files = write_day(var, date(2026, 11, 20))

    assert "No session opened on 2026-11-20." in files.page.read_text(encoding="utf-8")
    assert "No session opened on 2026-11-20" in files.text


def test_page_and_index_lead_to_every_report(var: Path) -> None:
    """Every link of both pages is a file that is there; hostile names are only shown."""
    files = write_day(var, DAY)
    for page in (files.page, var / "index.html"):
        read = Page(page.read_text(encoding="utf-8"))
        links = [link for link in read.values("href") if not link.startswith("data:")]
        assert len(links) >= 5
        assert all((page.parent / link).resolve().is_file() for link in links)
        assert told_scenarios.HOSTILE in read.text
        assert {"script", "img"}.isdisjoint(read.tags())
        assert MINUS in read.text


def test_the_markdown_keeps_hostile_names_as_text(var: Path) -> None:
    """Escaped, on one line, in a table that is still one."""
    text = markdown(gather(var, DAY))
    rows = [line for line in text.splitlines() if line.startswith("| 05:00:00 ")]

    assert 1 == len(rows)
    assert "<script>" not in text
    assert len(tell.SESSION_COLUMNS) + 1 == len(rows[0].replace("\\|", "").split("|")) - 1
    assert "## Needs a look" in text


def test_the_day_tells_its_alerts(var: Path) -> None:
    """How many, which kinds need a look, and each of them; what only tells is no concern."""
    at = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    told = [
        Alert(at=at, severity=severity, kind=kind, text=text)
        for severity, kind, text in (
            ("critical", "session-halted", told_scenarios.HOSTILE),
            ("critical", "session-halted", "again"),
            ("info", "worker-back", "all is well"),
        )
    ]
    (var / FILE).write_text("\n".join(each.line for each in told), encoding="utf-8")
    files = write_day(var, DAY)

    assert "3 alerts." in tell.sentence(files.day)
    assert "alert session-halted (critical), 2 times" == tell.concerns(files.day)[0]
    assert not any("worker-back" in concern for concern in tell.concerns(files.day))
    read = Page(files.page.read_text(encoding="utf-8"))
    assert "04:30:00 info worker-back all is well" in read.text
    assert told_scenarios.HOSTILE in read.text
    assert {"script", "img"}.isdisjoint(read.tags())
    assert "## Alerts" in files.text


def test_a_day_of_many_alerts_shows_the_newest(var: Path) -> None:
    """A bounded number of rows, and it says how many there were."""
    at = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    lines = (
        Alert(at=at, severity="error", kind="crashed", text=f"{n}").line
        for n in range(tell.ALERTS_SHOWN + 5)
    )
    (var / FILE).write_text("\n".join(lines), encoding="utf-8")
    table = tell.alerts_table(gather(var, DAY))

    assert ("5", "204") == (table.rows[0][-1], table.rows[-1][-1])
    assert table.note.startswith("The newest 200 of 205.")


def test_writing_again_changes_nothing(var: Path) -> None:
    """The same history, the same bytes."""
    first = write_day(var, DAY).page.read_bytes()

    assert first == write_day(var, DAY).page.read_bytes()


def test_a_day_s_files_are_no_session(var: Path) -> None:
    """A rebuild goes by them, and finds the day as it was."""
    before = gather(var, DAY)
    write_day(var, DAY)

    assert (4, ()) == ((done := rebuild(var)).sessions, done.unreadable)
    assert before == gather(var, DAY)


def test_without_a_history_there_is_no_day(tmp_path: Path) -> None:
    """The error names the command that makes one."""
    with pytest.raises(HistoryError, match="rebuild"):
        gather(tmp_path, DAY)


def test_an_account_is_followed_through_its_day(var: Path) -> None:
    """Equity at its first session's start and its last one's end; a refusal has none."""
    rows = {row[0]: row for row in tell.accounts_table(gather(var, DAY)).rows}
    first, second = rows["default"], rows["second"]

    assert ("3", "10,000.00") == first[1:3]
    assert "10,000.00" != first[3]
    assert (NOTHING, NOTHING) == second[2:4]
    assert ("3", "0") == (first[-1], second[-1])


def test_an_account_that_ended_unpriced_is_unknown(tmp_path: Path) -> None:
    """A position without a price at the end of the last session: no equity is made up."""
    put(tmp_path, "third", "x", told_scenarios.crash_unmarked)
    (row,) = tell.accounts_table(gather(tmp_path, DAY)).rows

    assert ("10,000.00", "unknown") == row[2:4]


def test_the_costs_of_a_day_add_up(tmp_path: Path) -> None:
    """Also where a liquidation took a fee and the insurance fund paid: that is the other part."""
    put(tmp_path, "third", "x", told_scenarios.liquidated)
    put(tmp_path, "third", "y", steady("y", 60, "donchian"))
    (row,) = tell.costs_table(gather(tmp_path, DAY)).rows
    *parts, net = (Decimal(cell.replace(MINUS, "-").replace(",", "")) for cell in row[1:9])

    assert net == pytest.approx(sum(parts), abs=Decimal("0.05"))
    assert Decimal("-375.00") == parts[-1]
