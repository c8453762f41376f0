"""The lists of what was computed: each number with its n, and silence said in words."""

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from reports import weighed
from reports.findings import Findings, find
from reports.fold import fold_session
from reports.formats import NOTHING
from reports.listings import Entry
from reports.realism import MARKOUTS_FEW, Markout, Realism
from reports.summarise import summarise
from reports.tape.read import read_tape
from reports.tape.witness import Grade
from reports.verdict import judge
from tests.support import told_scenarios
from tests.support.recorded_session import record
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.orders import Liquidity, OrderRole, Side


def found(path: Path) -> Findings:
    """Compute everything of a journal."""
    with JournalReader(path) as reader:
        return find(fold_session(reader), read_tape(reader))


def told(entries: tuple[Entry, ...]) -> dict[str, str]:
    """Return the values by name."""
    return {entry.name: entry.value for entry in entries}


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """A minute over the real codec, with some round trips and a book."""
    return found(record(tmp_path_factory.mktemp("traded") / "journal.db"))


def test_a_traded_session_is_beside_its_baselines(traded: Findings) -> None:
    """Doing nothing, holding, and a thousand random entries, of which a share did as well."""
    listed = told(weighed.baseline_list(traded.baselines, "USDT"))

    assert "0.00" == listed["Doing nothing"]
    assert {"Its round trips", "Holding", "Entering at random"} < set(listed)
    assert listed["Random entries did as well"].endswith("%")


def test_the_tape_bears_its_fills_out(traded: Findings) -> None:
    """A score of 100, all fills seen, takers' markouts and the shortfall in three parts."""
    listed = told(weighed.realism_list(traded.realism, "USDT"))

    assert "100" == listed["Realism score"]
    assert f"{traded.statistics.fills}" == listed["fills"]
    assert {"Taker markout after 0.1 s", "delay", "spread and impact", "opportunity"} < set(listed)


def test_its_trips_went_somewhere(traded: Findings) -> None:
    """Excursions against and in favour, and their ratio."""
    listed = told(weighed.excursion_list(traded.excursions))

    assert {"Mean excursion against and for it", "Edge ratio"} == set(listed)


def test_few_round_trips_are_one_line(traded: Findings) -> None:
    """Below the least, too few is what is said, and all."""
    (entry,) = weighed.luck_list(traded.significance)

    assert "too few round trips to say" == entry.value


def test_parts_stand_between_start_and_end(traded: Findings) -> None:
    """The first and last line are equity, and between them everything that moved it."""
    names = [entry.name for entry in weighed.attribution_list(traded.attribution)]

    assert ("Equity at the start", "Equity at the end") == (names[0], names[-1])
    assert {"Gross", "Delay", "Spread", "Impact", "Taker fees", "Rounding"} < set(names)


def test_an_idle_session_says_so(tmp_path: Path) -> None:
    """Nothing to compare, no score, no excursion."""
    idle = found(told_scenarios.no_trades(tmp_path / "journal.db"))

    assert ("no round trip to compare",) == tuple(
        entry.note for entry in weighed.baseline_list(idle.baselines, "USDT")
    )
    assert () == weighed.excursion_list(idle.excursions)
    assert NOTHING == told(weighed.realism_list(idle.realism, ""))["Realism score"]


def test_an_unknown_result_has_no_parts(tmp_path: Path) -> None:
    """Where equity at the end is unknown, that is the list."""
    crashed = found(told_scenarios.crash_unmarked(tmp_path / "journal.db"))

    assert {"Result": "unknown"} == told(weighed.attribution_list(crashed.attribution))


def test_many_round_trips_are_weighed(tmp_path: Path) -> None:
    """Thirty losses around a mean: bounds below zero, and no number of them shows an edge."""
    teller = Teller(tmp_path / "journal.db")
    teller.start()
    for number in range(30):
        teller.enter(10 * number + 1, Side.BUY, "86500.0", "0.1", stop="86400.0")
        teller.leave(10 * number + 6, f"{86_450 + 9 * (number % 7)}.0", OrderRole.EXIT, "exit")
    teller.end(600)
    listed = weighed.luck_list(found(teller.close()).significance)

    assert "100.0%" == told(listed)["Luck alone gives as much"]
    assert NOTHING == told(listed)["Profit factor, 90% interval"]
    assert any("no number of round trips" in entry.note for entry in listed)


def test_what_cannot_be_is_said_on_top(tmp_path: Path) -> None:
    """An impossible fill and a markout too good to be true are concerns, and in the lists."""
    path = told_scenarios.one_trade(tmp_path / "journal.db")
    with JournalReader(path) as reader:
        story = fold_session(reader)
        findings = find(story, read_tape(reader))
    markout = Markout(
        liquidity=Liquidity.MAKER, horizon_s=1.0, n=MARKOUTS_FEW, mean_bps=0.5, error_bps=0.1
    )
    realism = Realism(
        score=Decimal(0),
        grades={Grade.BETTER: 1, Grade.SEEN: 1},
        impossible=("fill 1: buy 0.1 at 86500.0 (better)",),
        markouts=(markout,),
        shortfall=None,
        pruned=3,
    )
    object.__setattr__(findings, "realism", realism)
    judgement = judge(story, findings, "")
    listed = weighed.realism_list(realism, "USDT")

    assert (
        "1 fill the market cannot have given: fill 1: buy 0.1 at 86500.0 (better).",
        "Maker fills were followed by gains no honest fill model gives.",
    ) == judgement.concerns[:2]
    assert any("too good to be true" in entry.note for entry in listed)
    assert any("3 inputs dropped" in entry.note for entry in listed)


def test_the_summary_has_it_all(tmp_path: Path) -> None:
    """Parts that sum to the result, baselines, excursions and realism, as decimal strings."""
    path = record(tmp_path / "journal.db")
    with JournalReader(path) as reader:
        story = fold_session(reader)
        findings = find(story, read_tape(reader))
    summary = summarise(story, findings, judge(story, findings, ""))

    assert summary.attribution is not None
    assert summary.baselines is not None
    assert summary.excursions is not None
    assert summary.result_net == sum(summary.attribution.values())
    assert Decimal(100) == summary.realism.score
    assert {"seen": summary.trades.fills} == summary.realism.fills
    assert summary.luck.expectancy is None
    assert structs.asdict(summary.luck).keys() >= {"chance", "skill", "round_trips_needed"}
