"""Retention: drop what an old session heard, keep what came of it, and the chain that proves both.

Frames and replies are most of a journal. Pruned, each leaves its length and its SHA-256, which is
all the chain needs: fills, ledger, control words and account stay as they were, and any change to
them still shows. What is lost is the second run, so nothing is dropped that was not proven first.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trading.errors import JournalError
from trading.journal.record import RecordKind
from trading.journal.schema import connect
from trading.journal.source import source_digest
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.numbers import NS_PER_DAY

_HEARD: Final = (RecordKind.FRAME, RecordKind.REPLY)
_DROP: Final = (
    "UPDATE record SET pruned_bytes = length(input), input = sha256(input) "
    "WHERE kind IN (?, ?) AND pruned_bytes IS NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was dropped of one journal."""

    records: int
    """Whose inputs are gone; 0: there was none left to drop."""
    proof: str
    """What was shown just before."""
    bytes_before: int
    bytes_after: int

    def __str__(self) -> str:
        """Return it in one line."""
        sizes = f"{self.bytes_before / 1e6:.1f} to {self.bytes_after / 1e6:.1f} MB"
        return f"inputs of {self.records} records dropped, {sizes}; before: {self.proof}"


def prune(path: Path) -> Pruned:
    """Drop what a closed session heard, and the snapshots of its state.

    One transaction: a journal is pruned or it is not. It can be read all the while.

    Raises:
        JournalError: when the session is open, its proof fails or its file cannot be written;
            nothing is dropped then.
    """
    proof = _proof(path)
    before = path.stat().st_size
    with closing(connect(path)) as file:
        file.create_function("sha256", 1, _sha256, deterministic=True)
        try:
            file.execute("PRAGMA synchronous=FULL")
            file.execute("BEGIN IMMEDIATE")
            records = file.execute(_DROP, _HEARD).rowcount
            file.execute("DELETE FROM snapshot")
            file.execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalError(f"{path}: cannot be pruned: {error}") from error
        try:
            file.execute("VACUUM")
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise JournalError(
                f"{path}: pruned, but its space is not free yet: {error}; prune it again"
            ) from error
    return Pruned(
        records=records, proof=proof, bytes_before=before, bytes_after=path.stat().st_size
    )


def age_days(path: Path, now_ns: int) -> float:
    """Return how long ago a session's last record was, in days.

    Raises:
        JournalError: when the file is no journal.
    """
    with JournalReader(path) as reader:
        return (now_ns - reader.last().received_ns) / NS_PER_DAY


def _proof(path: Path) -> str:
    """Return what can be shown of a journal that may be pruned.

    One that other code wrote cannot be run again anyhow: its chain is what there is.
    """
    with JournalReader(path) as reader:
        if reader.closing() is None:
            raise JournalError(f"{path}: expected a closed session; an open one needs its inputs")
        if reader.opening.schema_version == 1:
            raise JournalError(f"{path}: of schema 1, whose chain covers the inputs; keep it whole")
        if reader.opening.source_digest != source_digest():
            records = sum(1 for _ in reader.checked())
            return f"chain intact over {records} records, written by other code"
    verdict = verify(path)
    if not verdict.is_identical:
        raise JournalError(f"{path}: not pruned, its proof fails: {verdict}")
    return str(verdict)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
