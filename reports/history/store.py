"""The history's file: sessions are put in one by one, or all of them from their journals.

One process at a time may write or read (DuckDB's own rule); a lock beside the file makes the
others wait a little instead of failing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import filelock
import msgspec
import pyarrow as pa

from reports import frames
from reports.history import rows
from reports.history.schema import TABLES, VERSION
from reports.refusal import Refusal
from reports.session import Assessed, assess
from reports.summary import SessionSummary
from trading.errors import HistoryError, JournalError
from trading.journal.store import JournalReader

WAIT_S: Final = 60.0
"""How long another's turn is waited for."""
_STAMP: Final = f"CREATE TABLE version AS SELECT {VERSION} AS number"
_FORGET: Final = tuple(
    f"DELETE FROM {table.name} WHERE session_id = ?"  # noqa: S608 - names of our own
    for table in TABLES
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many sessions went in, and what could not be read, in words."""

    sessions: int
    unreadable: tuple[str, ...]


def history_file(var_dir: Path) -> Path:
    """Return where the history of a folder of sessions lies."""
    return var_dir / "history.duckdb"


def remember(var_dir: Path, assessed: Assessed, folder: Path) -> None:
    """Put a session into the history, in place of what was known of it.

    Raises:
        HistoryError: when the history is of another schema, damaged, or taken for too long.
    """
    with _opened(history_file(var_dir)) as history:
        _put(history, assessed, _below(folder, var_dir))


def remember_refusal(var_dir: Path, refusal: Refusal, folder: Path) -> None:
    """Put a session that was refused into the history.

    Raises:
        HistoryError: when the history is of another schema, damaged, or taken for too long.
    """
    with _opened(history_file(var_dir)) as history:
        _put_refusal(history, refusal, _below(folder, var_dir))


def rebuild(var_dir: Path) -> Rebuilt:
    """Make the history anew from every journal; the old one is replaced when all is done.

    What a summary says of the proof is kept where the journal is still the one it speaks of.

    Raises:
        HistoryError: when the new file cannot be written.
    """
    path = history_file(var_dir)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    unreadable = []
    count = 0
    with _opened(fresh) as history:
        for folder in _session_folders(var_dir):
            try:
                count += _put_folder(history, folder, var_dir)
            except (JournalError, ValueError) as error:
                unreadable.append(f"{_below(folder, var_dir)}: {error}")
    with _turn(path):
        fresh.replace(path)
    fresh.with_name(f"{fresh.name}.lock").unlink(missing_ok=True)
    return Rebuilt(count, tuple(unreadable))


def _session_folders(var_dir: Path) -> list[Path]:
    """Return every session's folder; an account's ``latest`` is a link to one of them."""
    found = (each for each in var_dir.glob("*/*") if each.is_dir() and not each.is_symlink())
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


def ask(var_dir: Path, query: str, values: Sequence[object] = ()) -> Answer:
    """Answer one SQL query, with ``values`` for its question marks; nothing is changed by it.

    Raises:
        HistoryError: when there is no history, or the query is refused.
    """
    path = history_file(var_dir)
    if not path.exists():
        raise HistoryError(f"{path} does not exist; make it: python -m reports.history rebuild")
    try:
        with _turn(path), duckdb.connect(path, read_only=True) as history:
            found = history.execute(query, values)
            return Answer(tuple(column[0] for column in found.description or ()), found.fetchall())
    except duckdb.Error as error:
        raise HistoryError(f"the query was refused: {error}") from error


def _put_folder(history: duckdb.DuckDBPyConnection, folder: Path, var_dir: Path) -> int:
    """Put in what lies in a session's folder; return how many sessions that is."""
    journal, summary = folder / "journal.db", folder / "summary.json"
    told = summary.read_bytes() if summary.exists() else b""
    if journal.exists():
        _put(history, assess(journal, _proof(journal, told)), _below(folder, var_dir))
        return 1
    if told:
        refusal = msgspec.json.decode(told, type=Refusal)
        _put_refusal(history, refusal, _below(folder, var_dir))
        return 1
    return 0


def _proof(journal: Path, told: bytes) -> str:
    """Return what a summary knows of a journal's proof, if it is of this very journal."""
    try:
        summary = msgspec.json.decode(told, type=SessionSummary)
    except ValueError:  # a decoder's error, or bytes that are no text
        return ""  # none, or of an older schema
    with JournalReader(journal) as reader:
        digest = reader.last().digest.hex()
    return summary.replay if summary.journal_digest == digest else ""


def _put(history: duckdb.DuckDBPyConnection, assessed: Assessed, folder: str) -> None:
    story, summary = assessed.story, assessed.summary
    tables = {
        "trade": frames.trades_table(story, assessed.findings.excursions),
        "fill": frames.fills_table(story),
        "equity": frames.equity_table(story),
    }
    with _transaction(history):
        _forget(history, summary.session_id)
        history.table("session").insert(rows.of_summary(summary, folder))
        for name, table in tables.items():
            history.from_arrow(_zoneless(table)).insert_into(name)


def _put_refusal(history: duckdb.DuckDBPyConnection, refusal: Refusal, folder: str) -> None:
    with _transaction(history):
        _forget(history, refusal.session_id)
        history.table("session").insert(rows.of_refusal(refusal, folder))


def _forget(history: duckdb.DuckDBPyConnection, session_id: str) -> None:
    for statement in _FORGET:
        history.execute(statement, [session_id])


def _zoneless(table: pa.Table) -> pa.Table:
    """Return a table whose times have lost the word UTC, and nothing else."""
    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields), safe=False)


def _below(folder: Path, var_dir: Path) -> str:
    return folder.relative_to(var_dir).as_posix()


@contextmanager
def _transaction(history: duckdb.DuckDBPyConnection) -> Iterator[None]:
    history.begin()
    try:
        yield
    except BaseException:
        history.rollback()
        raise
    history.commit()


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait for one's turn at the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(f"{path}.lock", timeout=WAIT_S):
            yield
    except filelock.Timeout as error:
        raise HistoryError(f"{path} was taken for {WAIT_S:g} s by another process") from error


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the file to write, with its tables."""
    try:
        with _turn(path), duckdb.connect(path) as history:
            _prepare(history, path)
            yield history
    except duckdb.Error as error:
        raise HistoryError(
            f"{path} cannot be used: {error}; delete it, and: python -m reports.history rebuild"
        ) from error


def _prepare(history: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the tables of a new file; refuse those of another version."""
    named = {name for (name,) in history.execute("SHOW TABLES").fetchall()}
    if not named:
        with _transaction(history):
            for table in TABLES:
                for statement in table.statements():
                    history.execute(statement)
            history.execute(_STAMP)
        return
    found = history.execute("SELECT number FROM version").fetchone()
    if found != (VERSION,):
        raise HistoryError(
            f"{path}: expected schema {VERSION}, was {found and found[0]}; "
            "make it anew: python -m reports.history rebuild"
        )
