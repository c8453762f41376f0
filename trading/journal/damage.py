"""What a damaged file may raise while it is read, and how it is told: by one error, with the place.

A page, a column, a digest, a field of a record: any byte may be another one.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from trading.errors import JournalCorrupt

DAMAGE: Final = (
    sqlite3.Error,
    msgspec.MsgspecError,
    ValueError,  # with it UnicodeDecodeError
    TypeError,
    ArithmeticError,
    LookupError,
    RecursionError,
    struct.error,  # what stands where a number was
)


@contextmanager
def readable(path: Path, sequence: int, what: str) -> Iterator[None]:
    """Read what belongs to a record in this block.

    Raises:
        JournalCorrupt: when it cannot be read.
    """
    try:
        yield
    except DAMAGE as error:
        found = f"{what} cannot be read: {type(error).__name__}: {error}"
        raise JournalCorrupt(str(path), sequence, found) from error
