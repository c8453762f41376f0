"""One question to PostgreSQL: connect, one transaction, gone again. Every question has an end.

A connection is not kept, so none can be stale, half dead or somebody else's: most of what is asked
here is asked a few times a minute. What is asked every second keeps one (``connected``), and makes
a new one whenever a question fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, Protocol, TypeVar
from urllib.parse import urlsplit

import asyncpg

from trading.errors import ConfigError, RegisterError

T = TypeVar("T")

WITHIN_S: Final = 5.0
"""Real seconds for one question, the connection included."""
SCHEMES: Final = ("postgresql", "postgres")


class Row(Protocol):
    """A row of a reply."""

    def __getitem__(self, name: str) -> object:
        """Return a column's value."""


class Transaction(Protocol):
    """A connection in the middle of its one transaction."""

    async def execute(self, query: str, *values: object) -> str:
        """Do what a statement says; return its tag, such as ``UPDATE 1``."""

    async def fetchrow(self, query: str, *values: object) -> Row | None:
        """Return the first row of a reply; None where there is none."""

    async def fetch(self, query: str, *values: object) -> Sequence[Row]:
        """Return all rows of a reply."""


Work = Callable[[Transaction], Awaitable[T]]
"""What is done in a transaction; an exception takes all of it back."""


def checked_url(name: str, url: str) -> str:
    """Return a database's URL, if it is one; ``name`` says where it was set.

    Raises:
        ConfigError: when it is not; a password is never told.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname or not parts.path.strip("/"):
        raise ConfigError(
            name,
            shown(url),
            "postgresql://USER:PASSWORD@HOST[:PORT]/DATABASE",
            f"set {name} to that, or unset it to keep accounts in var/",
        )
    return url


def shown(url: str) -> str:
    """Return a URL as people may read it.

    >>> shown("postgresql://paper:secret@db:5432/prefect")
    'postgresql://db:5432/prefect'
    """
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


async def ask(url: str, work: Work[T], *, within_s: float = WITHIN_S) -> T:
    """Do work in a transaction of its own and return what came of it.

    Raises:
        RegisterError: when the database cannot be reached, refuses, or takes too long. The work
            may have been done all the same, if the connection broke while it was being committed.
    """
    async with _told(url, within_s):
        connection = await asyncpg.connect(url, timeout=within_s)
        try:
            async with connection.transaction():
                found = await work(connection)
            await connection.close()
        finally:
            connection.terminate()  # does nothing to one that is closed
        return found


class Kept:
    """A connection that is kept for one question after the other; ``connected`` makes it."""

    def __init__(self, url: str, connection: asyncpg.Connection, within_s: float) -> None:
        """Take over a connection."""
        self._url = url
        self._connection = connection
        self._within_s = within_s

    async def ask(self, work: Work[T]) -> T:
        """Do work in a transaction of its own and return what came of it.

        Raises:
            RegisterError: as ``ask``; the connection is of no use any more then.
        """
        async with _told(self._url, self._within_s), self._connection.transaction():
            return await work(self._connection)


@asynccontextmanager
async def connected(url: str, *, within_s: float = WITHIN_S) -> AsyncIterator[Kept]:
    """Keep a connection for as long as the block lasts; ``within_s``: for each question.

    Raises:
        RegisterError: when the database cannot be reached, or refuses.
    """
    async with _told(url, within_s):
        connection = await asyncpg.connect(url, timeout=within_s)
    try:
        yield Kept(url, connection, within_s)
    finally:
        connection.terminate()


@asynccontextmanager
async def _told(url: str, within_s: float) -> AsyncIterator[None]:
    """Give what is done in the block an end, and its errors our words."""
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError as error:
        raise RegisterError(f"{shown(url)}: no answer within {within_s:g} s") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise RegisterError(f"{shown(url)}: {type(error).__name__}: {error}") from error


def ask_now(url: str, work: Work[T], *, within_s: float = WITHIN_S) -> T:
    """Do the same where one cannot wait: the calling thread stands still meanwhile.

    Raises:
        RegisterError: as ``ask``.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="database") as thread:
        return thread.submit(lambda: asyncio.run(_asked(url, work, within_s))).result()


async def _asked(url: str, work: Work[T], within_s: float) -> T:
    return await ask(url, work, within_s=within_s)
