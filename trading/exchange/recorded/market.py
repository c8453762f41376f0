"""The recorded market: a tape brought to life, instant by instant.

The book is rebuilt from snapshot and diffs (or taken whole), prints come at their own times. Mark,
index and funding come from the tape's mark-price messages where it has them; otherwise the index
is taken to be the mid, the mark follows by the venue's formula, and the funding rate is the
formula's or the one that was given. When the tape ends, the market stands still for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from trading.errors import FeedError
from trading.exchange.book import Book, BookSide
from trading.exchange.contract import plain
from trading.exchange.market import FormulaMark, Print, Record
from trading.exchange.recorded.tape import (
    Levels,
    Tape,
    TapeBook,
    TapeDiff,
    TapeEvent,
    TapeMark,
    TapeTrade,
    in_order,
)
from trading.model.numbers import NS_PER_S

_INTEREST: Final = Decimal("0.0001")


class RecordedMarket:
    """One tape's market."""

    def __init__(self, tape: Tape, *, seed: int, funding_rate: Decimal | None) -> None:
        """Stand at the tape's first stamp; ``funding_rate`` only for tapes that record none."""
        facts = tape.facts
        self.end_ns: int = facts.end_ns
        self.record = Record(
            facts.contract,
            seed=seed,
            start_ns=facts.start_ns,
            price_ticks=facts.first_price,
            estimate=_INTEREST if funding_rate is None else funding_rate,
        )
        self.book = Book()
        self._events: Iterator[TapeEvent] = in_order(tape.events())
        self._next = next(self._events, None)
        self._update_id = 0
        self._prints: list[Print] = []
        self._formula = None if facts.has_mark else FormulaMark(self.record, rate=funding_rate)
        self._sample_ns = (facts.start_ns // NS_PER_S + 1) * NS_PER_S

    def advance(self, to_ns: int) -> list[Print]:
        """Play the tape up to a market time and return the prints since the last advance.

        Raises:
            FeedError: when the tape cannot be read on, or has a gap in its diffs.
        """
        to_ns = min(to_ns, self.end_ns)
        while True:
            event = self._next
            if (
                self._formula
                and self._sample_ns <= to_ns
                and (event is None or event.ns > self._sample_ns)
            ):
                self._sample(self._formula)
            elif event is not None and event.ns <= to_ns:
                self._apply(event)
                self._next = next(self._events, None)
            else:
                break
        self.record.move_to(max(to_ns, self.record.now_ns))
        prints, self._prints = self._prints, []
        return prints

    def _sample(self, formula: FormulaMark) -> None:
        """Take the formula's sample of this second, once the book is known."""
        if self.book.is_known():
            mid = self.book.mid() * self.record.contract.tick
            formula.sample(self._sample_ns, mid=mid, index=mid)
        self._sample_ns += NS_PER_S

    def _apply(self, event: TapeEvent) -> None:
        """Let one event of the tape happen."""
        content = event.content
        match content:
            case TapeTrade():
                self.record.add_print(event.ns, content.price, content.quantity)
                self._prints.append(
                    Print(event.ns, content.price, content.quantity, content.is_buy)
                )
            case TapeBook():
                self.book.bids.replace(content.bids)
                self.book.asks.replace(content.asks)
                self._update_id = content.last_id
            case TapeDiff():
                self._change(content)
            case TapeMark():
                self._mark(event.ns, content)

    def _change(self, diff: TapeDiff) -> None:
        """Apply a depth diff that follows on what the book already holds.

        Source: the recorded venue's rule (bitunix.md 6): drop what the snapshot has; the first
        diff after it spans its id; from then on ``pu`` is the previous ``u``.
        """
        if not self.book.is_known() or diff.last_id < self._update_id:
            return
        follows = diff.previous_id == self._update_id
        spans_snapshot = diff.first_id <= self._update_id <= diff.last_id
        if not (follows or spans_snapshot):
            raise FeedError(
                f"tape: expected the depth diff after update {self._update_id}, was one after "
                f"{diff.previous_id}: the recording has a gap"
            )
        _set(self.book.bids, diff.bids)
        _set(self.book.asks, diff.asks)
        self._update_id = diff.last_id

    def _mark(self, ns: int, message: TapeMark) -> None:
        """Take a mark-price message; the first one at or after a settlement tells its rate.

        Source: data README and realism.md 2: rate and mark of a settlement are broadcast with
        the first message after its instant (measured: 10 ms), still naming it as the next one.
        """
        funding = self.record.funding
        self.record.add_mark(ns, mark=float(message.mark_price), index=float(message.index_price))
        funding.estimate = message.rate
        if ns >= funding.next_ns:
            funding.settle(rate=message.rate, mark=plain(message.mark_price))
        if message.next_funding_ns > ns:
            funding.next_ns = message.next_funding_ns


def _set(side: BookSide, levels: Levels) -> None:
    """Set the changed levels of one side."""
    for price, size in levels:
        side.set(price, size)
