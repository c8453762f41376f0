"""How entries came about: their way to the venue, the age of what they were filled on."""

from dataclasses import replace
from pathlib import Path

from reports.entries import entries
from reports.fold import fold_session
from reports.story import SessionStory
from tests.support import told_scenarios
from tests.support.busy_session import busy_session
from trading.journal.store import JournalReader
from trading.model.numbers import NS_PER_MS
from trading.model.orders import OrderRole


def story_of(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


def test_every_round_trip_has_its_own_entry(tmp_path: Path) -> None:
    """Found at once for all, it is what looking through fills and orders finds for each."""
    story = story_of(busy_session(tmp_path / "journal.db"))
    found = entries(story)
    for place, trip in enumerate(story.trips):
        (fill,) = (
            each
            for each in story.fills
            if each.role is OrderRole.ENTRY and each.at_ns == trip.opened_ns
        )
        (order,) = (each for each in story.orders if each.order_id == fill.order_id)

        assert (order.arrival_ns - order.submitted_ns) / NS_PER_MS == found.latency_ms[place]
        assert (fill.at_ns - fill.exchange_ns) / NS_PER_MS == found.quote_age_ms[place]


def test_a_round_trip_without_its_entry_has_neither(tmp_path: Path) -> None:
    """A position taken over was entered in another journal; and no trip is no entry."""
    story = story_of(told_scenarios.one_trade(tmp_path / "journal.db"))
    found = entries(replace(story, fills=story.fills[1:]))
    idle = entries(story_of(told_scenarios.no_trades(tmp_path / "idle.db")))

    assert ((None,), (None,)) == (found.latency_ms, found.quote_age_ms)
    assert ((), ()) == (idle.latency_ms, idle.quote_age_ms)
