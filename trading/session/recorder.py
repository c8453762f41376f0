"""Machine and journal joined: every input is applied, recorded, and only then acted on.

A step that moves an order, money, a halt or a control word is on the disk before anyone sees it;
quiet steps share a commit for a few tens of milliseconds.
"""

from __future__ import annotations

from typing import Final

import msgspec

from trading.errors import JournalCorrupt
from trading.journal.machine import Machine
from trading.journal.record import (
    Closing,
    RecordKind,
    encode_event,
    encode_outputs,
    encode_reply,
)
from trading.journal.store import JournalReader, JournalWriter
from trading.model.events import (
    CandleClosed,
    CandlesRequested,
    ConnectionNoted,
    EquityMarked,
    FeedStageChanged,
    FundingHistoryRequested,
    MessageIgnored,
    Output,
    ReconnectRequested,
    ShellInput,
)
from trading.venues.base import RestRequest

QUIET: Final = frozenset(
    {
        CandleClosed,
        CandlesRequested,
        ConnectionNoted,
        EquityMarked,
        FeedStageChanged,
        FundingHistoryRequested,
        MessageIgnored,
        ReconnectRequested,
    }
)
"""Outputs that move no order and no money: their commit may wait for its neighbours."""


class Recorder:
    """The one writer of a session: applies inputs and keeps the record of them."""

    __slots__ = ("journal", "machine", "received_ns")

    def __init__(self, machine: Machine, journal: JournalWriter, received_ns: int) -> None:
        """Join a machine and the journal that stands where the machine stands."""
        self.machine = machine
        self.journal = journal
        self.received_ns = received_ns
        """Session time of the newest record."""

    def frame(self, data: bytes, received_ns: int) -> tuple[Output, ...]:
        """Apply and record a frame."""
        outputs = self.machine.frame(data, received_ns)
        self._record(RecordKind.FRAME, received_ns, data, outputs)
        return outputs

    def reply(self, request: RestRequest, body: bytes, received_ns: int) -> tuple[Output, ...]:
        """Apply and record a REST reply."""
        outputs = self.machine.reply(request, body, received_ns)
        self._record(RecordKind.REPLY, received_ns, encode_reply(request, body), outputs)
        return outputs

    def event(self, event: ShellInput) -> tuple[Output, ...]:
        """Apply and record something of the shell's own."""
        outputs = self.machine.event(event)
        self._record(RecordKind.EVENT, event.received_ns, encode_event(event), outputs)
        return outputs

    def close(self) -> None:
        """Write the closing record, durably, and let go of the file."""
        closing = msgspec.json.encode(Closing(head=self.machine.engine.head()))
        self.journal.append(RecordKind.CLOSING, self.received_ns, closing, b"")
        self.journal.close()

    def _record(
        self, kind: RecordKind, received_ns: int, data: bytes, outputs: tuple[Output, ...]
    ) -> None:
        self.received_ns = received_ns
        if not outputs:
            self.journal.append(kind, received_ns, data, b"")
            return
        self.journal.append(kind, received_ns, data, encode_outputs(outputs))
        if any(type(output) not in QUIET for output in outputs):
            self.journal.commit(is_durable=True)


def resume(reader: JournalReader, machine: Machine) -> Recorder:
    """Bring a machine to where a journal ends, checking every record on the way, and go on.

    Raises:
        JournalCorrupt: when a record does not match its digest, or no longer gives the outputs
            it gave; nothing is written then.
    """
    sequence, digest, received_ns = -1, b"", 0
    for record in reader.checked():
        outputs = machine.again(record.kind, record.input, record.received_ns)
        if outputs != record.outputs:
            raise JournalCorrupt(
                str(reader.path),
                record.sequence,
                "running it again gives other outputs: this is other code than wrote it",
            )
        sequence, digest, received_ns = record.sequence, record.digest, record.received_ns
    return Recorder(machine, JournalWriter.reopen(reader.path, sequence, digest), received_ns)
