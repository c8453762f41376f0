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

from reports import formats
from reports.formats import NOTHING, Stamps

ROWS_SHOWN: Final = 500
"""Rows that are on the page in words; more of them only with the script."""
_FASTEST: Final = 1

Value = str | int | float | Decimal | None


class Kind(StrEnum):
    """What the values of a column are, and so how they are told."""

    TEXT = "text"
    TIME = "time"
    """Nanoseconds of UTC."""
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
    told = [
        [filled.told(value, stamps) for value in islice(filled.values, ROWS_SHOWN)]
        for filled in columns
    ]
    is_said = count <= ROWS_SHOWN and all(filled.kind is Kind.TEXT for filled in columns)
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
    """Return columns for the script; decimals keep every digit."""
    kinds = [
        {"kind": each.kind, "places": stamps.has_days if each.kind is Kind.TIME else each.places}
        for each in columns
    ]
    told = msgspec.json.encode({"columns": [each.values for each in columns], "kinds": kinds})
    return base64.b64encode(zlib.compress(told, _FASTEST)).decode()
