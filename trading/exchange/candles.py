"""Bars of every length, folded from prints; the newest one is still forming.

Knows nothing of the wire. Minutes are counted since 1970; asking about a minute the clock has not
reached is the caller's mistake.
"""

from __future__ import annotations

from typing import Protocol

from trading.exchange.history import HISTORY_MINUTES, Bar
from trading.exchange.intervals import Interval, bar_start, next_bar_start
from trading.model.numbers import NS_PER_MINUTE


class Past(Protocol):
    """Bars older than the first minute, by their age in minutes."""

    def bar(self, age: int) -> Bar:
        """Return the bar that starts ``age`` minutes before the first minute."""


class Candles:
    """The minute bars of one price series, and everything that is made of them."""

    def __init__(self, past: Past, *, start_ns: int, price_ticks: int) -> None:
        """Begin with a flat forming bar at the first price."""
        self._past = past
        self.first_minute = start_ns // NS_PER_MINUTE
        self._bars = [Bar(price_ticks)]
        self._folded: dict[Interval, tuple[int, int, Bar]] = {}
        self._day: tuple[int, Bar] | None = None

    @property
    def minute(self) -> int:
        """The minute that is forming."""
        return self.first_minute + len(self._bars) - 1

    @property
    def oldest_minute(self) -> int:
        """The first minute there is a bar for."""
        return self.first_minute - HISTORY_MINUTES

    def move_to(self, now_ns: int) -> None:
        """Let time pass: minutes without prints are flat at the last close."""
        while self.minute < now_ns // NS_PER_MINUTE:
            self._bars.append(Bar(self._bars[-1].close))

    def add(self, ns: int, price: int, quantity: int) -> None:
        """Take in a print; its time must not be before the forming minute."""
        self.move_to(ns)
        self._bars[-1].add(price, quantity)

    def bar(self, minute: int) -> Bar:
        """Return one minute's bar, from ``oldest_minute`` to ``minute``."""
        place = minute - self.first_minute
        return self._bars[place] if place >= 0 else self._past.bar(-place)

    def current(self, interval: Interval) -> Bar:
        """Return the forming bar of an interval."""
        start = max(bar_start(self.minute, interval), self.oldest_minute)
        known_start, upto, folded = self._folded.get(interval, (-1, 0, self._bars[-1]))
        if known_start != start:
            folded, upto = self.bar(start).copy(), start + 1
        for minute in range(upto, self.minute):
            folded.merge(self.bar(minute))
        if start == self.minute:
            return self._bars[-1].copy()
        self._folded[interval] = (start, self.minute, folded)
        whole = folded.copy()
        whole.merge(self._bars[-1])
        return whole

    def last_day(self) -> Bar:
        """Return the last 1,440 minutes as one bar, the forming minute included."""
        if self._day is None or self._day[0] != self.minute:
            closed = self.bar(self.minute - 1_439).copy()
            for minute in range(self.minute - 1_438, self.minute):
                closed.merge(self.bar(minute))
            self._day = (self.minute, closed)
        whole = self._day[1].copy()
        whole.merge(self._bars[-1])
        return whole

    def page(
        self, interval: Interval, *, from_minute: int, to_minute: int, limit: int
    ) -> list[tuple[int, Bar]]:
        """Return up to ``limit`` bars with their first minutes, newest first.

        The page ends at the bar that starts at or before ``to_minute`` and never reaches behind
        ``from_minute``: the most recent bars of the range, not its first ones.
        """
        rows: list[tuple[int, Bar]] = []
        start = bar_start(min(to_minute, self.minute), interval)
        while len(rows) < limit and start >= max(from_minute, self.oldest_minute):
            end = min(next_bar_start(start, interval), self.minute + 1)
            bar = self.bar(start).copy()
            for minute in range(start + 1, end):
                bar.merge(self.bar(minute))
            rows.append((start, bar))
            start = bar_start(start - 1, interval)
        return rows
