"""Follows a fault script: which faults are on at an instant, and what they do, in script order."""

from __future__ import annotations

import logging
from collections import Counter
from random import Random
from typing import Final
from urllib.parse import urlsplit

from trading.exchange.faults import pushes, replies
from trading.exchange.outbound import PushFrame, Reply, Strike
from trading.model.fault_script import KINDS, Event, Fault, Script

_log: Final = logging.getLogger(__name__)
_CLOSED: Final = frozenset({"refuse", "maintenance"})
"""Faults during which no stream is opened."""


class _Spell:
    """One fault of the script, and when it is on; its begin and its end are told once."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.start_ns: int | None = None
        self._told = 0

    def happen(self, event: Event, number: int, now_ns: int) -> None:
        """Fix when the fault begins, if this is the event it waits for."""
        if (event, number) == (self.fault.event, self.fault.number):
            self.start_ns = now_ns + self.fault.after_ns

    def is_begun(self, now_ns: int) -> bool:
        return self.start_ns is not None and now_ns >= self.start_ns

    def is_over(self, now_ns: int) -> bool:
        lasts_ns = self.fault.duration_ns
        return self.is_begun(now_ns) and lasts_ns is not None and self._over(now_ns, lasts_ns)

    def _over(self, now_ns: int, lasts_ns: int) -> bool:
        return now_ns >= (self.start_ns or 0) + lasts_ns

    def is_on(self, now_ns: int) -> bool:
        return self.is_begun(now_ns) and not self.is_over(now_ns)

    def news(self, now_ns: int) -> str:
        """Return what has become of it since the last question: begins, is over, or nothing."""
        if self._told == 0 and self.is_begun(now_ns):
            self._told = 1
            return "begins"
        if self._told == 1 and self.is_over(now_ns):
            self._told = 2
            return "is over"
        return ""


class Faulty:
    """An outbound that lets go wrong what its script says; everything else goes out as it is."""

    def __init__(self, script: Script, *, start_ns: int, seed: int) -> None:
        """Begin at the market's opening; what is random follows from the seed."""
        self._spells = [_Spell(fault) for fault in script]
        self._memory = pushes.Memory(Random(f"{seed} pushes"))
        self._chance = Random(f"{seed} replies")
        self._seen: Counter[Event] = Counter()
        lags = (fault.amount for fault in script if fault.kind in pushes.LATE)
        self._lag_ns = max(lags, default=0.0)
        self._happen("opening", start_ns)

    def push(self, frame: PushFrame) -> tuple[bytes, ...]:
        """Return what is really sent in place of a stream's frame."""
        bodies: tuple[bytes, ...] = (frame.body,)
        stream = self._memory.stream(frame)
        is_touched = False
        for fault in self._on(frame.ns):
            change = pushes.CHANGES.get(fault.kind)
            if change is not None:
                bodies, is_touched = change(fault, frame, bodies, self._memory), True
        if not is_touched and stream.held is not None:
            stream.held = None  # held back by a fault that is over: it would be out of order now
        stream.remember(frame, self._lag_ns)
        return bodies

    def reply(self, target: str, reply: Reply, now_ns: int) -> Reply:
        """Return what is really answered to a GET of ``target`` (path and query)."""
        self._happen("request", now_ns)
        for fault in self._on(now_ns):
            change = replies.CHANGES.get(fault.kind)
            if change is not None:
                reply = change(fault, urlsplit(target).path, reply, self._chance)
        return reply

    def opens(self, now_ns: int) -> bool:
        """Take note of a stream connection that is asked for; tell whether it may be opened."""
        if any(fault.kind in _CLOSED for fault in self._on(now_ns)):
            return False
        self._happen("connection", now_ns)
        return True

    def strikes(self, now_ns: int) -> tuple[Strike, ...]:
        """Return what befalls all connections now; each strike comes once."""
        found: list[Strike] = []
        for spell in self._spells:
            news = spell.news(now_ns)
            if news:
                _log.info("fault %s: %s", news, spell.fault.text)
            if news == "begins" and not KINDS[spell.fault.kind].lasts:
                found.append("drop" if spell.fault.kind == "drop" else "half-open")
        return tuple(found)

    def clock_offset_ns(self, now_ns: int) -> int:
        """Return by how much the venue's clock is off."""
        return sum(round(f.amount) for f in self._on(now_ns) if f.kind == "clock")

    def _on(self, now_ns: int) -> list[Fault]:
        return [spell.fault for spell in self._spells if spell.is_on(now_ns)]

    def _happen(self, event: Event, now_ns: int) -> None:
        self._seen[event] += 1
        for spell in self._spells:
            spell.happen(event, self._seen[event], now_ns)
