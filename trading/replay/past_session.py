"""A session's journal as a feed: what it heard, heard again by another strategy or setting.

Frames, replies and the shell's own events come at the times they came; timers and control words
do not: timers are the replay's own, and what a person once said was said to another session. What
the past session never asked for is not there: a settlement it held nothing over stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trading.config import AnySource
from trading.journal.record import RecordKind, decode_event, decode_reply
from trading.journal.store import JournalReader
from trading.model.events import ControlReceived, PolicyReceived, TimerFired
from trading.replay.feed import Heard
from trading.venues.base import RestRequest


class PastSession:
    """One recorded session."""

    def __init__(self, path: Path, *, most_ns: int | None = None) -> None:
        """Read the opening; ``most_ns`` ends the replay before the session ended.

        Raises:
            JournalError: when it is no readable journal.
        """
        self._path = path
        with JournalReader(path) as reader:
            opening = reader.opening
        setup = opening.setup
        self.source: AnySource = setup.config.source
        self.venue = opening.venue
        self.channels = setup.channels
        self.instrument = setup.instruments[0]
        self.start_ns = setup.opened_ns
        self.end_ns = setup.deadline_ns
        if most_ns is not None:
            self.end_ns = min(self.end_ns, self.start_ns + most_ns)
        self.origin = {"journal": str(path), "session": setup.session_id}

    def heard(self) -> Iterator[Heard]:
        """Yield what the session heard, after checking each record's digest.

        Raises:
            JournalError: at the first record that is not what was written, or was pruned.
        """
        with JournalReader(self._path) as reader:
            for record in reader.checked():
                match record.kind:
                    case RecordKind.FRAME:
                        yield record.received_ns, reader.heard(record)
                    case RecordKind.REPLY:
                        yield record.received_ns, decode_reply(reader.heard(record))
                    case RecordKind.EVENT:
                        event = decode_event(record.input)
                        if not isinstance(event, TimerFired | ControlReceived | PolicyReceived):
                            yield record.received_ns, event
                    case RecordKind.OPENING | RecordKind.CLOSING:
                        continue

    def answer(self, request: RestRequest, now_ns: int) -> bytes | None:
        """Return None: its replies come when they came."""
        return None
