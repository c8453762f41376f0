"""The first word of a report: what it takes to be pleased, and what is enough to worry."""

from dataclasses import replace
from pathlib import Path

import pytest

from reports.baselines import Baselines, RandomEntries
from reports.findings import Findings, find
from reports.fold import fold_session
from reports.inference.bootstrap import Interval
from reports.mood import Feeling, mood
from reports.tape.read import read_tape
from reports.verdict import Judgement
from tests.support import told_scenarios
from tests.support.busy_session import busy_session
from trading.journal.store import JournalReader

CALM = Judgement(sentence="", adds_up=True, concerns=(), replay="identical: 12 records")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """What ninety round trips come to."""
    with JournalReader(busy_session(tmp_path_factory.mktemp("busy") / "journal.db")) as reader:
        return find(fold_session(reader), read_tape(reader))


def told(many: Findings, low: float, high: float, chance: float = 0.01) -> Findings:
    """Return findings whose mean lies between two bounds, and how often chance did as well."""
    mean = Interval(low=low, high=high, chance=chance)
    significance = replace(many.significance, expectancy=mean)
    beside = many.baselines
    assert isinstance(beside, Baselines)
    assert isinstance(beside.random, RandomEntries)
    lucky = replace(beside, random=replace(beside.random, chance=chance))
    return replace(many, significance=significance, baselines=lucky)


def test_a_gain_that_luck_seldom_gives_pleases(many: Findings) -> None:
    """Above zero at both bounds, rare among random entries, and the replay identical."""
    assert Feeling.PLEASED is mood(told(many, 0.5, 2.0), CALM).feeling


def test_what_luck_gives_leaves_one_unmoved(many: Findings) -> None:
    """A bound at zero, a baseline that does as well, or an unverified replay is enough."""
    assert "no more than luck gives" == mood(told(many, -0.1, 2.0), CALM).why
    assert "no more than luck gives" == mood(told(many, 0.5, 2.0, 0.2), CALM).why
    unverified = mood(told(many, 0.5, 2.0), replace(CALM, replay=""))
    assert (Feeling.UNMOVED, "a gain, but the replay has not been verified") == (
        unverified.feeling,
        unverified.why,
    )


def test_a_loss_beyond_luck_worries(many: Findings) -> None:
    """Below zero at both bounds."""
    assert Feeling.WORRIED is mood(told(many, -2.0, -0.5), CALM).feeling


@pytest.mark.parametrize(
    ("judgement", "why"),
    [
        (replace(CALM, adds_up=False), "this result cannot be trusted"),
        (replace(CALM, replay="different: record 7"), "this result cannot be trusted"),
        (replace(CALM, concerns=("A rule stopped it.",)), "a rule stopped it"),
        (
            replace(CALM, concerns=("A rule stopped it.", "1 gap.", "1 owed.")),
            "a rule stopped it, and 2 more to look at",
        ),
    ],
)
def test_trouble_comes_before_any_gain(many: Findings, judgement: Judgement, why: str) -> None:
    """However good the numbers, what is wrong with them is said first."""
    found = mood(told(many, 0.5, 2.0), judgement)

    assert (Feeling.WORRIED, why) == (found.feeling, found.why)


def test_few_round_trips_and_none_leave_one_unmoved(tmp_path: Path) -> None:
    """One trade says nothing; no trade says so."""
    said = []
    for number, write in enumerate((told_scenarios.one_trade, told_scenarios.no_trades)):
        with JournalReader(write(tmp_path / f"{number}.db")) as reader:
            said.append(mood(find(fold_session(reader), read_tape(reader)), CALM))

    assert [
        (Feeling.UNMOVED, "too few round trips to say anything"),
        (Feeling.UNMOVED, "nothing was traded"),
    ] == [(each.feeling, each.why) for each in said]
