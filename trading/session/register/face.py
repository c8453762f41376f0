"""The register of accounts: who owns one, what session is open in it, and how the last one left it.

On one machine the files in ``var/`` are the register (``files``): a lock of the operating system is
the ownership, the newest journal is the head. Over several machines a database is (``leases``): a
lease with a fencing token beside the lock, and a head that is written only under that token.
"""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.errors import JournalCorrupt
from trading.journal.record import Predecessor, Record, SnapshotNote


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its last closed session left it."""

    head: AccountHead
    predecessor: Predecessor | None
    source: str | None
    last_ns: int
    """Session time of the last record; 0 for a new account."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far an open session is: a snapshot record of its journal, and the state it vouches for.

    Whoever has to go on without the journal goes on from here, under the digest of the record.
    """

    session_id: str
    config: SessionConfig
    source_digest: str
    schema: int
    record: Record
    before: bytes
    """The digest of the record before it."""
    body: bytes

    def vouched(self) -> bytes:
        """Return the state, after holding it against the record, and the record against the chain.

        Raises:
            JournalCorrupt: when one of them is not what it is said to be.
        """
        where, sequence = f"the checkpoint of {self.session_id}", self.record.sequence
        if not self.record.follows(self.before, self.schema):
            raise JournalCorrupt(where, sequence, "its content does not match its digest")
        note = msgspec.json.decode(self.record.input, type=SnapshotNote)
        if hashlib.sha256(self.body).hexdigest() != note.sha256:
            raise JournalCorrupt(where, sequence, "the snapshot does not match its digest")
        return self.body


class Owned(Protocol):
    """An account that is ours, for as long as its ``with`` block lasts."""

    keeps_checkpoints: bool
    """Whether ``keep`` is of any use."""

    @property
    def open_session(self) -> str | None:
        """The session that was begun in the account and whose books are not closed; or None."""

    @property
    def newest_session(self) -> str | None:
        """The account's newest session, open or closed; None for a new account."""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """How far the open session is known to be, where that is not for its journal to tell."""

    def check(self) -> None:
        """Return if the account is still ours: nothing of it is written otherwise.

        Raises:
            OwnershipLost: when it is not, or when that cannot be found out in time.
        """

    def begin(self, session_id: str) -> None:
        """Enter a session that begins, or goes on, as the account's open one."""

    def keep(self, checkpoint: Checkpoint) -> None:
        """Remember how far the open session is; it is on record within the next renewal."""

    def commit(self, state: AccountState) -> None:
        """Write how the open session leaves the account.

        Raises:
            OwnershipLost: when the account is not ours any more; nothing is written then.
        """

    def drop(self) -> None:
        """Forget the open session: the account stands where the session before it left it."""

    async def hold(self) -> None:
        """Keep the account ours until cancelled.

        Raises:
            OwnershipLost: when that fails.
        """


class Register(Protocol):
    """What is known of all accounts."""

    def own(self, account: str, who: str) -> AbstractContextManager[Owned]:
        """Return the right to trade an account, taken with ``with``, at once or not at all.

        Raises, when it is taken:
            AccountLocked: when somebody else has it.
            RegisterError: when the register cannot be asked.
        """

    def look(self, account: str, who: str) -> None:
        """Return if nobody owns the account just now.

        Raises:
            AccountLocked: when somebody does.
            RegisterError: when the register cannot be asked.
        """

    def state(self, account: str) -> AccountState | None:
        """Return how the account stands; None for a new one.

        Raises:
            JournalError: when its last session never closed: that must be settled first.
            RegisterError: when the register cannot be asked.
        """

    def time_ns(self, account: str) -> int:
        """Return the session time an account has come to, closed or not; 0 for a new one."""

    def words(self, account: str) -> list[bytes]:
        """Return what persons have said to the account's latches, a line each, oldest first."""

    def add_words(self, account: str, lines: list[bytes]) -> None:
        """Keep what a person says to the account's latches; durable on return."""
