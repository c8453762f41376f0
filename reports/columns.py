"""Tables as values: typed columns, told in words for the page and packed for its script.

A table stands on the page with its first rows in words, readable without a script. What is beyond
them, and what rows are sorted by, is packed beside it: columns as JSON, deflated, in base 64. The
script tells a cell as ``told`` does, digit by digit; a test holds the two together.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Final

import msgspec
import numpy as np

from reports import formats
from reports.formats import NOTHING, Stamps
from trading.model.numbers import NS_PER_MS

ROWS_WHOLE: Final = 500
"""A table of more rows is a window, which the script fills."""
ROWS_FIRST: Final = 100
"""Rows of such a table that are on the page in words, for who reads without the script."""
_FASTEST: Final = 1
_NUMBERS: Final = msgspec.json.Encoder(decimal_format="number")
_EXACT_LONGEST: Final = 16
"""A decimal no longer than that, its point included, is the shortest text of its nearest float."""
_WORDS_MOST: Final = 256
"""A column of no more different words is packed as those words and their numbers."""

Value = str | int | float | Decimal | None


class Kind(StrEnum):
    """What the values of a column are, and so how they are told."""

    TEXT = "text"
    TIME = "time"
    """Nanoseconds of UTC; never None."""
    SPAN = "span"
    """Nanoseconds."""
    AMOUNT = "amount"
    """A number rounded to the column's places; a float as its shortest text says it."""
    SIGNED = "signed"
    """As an amount, with its sign."""
    DIGITS = "digits"
    """A decimal with the digits it has."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether it holds numbers, and whether their sign is the message."""

    name: str
    is_number: bool = False
    is_signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text under columns. ``note`` says what the rows do not.

    ``packed`` holds all rows where ``rows`` are only the first ones, or where sorting needs more
    than their words; ``count`` is how many there are, where ``rows`` are not all.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    packed: str = ""
    count: int | None = None

    @property
    def total(self) -> int:
        """How many rows there are, shown or not."""
        return len(self.rows) if self.count is None else self.count


@dataclass(frozen=True, slots=True)
class Filled:
    """A column with its values, none of them in words yet."""

    column: Column
    kind: Kind
    values: Sequence[Value]
    places: int = 0

    def told(self, value: Value, stamps: Stamps) -> str:
        """Return a value in words."""
        match self.kind, value:
            case _, None:
                return NOTHING
            case Kind.TIME, int():
                return stamps.second(value)
            case Kind.SPAN, int():
                return formats.duration(value)
            case Kind.AMOUNT, Decimal() | float():
                return formats.plain(Decimal(str(value)), self.places)
            case Kind.SIGNED, Decimal() | float():
                return formats.signed(Decimal(str(value)), self.places)
            case Kind.DIGITS, Decimal():
                return formats.digits(value)
            case _:
                return str(value)


def tabled(
    name: str, title: str, columns: Sequence[Filled], stamps: Stamps, *, note: str = ""
) -> Table:
    """Return a table with its first rows in words, packed where they do not say everything."""
    count = len(columns[0].values)
    shown = count if count <= ROWS_WHOLE else ROWS_FIRST
    told = [
        [filled.told(value, stamps) for value in islice(filled.values, shown)] for filled in columns
    ]
    is_said = count <= ROWS_WHOLE and all(filled.kind is Kind.TEXT for filled in columns)
    return Table(
        name=name,
        title=title,
        columns=tuple(filled.column for filled in columns),
        rows=tuple(zip(*told, strict=True)),
        note=note,
        packed="" if is_said or not count else _packed(columns, stamps),
        count=count,
    )


def _packed(columns: Sequence[Filled], stamps: Stamps) -> str:
    """Return columns for the script, none of whose digits are lost."""
    told = msgspec.json.encode([_folded(each, stamps) for each in columns])
    return base64.b64encode(zlib.compress(told, _FASTEST)).decode()


def _folded(filled: Filled, stamps: Stamps) -> dict[str, object]:
    """Return a column as the script unfolds it.

    Few words stand there once each, times by their steps, and decimals as plain numbers where a
    float tells all of their digits.
    """
    values = filled.values
    told: dict[str, object] = {"kind": filled.kind, "places": filled.places}
    match filled.kind:
        case Kind.TEXT:
            words = {word: number for number, word in enumerate(dict.fromkeys(values))}
            if len(words) > _WORDS_MOST:
                return told | {"values": values}
            return told | {"words": list(words), "values": [words[word] for word in values]}
        case Kind.TIME:
            ms = np.array(values, dtype=np.int64) // NS_PER_MS
            return told | {"places": stamps.has_days, "values": np.diff(ms, prepend=0).tolist()}
        case Kind.AMOUNT | Kind.SIGNED | Kind.DIGITS:
            plain = _NUMBERS.encode(values)
            longest, scale = _shape(plain)
            if longest > _EXACT_LONGEST or (filled.kind is Kind.DIGITS and scale is None):
                return told | {"values": values}
            return told | {"values": msgspec.Raw(plain), "scale": scale}
        case Kind.SPAN:
            return told | {"values": values}


def _shape(plain: bytes) -> tuple[int, int | None]:
    """Return the length of the longest number in a JSON list, and its digits after the point.

    None: not all of them have the same count of those, or one has an exponent.
    """
    text = np.frombuffer(plain, dtype=np.uint8)
    ends = np.append(np.flatnonzero(text == ord(",")), text.size - 1)
    points = np.flatnonzero(text == ord("."))
    longest = int(np.diff(ends, prepend=0).max()) - 1
    if points.size != ends.size or b"E" in plain:
        return longest, None
    after = ends - points - 1
    return longest, int(after[0]) if (after == after[0]).all() else None
