"""One pass over a journal's inputs: quotes, and what the tape says of every fill.

Reads the bytes again with the venue's codec; knows nothing of the engine that acted on them. Books
that are crossed, empty, or older than one before are left out of the quotes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from reports.story import SessionStory
from reports.tape.ages import AgesFold, Seen
from reports.tape.path import PricePath
from reports.tape.witness import Grade, Witness
from trading.engine.setup import EngineSetup
from trading.journal.record import Record, RecordKind, decode_outputs, decode_reply
from trading.journal.store import JournalReader
from trading.market.feed_health import FeedHealth
from trading.model.events import (
    BookUpdate,
    CandleClosed,
    CandleUpdate,
    Input,
    MarkPrice,
    OrderFilled,
    PublicTrade,
)
from trading.model.numbers import NS_PER_S
from trading.venues.base import Venue
from trading.venues.registry import venue_named

_TELLING = (b'"OrderFilled"', b'"CandleClosed"')
"""Outputs without one of these tags have nothing to do with fills."""


@dataclass(slots=True)
class Quotes:
    """Middles of one symbol's book: when they came (session time), their own stamp, the price."""

    received: array[int] = field(default_factory=lambda: array("q"))
    stamped: array[int] = field(default_factory=lambda: array("q"))
    middles: array[float] = field(default_factory=lambda: array("d"))

    def see(self, book: BookUpdate) -> None:
        """Add a book's middle."""
        if not book.bids or not book.asks or book.asks[0][0] <= book.bids[0][0]:
            return
        if self.stamped and book.exchange_ns < self.stamped[-1]:
            return
        self.received.append(book.received_ns)
        self.stamped.append(book.exchange_ns)
        self.middles.append((book.bids[0][0] + book.asks[0][0]) / 2)

    def by_stamp(self) -> PricePath | None:
        """Return the middles in the venue's time; None where there is none."""
        return self._path(self.stamped)

    def by_session(self) -> PricePath | None:
        """Return the middles in session time."""
        return self._path(self.received)

    def _path(self, times: array[int]) -> PricePath | None:
        if not times:
            return None
        return PricePath.of_quotes(
            np.frombuffer(times, dtype=np.int64), np.frombuffer(self.middles, dtype=np.float64)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """What the inputs told. ``pruned``: how many of them were dropped to save space."""

    quotes: dict[str, Quotes]
    grades: dict[int, Grade]
    """By number of the fill."""
    pruned: int
    ages: dict[str, AgesFold] = field(default_factory=dict)
    """By symbol; empty where no channel was watched."""

    def path(self, story: SessionStory) -> PricePath | None:
        """Return the session's prices in session time: middles, or bars where there was no book."""
        quotes = self.quotes.get(story.config.symbol)
        return (quotes.by_session() if quotes else None) or _path_of_bars(story)


def read_tape(reader: JournalReader) -> Tape:
    """Read every input once.

    Raises:
        JournalError: when the journal cannot be read, or was written for a venue nobody knows.
    """
    venue = venue_named(reader.opening.venue)
    symbols = [each.symbol for each in reader.opening.setup.instruments]
    quotes = {symbol: Quotes() for symbol in symbols}
    witnesses = {symbol: Witness() for symbol in symbols}
    ages = _watched(reader.opening.setup)
    grades: dict[int, Grade] = {}
    pruned = 0
    for record in reader.records():
        pruned += record.pruned_bytes is not None
        for event in _told(record, venue):
            witness = witnesses.get(event.symbol)
            if witness is None:
                continue
            if ages and record.kind is RecordKind.FRAME:
                ages[event.symbol].see(event)
            if isinstance(event, MarkPrice):
                continue
            witness.see(event)
            if isinstance(event, BookUpdate):
                quotes[event.symbol].see(event)
        for fill in _fills(record, witnesses):
            grades[fill.fill_id] = witnesses[fill.symbol].judge(fill)
    return Tape(quotes=quotes, grades=grades, pruned=pruned, ages=ages)


def _watched(setup: EngineSetup) -> dict[str, AgesFold]:
    """Return what keeps the ages of every symbol; nothing where no channel was watched."""
    if not setup.channels:
        return {}
    feed, opened_ns = setup.config.feed, setup.opened_ns
    return {
        each.symbol: AgesFold(FeedHealth(each.symbol, setup.channels, feed, opened_ns))
        for each in setup.instruments
    }


def _told(record: Record, venue: Venue) -> Iterator[Seen]:
    """Yield what a record's input says of books, prints, bars and marks."""
    events: tuple[Input, ...] = ()
    if record.pruned_bytes is None:
        if record.kind is RecordKind.FRAME:
            events = venue.decode_frame(record.input, record.received_ns)
        elif record.kind is RecordKind.REPLY:
            request, body = decode_reply(record.input)
            events = venue.decode_reply(request, body, record.received_ns)
    for event in events:
        if isinstance(event, BookUpdate | PublicTrade | CandleUpdate | MarkPrice):
            yield event


def _fills(record: Record, witnesses: dict[str, Witness]) -> Iterator[OrderFilled]:
    """Yield a record's fills; its closed bars are shown to the witness on the way."""
    if not any(tag in record.outputs for tag in _TELLING):
        return
    for output in decode_outputs(record.outputs):
        if isinstance(output, CandleClosed):
            witnesses[output.symbol].see(output)
        elif isinstance(output, OrderFilled):
            yield output


def _path_of_bars(story: SessionStory) -> PricePath | None:
    """Return the session's own bars, each at its end, after the first one's opening price."""
    bars = sorted({bar.open_ns: bar for bar in story.bars}.values(), key=lambda bar: bar.open_ns)
    if not bars:
        return None
    first = bars[0]
    rows = [(first.open_ns, first.open, first.open, first.open)]
    rows += [
        (bar.open_ns + bar.interval_s * NS_PER_S, bar.low, bar.high, bar.close) for bar in bars
    ]
    times, low, high, close = zip(*rows, strict=True)
    return PricePath(np.array(times, np.int64), np.array(low), np.array(high), np.array(close))
