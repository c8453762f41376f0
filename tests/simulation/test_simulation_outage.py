"""A session whose process was away for longer than the feed may be silent."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.judge import complaints
from tests.support.recorded_session import OPENED_NS, begin, feed, frames, opening
from trading.journal.store import JournalReader
from trading.model.events import (
    ControlReceived,
    ControlWord,
    FeedConnected,
    SessionEnded,
    SessionResumed,
)
from trading.model.numbers import NS_PER_S
from trading.session.recorder import Recorder
from trading.session.resume import resume

AWAY_S = 90
HOLDING_NS = OPENED_NS + 7 * NS_PER_S
"""The strategy holds its first position then."""


def _resumed(path: Path) -> Recorder:
    """Return a session of which 20 seconds are on record, resumed after ``AWAY_S``."""
    recorder = begin(path, opening(minutes=3.0))
    feed(recorder, list(frames(20)))
    recorder.journal.close()
    with JournalReader(path) as reader:
        return resume(reader).recorder


def test_a_long_outage_is_no_silence_of_the_feed(tmp_path: Path) -> None:
    """Resumed with time left, it listens again; only a feed silent from then on ends it."""
    path = tmp_path / "journal.db"
    recorder = _resumed(path)
    last_ns = recorder.received_ns
    back_ns = last_ns + AWAY_S * NS_PER_S
    recorder.event(SessionResumed(back_ns, 2, last_ns))
    recorder.event(FeedConnected(back_ns + NS_PER_S, 1))
    later = [(frame, at_ns) for frame, at_ns in frames(210) if at_ns > back_ns + NS_PER_S]
    feed(recorder, later)
    recorder.close()

    assert [] == complaints(path)
    with JournalReader(path) as reader:
        (end,) = (output for output in reader.outputs() if isinstance(output, SessionEnded))
    assert "deadline" == end.reason


def test_an_interrupted_ending_gets_its_time_again(tmp_path: Path) -> None:
    """Killed while closing at the deadline, resumed a minute later: it still ends flat."""
    path = tmp_path / "journal.db"
    recorder = begin(path, opening(minutes=0.5))
    heard = list(frames(240))
    feed(recorder, [item for item in heard if item[1] < HOLDING_NS])
    assert recorder.machine.engine.head().positions
    recorder.event(ControlReceived(HOLDING_NS, ControlWord.STOP, "a test", "to end"))
    recorder.journal.close()
    with JournalReader(path) as reader:
        recorder = resume(reader).recorder
    back_ns = HOLDING_NS + AWAY_S * NS_PER_S
    recorder.event(SessionResumed(back_ns, 2, HOLDING_NS))
    recorder.event(FeedConnected(back_ns + NS_PER_S, 1))
    feed(recorder, [item for item in heard if item[1] > back_ns + NS_PER_S])
    recorder.close()

    assert [] == complaints(path)
    with JournalReader(path) as reader:
        closing = reader.closing()
    assert closing is not None
    assert () == closing.head.positions
