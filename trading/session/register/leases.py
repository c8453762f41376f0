"""The register of several machines: a row an account in PostgreSQL.

A lease says which machine owns an account; on that machine the lock file says which process. The
lease is renewed long before it is over, and an owner counts its end itself, from before it asked
(by a clock that goes on while the machine sleeps), so it knows in time that it may be over. Every
write names the owner's token in the statement that writes: who was overtaken changes nothing.

What the database does not know of an open session is at most what came after its newest
checkpoint; only a machine that never comes back, or comes back too late, makes that matter.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import msgspec

from trading.errors import AccountLocked, JournalError, OwnershipLost, RegisterError
from trading.io.clock import monotonic_ns, slept_ns
from trading.io.lock import AccountLock
from trading.io.postgres import Transaction, ask, ask_now
from trading.model.numbers import NS_PER_S
from trading.session.paths import latest_session
from trading.session.register import tables
from trading.session.register.face import AccountState, Checkpoint
from trading.session.register.files import FileRegister, shared_mark, state_in
from trading.session.register.machine import Machine, this_machine

T = TypeVar("T")

RENEWALS_PER_LEASE: Final = 6
"""How often a lease is renewed in its time: five may fail before it is lost."""
URGENT_S: Final = 2.0
"""Real seconds for a question for which a session stands still."""
COMMIT_TRIES: Final = 3


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An account's row."""

    token: int
    machine: str | None
    host: str | None
    holder: str | None
    is_leased: bool
    state: str | None
    closed_session: str | None
    open_session: str | None
    checkpoint: bytes | None

    @property
    def newest_session(self) -> str | None:
        """The account's newest session, open or closed."""
        return self.open_session or self.closed_session

    def held_by(self) -> str:
        """Return who has the account, as people read it."""
        return f"{self.holder} on {self.host} (token {self.token})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where accounts are kept, and for how long one is leased."""

    url: str
    lease_s: float

    async def ask(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do work in a transaction, the tables made if need be."""
        return await ask(self.url, _with_tables(work))

    def ask_now(self, work: Callable[[Transaction], Awaitable[T]], within_s: float = 5.0) -> T:
        """Do the same, waiting for it."""
        return ask_now(self.url, _with_tables(work), within_s=within_s)


class SharedRegister:
    """What the database knows, for the sessions of one folder."""

    def __init__(self, database: Database, var_dir: Path) -> None:
        """Name the database, and the folder of this machine's sessions."""
        self._database = database
        self._var_dir = var_dir
        self._here = FileRegister(var_dir)

    @contextmanager
    def own(self, account: str, who: str) -> Iterator[SharedAccount]:
        """Hold the account's lock on this machine, and its lease among all."""
        with AccountLock(self._var_dir / account / "lock", who):
            machine = this_machine(self._var_dir)
            since_ns = awake_ns()
            standing = self._database.ask_now(
                lambda tx: self._leased(tx, account, who, machine),
            )
            shared_mark(self._var_dir, account).touch()
            owned = SharedAccount(self._database, account, standing, since_ns)
            try:
                yield owned
            finally:
                owned.release()

    def look(self, account: str, who: str) -> None:
        """Look whether another process here has the lock, or another machine the lease."""
        self._here.look(account, who)
        standing = self._standing(account)
        machine = this_machine(self._var_dir)
        if standing and standing.is_leased and standing.machine != machine.id:
            raise AccountLocked(account, standing.held_by(), is_elsewhere=True)

    def state(self, account: str) -> AccountState | None:
        """Return what the row says; what is here decides where there is no row yet."""
        standing = self._standing(account)
        if standing is None:
            return self._here.last_state(account)
        if standing.open_session is not None:
            raise JournalError(
                f"session {standing.open_session} of account {account} is open on {standing.host}; "
                "preflight closes it"
            )
        return None if standing.state is None else _state(account, standing.state)

    def time_ns(self, account: str) -> int:
        """Return the latest time that the row, its checkpoint or the journal here knows of."""
        standing = self._standing(account)
        times = [self._here.time_ns(account)]
        if standing is not None and standing.state is not None:
            times.append(_state(account, standing.state).last_ns)
        if standing is not None and standing.checkpoint is not None:
            times.append(_checkpoint(account, standing.checkpoint).record.received_ns)
        return max(times)

    def words(self, account: str) -> list[bytes]:
        """Return the account's words from the database."""

        async def read(tx: Transaction) -> list[bytes]:
            return [str(row["line"]).encode() for row in await tx.fetch(tables.WORDS, account)]

        return self._database.ask_now(read)

    def add_words(self, account: str, lines: list[bytes]) -> None:
        """Add words to the database."""

        async def add(tx: Transaction) -> None:
            for line in lines:
                await tx.execute(tables.ADD_WORD, account, line.decode())

        self._database.ask_now(add)

    def _standing(self, account: str) -> Standing | None:
        return self._database.ask_now(lambda tx: _read(tx, tables.READ, account))

    async def _leased(self, tx: Transaction, account: str, who: str, machine: Machine) -> Standing:
        """Take the lease, if nobody else has it; return how the account stands under it."""
        await tx.execute(tables.ENTER, account)
        found = await _read(tx, tables.READ_LOCKED, account)
        assert found is not None
        if found.is_leased and found.machine != machine.id:
            raise AccountLocked(account, found.held_by(), is_elsewhere=True)
        if found.token == 0:
            await self._adopt(tx, account)
        await tx.execute(tables.OWN, account, machine.id, machine.host, who, self._database.lease_s)
        standing = await _read(tx, tables.READ, account)
        assert standing is not None
        return standing

    async def _adopt(self, tx: Transaction, account: str) -> None:
        """Take over, once, an account that was kept in files until now, with what was said to it.

        Raises:
            JournalError: when its newest journal cannot be read.
        """
        last = latest_session(self._var_dir, account)
        if last is None:
            return
        state = state_in(last.journal)
        closed = None if state is None else msgspec.json.encode(state).decode()
        ids = (last.session_id, None) if state else (None, last.session_id)
        await tx.execute(tables.ADOPT, account, closed, *ids)
        for line in self._here.words(account):
            await tx.execute(tables.ADD_WORD, account, line.decode())


class SharedAccount:
    """An account that is ours by a lease, under a token."""

    keeps_checkpoints = True

    def __init__(self, database: Database, account: str, standing: Standing, since_ns: int) -> None:
        """Start with the row as it was leased; ``since_ns``: when that was asked for."""
        self._database = database
        self._account = account
        self._token = standing.token
        self._lease_ns = round(database.lease_s * NS_PER_S)
        self._until_ns = since_ns + self._lease_ns
        self.pending: Checkpoint | None = None
        """What the next renewal brings."""
        self._is_done = False
        self.open_session = standing.open_session
        self.newest_session = standing.newest_session
        kept = standing.checkpoint
        self.checkpoint = None if kept is None else _checkpoint(account, kept)

    def check(self) -> None:
        """Ask the database once more where the lease is over by our own count."""
        if awake_ns() < self._until_ns or self._is_done:
            return
        since_ns, renew = awake_ns(), self._renewal()
        try:
            is_ours = self._database.ask_now(renew, URGENT_S)
        except RegisterError as error:
            raise self._over(error) from error
        self._renewed(since_ns, is_ours=is_ours)

    async def hold(self) -> None:
        """Renew the lease, and with it the newest checkpoint, again and again."""
        while True:
            await asyncio.sleep(self._database.lease_s / RENEWALS_PER_LEASE)
            since_ns, sent = awake_ns(), self.pending
            try:
                is_ours = await self._database.ask(self._renewal())
            except RegisterError as error:
                sys.stderr.write(f"the lease of {self._account} was not renewed: {error}\n")
                if awake_ns() >= self._until_ns:
                    raise self._over(error) from error
                continue
            self._renewed(since_ns, is_ours=is_ours)
            if self.pending is sent:
                self.pending = None

    def begin(self, session_id: str) -> None:
        """Write the session into the row as the open one."""
        self._write(tables.BEGIN, session_id)
        self.open_session = self.newest_session = session_id

    def keep(self, checkpoint: Checkpoint) -> None:
        """Have the next renewal bring it."""
        self.pending = checkpoint

    def commit(self, state: AccountState) -> None:
        """Write the state into the row, and with it that no session is open."""
        assert state.predecessor is not None
        last = state.predecessor
        told = msgspec.json.encode(state).decode()
        self._write(tables.COMMIT, last.session_id, told, last.digest)
        self.open_session, self._is_done = None, True

    def drop(self) -> None:
        """Take the open session out of the row."""
        self._write(tables.DROP)
        self.open_session = None

    def release(self) -> None:
        """Give the lease back, unless a session is open: its machine alone can go on with it.

        Where the database does not answer the lease runs out by itself.
        """
        if self.open_session is None:
            with suppress(RegisterError):
                self._database.ask_now(
                    lambda tx: tx.execute(tables.RELEASE, self._account, self._token), URGENT_S
                )

    def _write(self, statement: str, *values: object) -> None:
        """Change the row under our token, and insist a little: a commit may be asked for twice."""
        for left in reversed(range(COMMIT_TRIES)):
            try:
                tag = self._database.ask_now(
                    lambda tx: tx.execute(statement, self._account, self._token, *values), URGENT_S
                )
            except RegisterError:
                if not left:
                    raise
                time.sleep(0.5)
                continue
            if tag != "UPDATE 1":
                self._taken()
            return

    def _renewal(self) -> Callable[[Transaction], Awaitable[bool]]:
        pending = self.pending
        kept = None if pending is None else msgspec.msgpack.encode(pending)

        async def renew(tx: Transaction) -> bool:
            values = (self._account, self._token, self._database.lease_s, kept)
            return await tx.execute(tables.RENEW, *values) == "UPDATE 1"

        return renew

    def _renewed(self, since_ns: int, *, is_ours: bool) -> None:
        if not is_ours:
            self._taken()
        self._until_ns = since_ns + self._lease_ns

    def _taken(self) -> NoReturn:
        """Say who has the account now.

        Raises:
            OwnershipLost: in any case.
        """
        self._until_ns = 0
        found = self._database.ask_now(lambda tx: _read(tx, tables.READ, self._account))
        holder = found.held_by() if found and found.machine else "nobody just now"
        newest = found.newest_session if found else None
        raise OwnershipLost(
            self._account,
            f"nothing is written under token {self._token}; it is with {holder}, and its newest "
            f"session is {newest}",
            is_taken=True,
        )

    def _over(self, error: RegisterError) -> OwnershipLost:
        return OwnershipLost(
            self._account,
            f"its lease of {self._database.lease_s:g} s is over and cannot be renewed: {error}",
            is_taken=False,
        )


def awake_ns() -> int:
    """Return nanoseconds that also pass while the machine sleeps, where it tells."""
    return monotonic_ns() + slept_ns()


def _with_tables(
    work: Callable[[Transaction], Awaitable[T]],
) -> Callable[[Transaction], Awaitable[T]]:
    async def done(tx: Transaction) -> T:
        row = await tx.fetchrow(tables.IS_READY)
        if row is None or not row["is_ready"]:
            await tx.execute(tables.READY)
        return await work(tx)

    return done


async def _read(tx: Transaction, query: str, account: str) -> Standing | None:
    row = await tx.fetchrow(query, account)
    if row is None:
        return None
    return msgspec.convert({name: row[name] for name in Standing.__struct_fields__}, Standing)


def _state(account: str, told: str) -> AccountState:
    try:
        return msgspec.json.decode(told, type=AccountState)
    except (ValueError, RecursionError) as error:
        raise RegisterError(f"how account {account} stands is none of ours: {error}") from error


def _checkpoint(account: str, kept: bytes) -> Checkpoint:
    try:
        return msgspec.msgpack.decode(kept, type=Checkpoint)
    except (ValueError, RecursionError) as error:
        raise RegisterError(f"the checkpoint of {account} is none of ours: {error}") from error
