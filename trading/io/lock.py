"""One session per account: a lock of the operating system on a file.

The kernel frees it when its holder dies, however it dies, so there is no stale lock to clear and
no process id to trust. Who holds it is written beside it, for people only.
"""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import filelock
import msgspec

from trading.errors import AccountLocked, ConfigError
from trading.io.clock import wall_ns
from trading.io.files import read_json, write_atomic
from trading.model.numbers import NS_PER_S

HOLDER_LOOKS: Final = 10
HOLDER_LOOK_S: Final = 0.05
"""Between two looks for the holder's name: it is written right after the lock is taken."""


class LockHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds an account; ``since_s`` is unix seconds."""

    pid: int
    host: str
    session: str
    since_s: int

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"session {self.session} (process {self.pid} on {self.host})"


class AccountLock:
    """The right to trade one account. Use as ``with``, or ``acquire`` and ``release``.

    The account is named by the folder the lock file lies in: ``var/<account>/lock``.
    """

    def __init__(self, path: Path, session: str) -> None:
        """Name the lock file and the session that wants it; nothing is touched yet."""
        self._path = path
        self._session = session
        self._lock: filelock.BaseFileLock = filelock.FileLock(path, thread_local=False)

    @property
    def account(self) -> str:
        """The account's name."""
        return self._path.parent.name

    @property
    def holder_path(self) -> Path:
        """Where the holder writes who it is."""
        return self._path.with_name(self._path.name + ".json")

    def acquire(self) -> None:
        """Take the lock at once or not at all.

        Raises:
            AccountLocked: when another session has it, in this process or any other.
            ConfigError: when the file system has no locks.
            OSError: when the folder or the file cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(blocking=False)
        except filelock.Timeout as error:
            raise AccountLocked(self.account, self._holder_text()) from error
        if isinstance(self._lock, filelock.SoftFileLock):
            # filelock's way out where the file system has no locks: a file that outlives a crash.
            self._lock.release()
            raise ConfigError(
                "account folder",
                str(self._path.parent),
                "a folder on a file system with locks",
                "keep var/ on a local disk",
            )
        holder = LockHolder(
            pid=os.getpid(),
            host=platform.node(),
            session=self._session,
            since_s=wall_ns() // NS_PER_S,
        )
        try:
            write_atomic(self.holder_path, msgspec.json.encode(holder))
        except OSError:
            self._lock.release()
            raise

    def release(self) -> None:
        """Give the lock back; does nothing when it is not held."""
        if self._lock.is_locked:
            # First the note, then the lock: the note of the next holder must not be removed.
            self.holder_path.unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        """Take the lock at once or not at all."""
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self.release()

    def _holder_text(self) -> str:
        for _ in range(HOLDER_LOOKS):
            try:
                return str(read_json(self.holder_path, LockHolder))
            except (OSError, ValueError):
                time.sleep(HOLDER_LOOK_S)  # it took the lock a moment ago and is about to say
        return "another session that has not said who it is"
