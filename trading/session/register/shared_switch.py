"""The kill switch of all machines that share their accounts: a log in the same database.

It is set while the newest line says so. A line is never changed: who set and cleared it, on which
machine, when and why, stays on record.
"""

from __future__ import annotations

import asyncio
import platform
from typing import Final

from trading.errors import RegisterError
from trading.io.clock import monotonic_ns
from trading.io.postgres import Row, Transaction, connected
from trading.model.numbers import NS_PER_S
from trading.session.kill_note import SET, KillNote
from trading.session.register import tables
from trading.session.register.leases import Database

LOOK_EVERY_S: Final = 0.5
WITHIN_S: Final = 2.0
"""Real seconds for one look."""
UNREAD_S_MOST: Final = 3.0
"""Real seconds without a look after which that is said."""


class SharedSwitch:
    """The switch, for whoever has a moment to wait."""

    def __init__(self, database: Database) -> None:
        """Name the database."""
        self._database = database

    def reason(self) -> str | None:
        """Return why it is set; None while it is not.

        Raises:
            RegisterError: when the database cannot be asked.
        """
        return self._database.ask_now(_reason, WITHIN_S)

    def put(self, note: KillNote) -> bool:
        """Set or clear it, as the note says; False where it was so already: the first word stays.

        Raises:
            RegisterError: when the database cannot be asked.
        """

        async def put(tx: Transaction) -> bool:
            await tx.execute(tables.LOCK_KILL)
            if (await _reason(tx) is not None) == (note.what == SET):
                return False
            await tx.execute(tables.ADD_KILL, note.what, note.who, note.why, platform.node())
            return True

        return self._database.ask_now(put)

    def history(self) -> list[KillNote]:
        """Return everything that was done to it, oldest first.

        Raises:
            RegisterError: when the database cannot be asked.
        """

        async def read(tx: Transaction) -> list[KillNote]:
            return [_note(row) for row in await tx.fetch(tables.KILLS)]

        return self._database.ask_now(read)


class SwitchWatch:
    """The switch, looked at twice a second for as long as a session runs, over one connection."""

    def __init__(self, database: Database) -> None:
        """Name the database; nothing is known yet."""
        self._database = database
        self._read_ns = monotonic_ns()
        self._error = ""
        self.reason: str | None = None
        """Why it was set when it was looked at last; None while it was not."""

    @property
    def unread(self) -> str:
        """For how long it could not be read, and why; empty while it can."""
        silent_s = (monotonic_ns() - self._read_ns) / NS_PER_S
        if silent_s < UNREAD_S_MOST:
            return ""
        return (
            f"the kill switch in the database was not read for {silent_s:.0f} s"
            f"{f' ({self._error})' if self._error else ''}; the file works"
        )

    async def run(self) -> None:
        """Look until cancelled; what goes wrong is remembered, and the next look tries anew."""
        while True:
            try:
                await self._database.ask(_reason)  # which makes the tables, if need be
                async with connected(self._database.url, within_s=WITHIN_S) as connection:
                    while True:
                        self.reason = await connection.ask(_reason)
                        self._read_ns, self._error = monotonic_ns(), ""
                        await asyncio.sleep(LOOK_EVERY_S)
            except RegisterError as error:
                self._error = str(error)
                await asyncio.sleep(LOOK_EVERY_S)


async def _reason(tx: Transaction) -> str | None:
    row = await tx.fetchrow(tables.NEWEST_KILL)
    if row is None or row["what"] != SET:
        return None
    note = _note(row)
    return f"{note.why} (set by {note.who} on {note.host} at {note.at}, for all machines)"


def _note(row: Row) -> KillNote:
    at, what, who, why, host = (str(row[name]) for name in ("at", "what", "who", "why", "host"))
    return KillNote(at=at, what=what, who=who, why=why, host=host)
