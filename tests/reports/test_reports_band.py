"""The band: the same decisions under three presets, and a gain at the touch called what it is."""

from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from reports.band import RECORDS_MOST, Band, UnderPreset, _assuming, repeat
from reports.findings import find
from reports.fold import fold_session
from reports.session import assess
from reports.story import SessionStory
from reports.summarise import summarise
from reports.tape.read import read_tape
from reports.verdict import judge
from reports.weighed import band_list
from tests.support import told_scenarios
from tests.support.recorded_session import record
from trading.config import ExecutionConfig
from trading.journal.store import JournalReader
from trading.model.events import Outcome
from trading.model.presets import Preset


def story_of(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute over the real codec, under the neutral preset."""
    return record(tmp_path_factory.mktemp("band") / "journal.db")


def banded(**results: str | None) -> Band:
    """Return a band of these results."""
    runs = []
    presets: tuple[Preset, ...] = ("optimistic", "neutral", "pessimistic")
    for preset in presets:
        result = results.get(preset)
        runs.append(
            UnderPreset(
                preset=preset,
                result=None if result is None else Decimal(result),
                fills=2,
                round_trips=1,
            )
        )
    return Band(tuple(runs))


def test_under_its_own_preset_a_session_is_itself(recorded: Path) -> None:
    """To the last digit; the most severe makes another result of the same decisions."""
    story = story_of(recorded)
    band = repeat(recorded, story)

    assert band is not None
    assert ["optimistic", "neutral", "pessimistic"] == [run.preset for run in band.runs]
    neutral = band.runs[1]
    assert (story.result_net, len(story.fills)) == (neutral.result, neutral.fills)
    assert neutral.result != band.runs[2].result


def test_a_session_s_own_settings_do_not_matter(recorded: Path) -> None:
    """What the session assumed beside a preset is left out: the presets are whole."""
    story = story_of(recorded)
    setup = story.opening.setup
    execution = replace(
        setup.config.execution, maker_model="touch", latency_ms_min=400.0, latency_ms_max=500.0
    )
    other = structs.replace(setup, config=replace(setup.config, execution=execution))
    object.__setattr__(story, "opening", structs.replace(story.opening, setup=other))

    assert repeat(recorded, story) == repeat(recorded, story_of(recorded))


def test_facts_of_the_venue_stay() -> None:
    """Fees and the like are no assumptions: every such field is the session's under a preset."""
    default = ExecutionConfig()
    facts = {each.name: getattr(default, each.name) for each in fields(default)}
    changed = {
        name: not fact if isinstance(fact, bool) else fact + 1
        for name, fact in facts.items()
        if isinstance(fact, bool | float)
    }
    asked = ExecutionConfig(**changed)  # type: ignore[arg-type]  # their own kinds, by name

    kept = _assuming(asked, "pessimistic")

    assert len(changed) == len([fact for fact in facts.values() if fact is not None]) - 1
    assert changed == {name: getattr(kept, name) for name in changed}
    assert "pessimistic" == kept.preset


def test_what_did_not_run_to_its_end_is_not_repeated(tmp_path: Path, recorded: Path) -> None:
    """A killed one, a crashed one, one too long or pruned, one that wanted nothing; all say so."""
    for write in (told_scenarios.killed, told_scenarios.crash, told_scenarios.opening_only):
        path = write(tmp_path / f"{write.__name__}.db")
        assert Band((), "it did not run to its end") == repeat(path, story_of(path))
    long = story_of(recorded)
    object.__setattr__(long, "records", RECORDS_MOST + 1)
    too_long = repeat(recorded, long)
    assert "2,000,001 records are more than the 2,000,000 that are run again" == too_long.why_not
    assert "what it heard was dropped from its journal" == (
        repeat(recorded, story_of(recorded), 7).why_not
    )
    idle = record(tmp_path / "idle.db", strategy="hold")
    assert story_of(idle).ending.outcome in {Outcome.NO_TRADES, Outcome.DEGRADED}
    assert Band((), "it wanted nothing") == repeat(idle, story_of(idle))


@pytest.mark.parametrize(
    ("band", "touch_only"),
    [
        (banded(optimistic="1", neutral="-1", pessimistic="-2"), True),
        (banded(optimistic="1", neutral="0", pessimistic=None), True),
        (banded(optimistic="1", neutral="0.5", pessimistic="-2"), False),
        (banded(optimistic="-1", neutral="-1", pessimistic="-2"), False),
        (banded(optimistic=None, neutral=None, pessimistic=None), False),
    ],
)
def test_a_gain_at_the_touch_alone_is_called_so(
    tmp_path: Path, band: Band, *, touch_only: bool
) -> None:
    """In the verdict's sentence, which else names the band; an unknown result is no gain."""
    path = told_scenarios.one_trade(tmp_path / "journal.db")
    with JournalReader(path) as reader:
        story = fold_session(reader)
        findings = find(story, read_tape(reader), band)
    judgement = judge(story, findings, "")

    assert touch_only is band.is_touch_only
    assert touch_only is ("no result, for it lives on fills at the touch" in judgement.sentence)
    is_told = any(run.result is not None for run in band.runs) and not touch_only
    assert is_told is ("Under the presets" in judgement.sentence)


def test_the_list_and_the_summary_have_every_run(recorded: Path) -> None:
    """Each preset with its result, fills and round trips; nothing where there is no band."""
    with JournalReader(recorded) as reader:
        story = fold_session(reader)
        findings = find(story, read_tape(reader), repeat(recorded, story))
    summary = summarise(story, findings, judge(story, findings, ""))
    listed = band_list(findings.band, "USDT")

    assert summary.presets is not None
    assert {"optimistic", "neutral", "pessimistic"} == set(summary.presets)
    assert summary.result_net == summary.presets["neutral"].result_net
    assert ["optimistic", "neutral", "pessimistic"] == [entry.name for entry in listed]
    assert () == band_list(None, "USDT")
    (why,) = band_list(Band((), "it wanted nothing"), "USDT")
    assert ("Not run again", "it wanted nothing") == (why.name, why.note)
    assert assess(recorded, "").summary.presets is None
