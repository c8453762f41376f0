"""The session as a page: everything a newcomer asks, from the beat and the journal's end."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tasks.live_page import FILLS_SHOWN, LastFills, page
from tests.support.beats import BEAT
from tests.support.recorded_session import begin, feed, frames, opening
from trading.journal.store import JournalReader
from trading.model.events import OrderFilled
from trading.session.paths import SessionPaths


def test_a_page_says_how_things_stand() -> None:
    """Paper first; equity, position, entries, data, time left; what is unknown says so."""
    text = page(msgspec.structs.replace(BEAT, attempt=2, remaining_s=450.0), ())

    assert text.startswith("**PAPER** session `20261121T040000Z-BTCUSDT-pulse-3f9a`, attempt 2, ")
    for row in (
        "| equity | 10,012.35 USDT |",
        "| position | long 0.05 BTCUSDT at 86500.10, liquidated at 69632.6 |",
        "| entries | open |",
        "| market data | 0.1 s old |",
        "| time left | 7.5 min |",
    ):
        assert row in text
    assert "No fills yet." in text
    unknown = page(msgspec.structs.replace(BEAT, equity=None, feed_age_ms=None), ())
    assert "| equity | unknown |" in unknown
    assert "| market data | nothing heard |" in unknown


def test_fills_come_from_a_journal_that_is_being_written(tmp_path: Path) -> None:
    """Each look goes on where the last ended, and to its own record; the newest are on top."""
    opened = opening()
    paths = SessionPaths(var_dir=tmp_path, account="default", session_id=opened.setup.session_id)
    paths.folder.mkdir(parents=True)
    recorder = begin(paths.journal, opened)
    last = LastFills(paths)
    feed(recorder, list(frames(30)))
    recorder.journal.commit(is_durable=False)
    assert last.read(upto=0) == ()
    early = last.read(upto=recorder.journal.sequence)
    assert early
    feed(recorder, list(frames(90))[len(list(frames(30))) :])
    recorder.close()
    late = last.read(upto=recorder.journal.sequence)

    with JournalReader(paths.journal) as reader:
        fills = [each for each in reader.outputs() if isinstance(each, OrderFilled)]
    assert list(late) == fills[: -FILLS_SHOWN - 1 : -1]
    assert early[0] in fills
    assert f"| {fills[-1].role} | {fills[-1].side} |" in page(BEAT, late)
    assert page(BEAT, late).index(str(fills[-1].price)) > 0
