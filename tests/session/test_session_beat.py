"""Looking at a session does not move it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.recorded_session import OPENED_NS, begin, feed, frames, hedged, opening
from trading.io.process import ProcessFacts
from trading.journal.machine import Machine
from trading.journal.state import state_digest
from trading.session.heartbeat import Progress, progress_of


def beat_of(machine: Machine) -> Progress:
    """Return a beat of a machine as it stands."""
    return progress_of(
        machine.engine,
        ProcessFacts(),
        attempt=1,
        beat=1,
        sequence=1,
        now_ns=OPENED_NS,
        loop_lag_ms=0.0,
    )


def test_a_beat_tells_both_positions_of_hedge_mode(tmp_path: Path) -> None:
    """Nothing, one of them, or both: each with its size and its price."""
    recorder = begin(tmp_path / "journal.db", hedged())
    told = set()
    for item in frames(60):
        feed(recorder, [item])
        told.add(beat_of(recorder.machine).position)
    recorder.journal.close()

    one = r"(long|short) [\d.]+ BTCUSDT at [\d.]+, liquidated at [\d.]+"
    assert "flat" in told
    assert any(re.fullmatch(one, each) for each in told)
    assert any(re.fullmatch(f"{one}; {one}", each) for each in told)


def test_a_beat_changes_nothing(tmp_path: Path) -> None:
    """At the very start, and while trading, the state after a beat is the state before it."""
    recorder = begin(tmp_path / "journal.db", opening(minutes=2.0))
    items = list(frames(20))
    seen = set()
    told = set()
    for item in items:
        before = state_digest(recorder.machine)
        beat = beat_of(recorder.machine)
        assert before == state_digest(recorder.machine)
        seen.add(beat.fills)
        told.add((beat.position == "flat", ", liquidated at " not in beat.position))
        feed(recorder, [item])

    assert {0, 1, 2} <= seen
    assert {(True, True), (False, False)} == told
    recorder.journal.close()
