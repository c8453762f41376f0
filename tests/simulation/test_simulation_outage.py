"""A session whose process was away for longer than the feed may be silent."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.judge import complaints
from tests.support.recorded_session import OPENED_NS, begin, feed, frames, opening
from trading.journal.store import JournalReader, JournalWriter
from trading.model.events import (
    AttemptStarted,
    CandleClosed,
    ControlReceived,
    ControlWord,
    FeedConnected,
    FeedLost,
    SessionEnded,
    SessionResumed,
    SessionStarted,
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


def test_a_session_resumed_after_its_deadline_says_so_first(tmp_path: Path) -> None:
    """Killed while flat, resumed too late: the attempt is on record, and then the end."""
    path = tmp_path / "journal.db"
    recorder = begin(path, opening(minutes=0.5, strategy="hold"))
    feed(recorder, list(frames(10)))
    recorder.journal.close()
    with JournalReader(path) as reader:
        recorder = resume(reader).recorder
    outputs = recorder.event(SessionResumed(OPENED_NS + 600 * NS_PER_S, 2, recorder.received_ns))
    recorder.close()

    kinds = [type(output) for output in outputs]
    assert (AttemptStarted, SessionEnded) == (kinds[0], kinds[-1])
    assert [] == complaints(path)


def test_a_session_killed_before_its_first_word_begins_with_it(tmp_path: Path) -> None:
    """Only the opening was safe: the next attempt first says that the session started."""
    path = tmp_path / "journal.db"
    JournalWriter.create(path, opening(minutes=0.5)).close()
    with JournalReader(path) as reader:
        recorder = resume(reader).recorder
    outputs = recorder.event(SessionResumed(OPENED_NS + NS_PER_S, 2, OPENED_NS))
    recorder.journal.close()

    assert [SessionStarted, AttemptStarted] == [type(output) for output in outputs[:2]]


def test_a_bar_not_wholly_heard_is_marked(tmp_path: Path) -> None:
    """Of the bars over an outage those that nobody heard whole say so, here and to strategies."""
    path = tmp_path / "journal.db"
    recorder = begin(path, opening(minutes=4.0, strategy="hold"))
    heard = list(frames(230))
    cut_ns, back_ns = OPENED_NS + 70 * NS_PER_S, OPENED_NS + 100 * NS_PER_S
    feed(recorder, [item for item in heard if item[1] < cut_ns])
    recorder.event(FeedLost(cut_ns, "a test"))
    recorder.event(FeedConnected(back_ns, 2))
    feed(recorder, [item for item in heard if item[1] > back_ns])
    recorder.journal.commit(is_durable=True)

    with JournalReader(path) as reader:
        bars = [output for output in reader.outputs() if isinstance(output, CandleClosed)]
    (market,) = recorder.machine.engine.markets.values()
    assert [True, False, True] == [bar.is_heard for bar in bars][:3]
    assert bars == list(market.candles.closed)
    recorder.journal.close()
