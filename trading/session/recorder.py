"""Machine and journal joined: every input is applied, recorded, and only then acted on.

A step that moves an order, money, a halt or a control word is on the disk before anyone sees it;
quiet steps share a commit for a few tens of milliseconds.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from trading.errors import PaperSessionError, SnapshotRefused
from trading.journal.machine import Machine
from trading.journal.record import (
    Closing,
    Predecessor,
    Record,
    RecordKind,
    SnapshotNote,
    encode_event,
    encode_outputs,
    encode_reply,
)
from trading.journal.snapshot import pack, unpack
from trading.journal.source import source_digest
from trading.journal.store import JournalWriter
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
from trading.model.numbers import NS_PER_S
from trading.session.register.face import AccountState, Checkpoint, Owned
from trading.session.register.files import LocalAccount
from trading.venues.base import RestRequest

SNAPSHOT_EVERY_RECORDS: Final = 1_000
SNAPSHOT_EVERY_NS: Final = 30 * NS_PER_S
"""Session time; whichever comes first. It bounds what a resume has to run again."""
REFUSED_TEXT_MAX: Final = 500
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

    __slots__ = (
        "_is_kept",
        "_is_proven",
        "_snapshot_ns",
        "_snapshot_sequence",
        "journal",
        "machine",
        "owned",
        "received_ns",
    )

    def __init__(
        self,
        machine: Machine,
        journal: JournalWriter,
        received_ns: int,
        *,
        since: tuple[int, int] | None = None,
    ) -> None:
        """Join a machine and the journal that stands where the machine stands.

        ``since``: sequence and time of the newest snapshot, where that is not here and now.
        """
        self.machine = machine
        self.journal = journal
        self.received_ns = received_ns
        """Session time of the newest record."""
        self.owned: Owned = LocalAccount()
        """The account it is written under; see ``belong_to``."""
        self._is_kept = True
        self._is_proven = False
        self._snapshot_sequence, self._snapshot_ns = since or (journal.sequence, received_ns)

    def belong_to(self, owned: Owned) -> None:
        """Write under this account alone: its register hears how far it is, and how it is left."""
        self.owned = owned
        self.journal.permit = owned.check

    @property
    def is_snapshot_due(self) -> bool:
        """Whether a resume would have to run more again than it should."""
        return self._is_kept and (
            self.journal.sequence - self._snapshot_sequence >= SNAPSHOT_EVERY_RECORDS
            or self.received_ns - self._snapshot_ns >= SNAPSHOT_EVERY_NS
        )

    def snapshot(self) -> None:
        """Keep the state after the newest record; where that cannot be, say so once and go on.

        The first one is loaded again at once: a strategy may hold what can be kept but not loaded.
        Duty of the caller: at leisure, when no input waits.
        """
        body: bytes | None = None
        try:
            body = pack(self.machine)
            if not self._is_proven:
                unpack(body, self.machine.engine.setup.config)
                self._is_proven = True
            note = SnapshotNote(sha256=hashlib.sha256(body).hexdigest(), bytes=len(body))
        except SnapshotRefused as error:
            self._is_kept, body = False, None
            note = SnapshotNote(sha256="", bytes=0, refused=str(error)[:REFUSED_TEXT_MAX])
        before = self.journal.digest
        self.journal.append_snapshot(self.received_ns, note, body)
        if body is not None and self.owned.keeps_checkpoints:
            self.journal.commit(is_durable=False)
            self.owned.keep(self._checkpoint(before, note, body))
        self._snapshot_ns = self.received_ns
        self._snapshot_sequence = self.journal.sequence

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
        """Write the closing record, durably, and let go of the file.

        The account's register hears first how the session leaves it, and may refuse: the journal
        of a session that lost its account never closes as if it had not.

        Raises:
            OwnershipLost: when the account is not ours any more; nothing is written then.
            RegisterError: when the register cannot be asked; likewise.
        """
        setup, head = self.machine.engine.setup, self.machine.engine.head()
        closing = msgspec.json.encode(Closing(head=head))
        self.journal.commit(is_durable=True)  # what the register is about to vouch for
        self.journal.append(RecordKind.CLOSING, self.received_ns, closing, b"")
        digest = self.journal.digest.hex()
        state = AccountState(
            head=head,
            predecessor=Predecessor(session_id=setup.session_id, digest=digest),
            source=setup.config.source,
            last_ns=self.received_ns,
        )
        try:
            self.owned.commit(state)
        except PaperSessionError:
            self.journal.let_go()
            raise
        self.journal.close()

    def _checkpoint(self, before: bytes, note: SnapshotNote, body: bytes) -> Checkpoint:
        """Return what the register keeps of the snapshot just recorded after ``before``."""
        setup = self.machine.engine.setup
        return Checkpoint(
            session_id=setup.session_id,
            config=setup.config,
            source_digest=source_digest(),
            schema=self.journal.schema,
            record=Record(
                sequence=self.journal.sequence,
                received_ns=self.received_ns,
                kind=RecordKind.SNAPSHOT,
                input=msgspec.json.encode(note),
                outputs=b"",
                digest=self.journal.digest,
            ),
            before=before,
            body=body,
        )

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
