"""The register of one machine: the files in ``var/``. It needs no database.

The lock file is the ownership, and the kernel takes it back from whoever dies; the newest session's
journal is the head, so there is nothing to write that the journal does not hold.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from trading.errors import ConfigError, JournalError
from trading.io.lock import AccountLock
from trading.journal.record import Predecessor
from trading.journal.store import JournalReader
from trading.session.paths import SessionPaths, latest_session
from trading.session.register.face import AccountState, Checkpoint

STORE_ENVIRONMENT: Final = "PAPER_SESSION_STORE"
"""Environment variable that names the database of accounts; unset: they are kept in files."""


def state_in(journal: Path) -> AccountState | None:
    """Return how a session left its account, by its journal; None while its books are open.

    Raises:
        JournalError: when the journal cannot be read.
    """
    with JournalReader(journal) as reader:
        closing = reader.closing()
        if closing is None:
            return None
        record, setup = reader.last(), reader.opening.setup
    return AccountState(
        head=closing.head,
        predecessor=Predecessor(session_id=setup.session_id, digest=record.digest.hex()),
        source=setup.config.source,
        last_ns=record.received_ns,
    )


class LocalAccount:
    """An account that is ours by its lock file: who holds it cannot lose it but by dying."""

    keeps_checkpoints = False
    checkpoint: Checkpoint | None = None

    def __init__(self, last: SessionPaths | None = None) -> None:
        """Name the account's newest session; None for a new account."""
        self._last = last

    @property
    def newest_session(self) -> str | None:
        """The account's newest session."""
        return self._last.session_id if self._last else None

    @property
    def open_session(self) -> str | None:
        """Its newest session, while its journal has no closing record."""
        if self._last is None or state_in(self._last.journal) is not None:
            return None
        return self._last.session_id

    def check(self) -> None:
        """Do nothing: the lock is held."""

    def begin(self, session_id: str) -> None:
        """Do nothing: the journal is there, and ``latest`` names it."""

    def keep(self, checkpoint: Checkpoint) -> None:
        """Do nothing: the journal has its snapshots."""

    def commit(self, state: AccountState) -> None:
        """Do nothing: the closing record is the head."""

    def drop(self) -> None:
        """Do nothing: a journal cannot be unwritten."""

    async def hold(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()


class FileRegister:
    """What the folder of all sessions knows."""

    def __init__(self, var_dir: Path) -> None:
        """Name the folder of all sessions."""
        self._var_dir = var_dir

    @contextmanager
    def own(self, account: str, who: str) -> Iterator[LocalAccount]:
        """Hold the account's lock."""
        with AccountLock(self._folder(account) / "lock", who):
            self._check_kept_here(account)
            yield LocalAccount(latest_session(self._var_dir, account))

    def look(self, account: str, who: str) -> None:
        """Take the account's lock for a moment; nobody owns an account that has no folder."""
        if self._folder(account).is_dir():
            with AccountLock(self._folder(account) / "lock", who):
                return

    def state(self, account: str) -> AccountState | None:
        """Return what the newest journal's closing record says."""
        self._check_kept_here(account)
        return self.last_state(account)

    def last_state(self, account: str) -> AccountState | None:
        """Return what this machine's newest journal of the account says, wherever it is kept.

        Raises:
            JournalError: when it cannot be read, or was never closed.
        """
        last = latest_session(self._var_dir, account)
        if last is None:
            return None
        found = state_in(last.journal)
        if found is None:
            raise JournalError(
                f"{last.journal}: the account's last session never closed; preflight closes it"
            )
        return found

    def time_ns(self, account: str) -> int:
        """Return the time of the newest journal's newest record."""
        last = latest_session(self._var_dir, account)
        if last is None:
            return 0
        with JournalReader(last.journal) as reader:
            return reader.last().received_ns

    def words(self, account: str) -> list[bytes]:
        """Return the lines of ``clearances.jsonl``."""
        path = self._words(account)
        try:
            return path.read_bytes().splitlines() if path.exists() else []
        except OSError as error:
            raise JournalError(f"{path} cannot be read: {error}; mend or remove it") from error

    def add_words(self, account: str, lines: list[bytes]) -> None:
        """Append to ``clearances.jsonl``."""
        with self._words(account).open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())

    def _folder(self, account: str) -> Path:
        return self._var_dir / account

    def _words(self, account: str) -> Path:
        return self._folder(account) / "clearances.jsonl"

    def _check_kept_here(self, account: str) -> None:
        """Refuse an account that was handed over to a database: its newest session may be there."""
        mark = shared_mark(self._var_dir, account)
        if mark.exists():
            raise ConfigError(
                STORE_ENVIRONMENT,
                "",
                f"the database that keeps account {account}",
                f"set it; or, if the last session in {mark.parent} is where the account stands, "
                f"remove {mark}",
            )


def shared_mark(var_dir: Path, account: str) -> Path:
    """Return the file that says that an account is kept in a database, not here."""
    return var_dir / account / "shared.txt"
