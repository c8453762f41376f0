"""Looking at a session does not move it."""

from __future__ import annotations

from pathlib import Path

from tests.support.recorded_session import OPENED_NS, begin, feed, frames, opening
from trading.io.process import ProcessFacts
from trading.journal.state import state_digest
from trading.session.heartbeat import progress_of


def test_a_beat_changes_nothing(tmp_path: Path) -> None:
    """At the very start, and while trading, the state after a beat is the state before it."""
    recorder = begin(tmp_path / "journal.db", opening(minutes=2.0))
    items = list(frames(20))
    seen = set()
    told = set()
    for item in items:
        before = state_digest(recorder.machine)
        beat = progress_of(
            recorder.machine.engine,
            ProcessFacts(),
            attempt=1,
            beat=1,
            sequence=recorder.journal.sequence,
            now_ns=OPENED_NS,
            loop_lag_ms=0.0,
        )
        assert before == state_digest(recorder.machine)
        seen.add(beat.fills)
        told.add((beat.position == "flat", ", liquidated at " not in beat.position))
        feed(recorder, [item])

    assert {0, 1, 2} <= seen
    assert {(True, True), (False, False)} == told
    recorder.journal.close()
