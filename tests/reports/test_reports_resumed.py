"""A session that was resumed has the report of its un-killed twin, but for the marks of it."""

from pathlib import Path

import pytest
from msgspec import structs

from reports.session import Assessed, assess
from tests.support.recorded_session import begin, feed, frames, opening
from trading.journal.store import JournalReader
from trading.model.events import SessionResumed
from trading.model.numbers import NS_PER_MS
from trading.session.resume import resume

MARKED = ("attempts", "timeline", "feed", "digest", "records")
"""What tells of a resume and of the millisecond nobody listened in; nothing else may."""


def lived(path: Path, *, killed_after_s: float | None) -> Assessed:
    """Return a minute's session; killed, it is resumed before the next frame comes."""
    recorder = begin(path, opening())
    heard = list(frames(85))
    if killed_after_s is not None:
        first = list(frames(killed_after_s))
        feed(recorder, first)
        recorder.journal.close()
        with JournalReader(path) as reader:
            recorder = resume(reader).recorder
        last_ns = recorder.received_ns
        recorder.event(SessionResumed(last_ns + NS_PER_MS, 2, last_ns))
        heard = heard[len(first) :]
    feed(recorder, heard)
    recorder.close()
    return assess(path, "")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    """The session nobody killed."""
    return lived(tmp_path_factory.mktemp("twin") / "journal.db", killed_after_s=None)


@pytest.mark.parametrize("killed_after_s", [8.2, 17.0, 30.0, 44.7, 59.9])
def test_a_resumed_session_reports_what_its_twin_does(
    killed_after_s: float, twin: Assessed, tmp_path: Path
) -> None:
    """Every number, fill, order and sample, wherever it was; only what marks the gap differs."""
    killed = lived(tmp_path / "killed.db", killed_after_s=killed_after_s)

    assert len(twin.story.trips) > 4
    assert 1 == len(killed.story.attempts)
    for name in twin.story.__dataclass_fields__:
        if name not in MARKED:
            assert getattr(twin.story, name) == getattr(killed.story, name), name
    assert twin.findings == killed.findings
    marks = {"resumed", "data", "concerns", "verdict", "journal_digest", "records"}
    told = [structs.asdict(each.summary) for each in (twin, killed)]
    assert marks >= {name for name in told[0] if told[0][name] != told[1][name]}
    assert ("The process was replaced 1 time; it did not hear all of the market.",) == tuple(
        set(killed.summary.concerns) - set(twin.summary.concerns)
    )
