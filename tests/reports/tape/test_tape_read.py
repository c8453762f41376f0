"""Reading the tape: quotes as they came, and every fill of real sessions borne out by it."""

from pathlib import Path

import pytest

from reports.fold import fold_session
from reports.tape.read import Quotes, read_tape
from reports.tape.witness import Grade
from tests.support import told_scenarios
from tests.support.recorded_session import record
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.events import BookUpdate


def book(stamp_ns: int, bid: float, ask: float) -> BookUpdate:
    """Return a book of one level a side, received 5 ns after its stamp."""
    return BookUpdate("BTCUSDT", stamp_ns, stamp_ns + 5, ((bid, 1.0),), ((ask, 1.0),))


def test_quotes_have_both_times() -> None:
    """A middle at the venue's stamp and at ours; crossed, empty and late books are left out."""
    quotes = Quotes()
    quotes.see(book(10, 99.0, 101.0))
    quotes.see(book(20, 101.0, 101.0))
    quotes.see(BookUpdate("BTCUSDT", 25, 30, (), ((101.0, 1.0),)))
    quotes.see(book(9, 98.0, 101.0))
    quotes.see(book(30, 100.0, 102.0))
    stamped, received = quotes.by_stamp(), quotes.by_session()

    assert stamped is not None
    assert received is not None
    assert ([10, 30], [100.0, 101.0]) == (stamped.times.tolist(), stamped.close.tolist())
    assert [15, 35] == received.times.tolist()


def test_no_quotes_are_no_path() -> None:
    """Nothing heard is nothing to look up."""
    assert (None, None) == (Quotes().by_stamp(), Quotes().by_session())


def test_a_session_on_frames_is_borne_out(tmp_path: Path) -> None:
    """Every fill of a session over the real codec is on the book its journal holds."""
    with JournalReader(record(tmp_path / "journal.db")) as reader:
        story = fold_session(reader)
        tape = read_tape(reader)
    path = tape.path(story)

    assert path is not None
    assert len(story.fills) > 4
    assert {Grade.SEEN} == set(tape.grades.values())
    assert sorted(tape.grades) == [fill.fill_id for fill in story.fills]
    assert path.times.size == len(tape.quotes["BTCUSDT"].middles)
    assert 0 == tape.pruned


def test_without_a_book_the_bars_are_the_prices(tmp_path: Path) -> None:
    """A journal of bars only has a path of them: each at its end, after the first one's opening."""
    with JournalReader(told_scenarios.no_trades(tmp_path / "journal.db")) as reader:
        path = read_tape(reader).path(fold_session(reader))

    assert path is not None
    assert (Teller.ns(0), 86_400.0, 86_400.0) == (path.from_ns, path.low[0], path.high[0])
    assert (86_390.0, 86_413.0) == (path.low[1:].min(), path.high[1:].max())


def test_without_anything_there_is_no_path(tmp_path: Path) -> None:
    """A journal of an opening alone has no prices."""
    with JournalReader(told_scenarios.opening_only(tmp_path / "journal.db")) as reader:
        assert read_tape(reader).path(fold_session(reader)) is None


@pytest.mark.parametrize("word", ["OrderFilled", "CandleClosed"])
def test_the_tags_looked_for_are_the_journal_s(word: str, tmp_path: Path) -> None:
    """What decides whether outputs are read is how the journal writes them."""
    with JournalReader(told_scenarios.one_trade(tmp_path / "a.db")) as reader:
        written = b"".join(record.outputs for record in reader.records())
    with JournalReader(told_scenarios.no_trades(tmp_path / "b.db")) as reader:
        written += b"".join(record.outputs for record in reader.records())

    assert f'"type":"{word}"'.encode() in written
