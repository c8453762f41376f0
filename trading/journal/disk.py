"""How long a commit waits for the disk: as long as what it holds is worth, and no longer."""

from __future__ import annotations

import sqlite3


class DiskWait:
    """The ``synchronous`` of one connection to a journal.

    ====================  ========== ===========================================================
    a commit              SQLite     power loss takes
    ====================  ========== ===========================================================
    durable               ``FULL``   nothing
    any other             ``NORMAL`` the last fraction of a second
    of a journal that is  ``OFF``    the file, which nobody would have missed: whoever made it
    not kept                         makes it again
    ====================  ========== ===========================================================

    The death of the process takes nothing in any of them.
    """

    __slots__ = ("_connection", "_mode", "is_kept")

    def __init__(self, connection: sqlite3.Connection, *, is_kept: bool) -> None:
        """Decide for a connection nobody has committed on."""
        self._connection = connection
        self._mode = ""
        self.is_kept = is_kept

    def ask(self, *, is_durable: bool) -> None:
        """Set what the next commit waits for."""
        mode = "OFF" if not self.is_kept else "FULL" if is_durable else "NORMAL"
        if mode != self._mode:
            self._connection.execute(f"PRAGMA synchronous={mode}")
            self._mode = mode
