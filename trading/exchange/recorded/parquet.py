"""A tape of Parquet files: book windows, trades and, optionally, mark prices.

Given a directory or a path prefix, exactly one file of each kind is expected below it:

``*book*.parquet``    ``ts_ms``, then ``bp0, bq0, bp1, bq1, ...`` (bids, best first) and
                      ``ap0, aq0, ...`` (asks): whole windows, as many levels as there are
                      columns; a missing level is null or NaN
``*trades*.parquet``  ``ts_ms, price, qty, buyer_is_maker``; rows whose optional ``x_type`` is
                      ``INSURANCE_FUND`` are left out
``*mark*.parquet``    optional: ``event_ms, mark, index, funding_rate, next_funding_ms``

Times are Unix milliseconds of the exchange, prices and sizes floating-point numbers;
``*bookticker*`` files are ignored. Pyarrow is imported here only, and this module only when such
a tape is played.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from trading.errors import ConfigError, FeedError
from trading.exchange.contract import contract_for
from trading.exchange.recorded.tape import (
    Lattice,
    Levels,
    TapeBook,
    TapeEvent,
    TapeFacts,
    TapeMark,
    TapeTrade,
    refine,
)
from trading.model.numbers import NS_PER_MS

_BATCH_ROWS: Final = 256
_TRADE_COLUMNS: Final = ("ts_ms", "price", "qty", "buyer_is_maker")
_MARK_COLUMNS: Final = ("event_ms", "mark", "index", "funding_rate", "next_funding_ms")
_SYMBOL: Final = re.compile(r"(?:^|_)([A-Z0-9]{2,20}USDT)(?:_|$)")

Row = dict[str, object]


class _File:
    """One Parquet file, read a few rows at a time."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        """Open a file and demand its columns.

        Raises:
            ConfigError: when it cannot be read, is empty or lacks a column.
        """
        self.path = path
        try:
            self._file = pq.ParquetFile(path)
        except (OSError, pa.ArrowException) as cause:
            raise ConfigError("tape", str(path), f"Parquet ({cause})", "write it again") from cause
        self.columns: tuple[str, ...] = tuple(self._file.schema_arrow.names)
        missing = [name for name in columns if name not in self.columns]
        if missing:
            raise ConfigError("tape", str(path), f"columns {', '.join(missing)}", "add them")
        if self._file.metadata.num_rows == 0:
            raise ConfigError("tape", str(path), "at least one row", "record something")

    def rows(self) -> Iterator[Row]:
        """Read the rows from the first to the last."""
        for batch in self._file.iter_batches(batch_size=_BATCH_ROWS):
            yield from batch.to_pylist()

    def head(self) -> list[Row]:
        """Return the first rows."""
        first: list[Row] = next(self._file.iter_batches(batch_size=_BATCH_ROWS)).to_pylist()
        return first

    def last_stamp_ns(self, column: str) -> int:
        """Return the newest stamp of the last row group; no other column is read."""
        last = self._file.metadata.num_row_groups - 1
        rows: list[Row] = self._file.read_row_group(last, columns=[column]).to_pylist()
        return max(self.stamp_ns(row, column) for row in rows[-_BATCH_ROWS:])

    def number(self, row: Row, column: str) -> float:
        """Return a cell that must hold a finite number.

        Raises:
            FeedError: when it holds something else.
        """
        value = row[column]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FeedError(f"{self.path.name}: {column}: expected a number, was {value!r}")
        if not math.isfinite(value):
            raise FeedError(f"{self.path.name}: {column}: expected a finite number, was {value!r}")
        return value

    def stamp_ns(self, row: Row, column: str) -> int:
        """Return a cell of Unix milliseconds in nanoseconds."""
        return int(self.number(row, column)) * NS_PER_MS


class ParquetTape:
    """A book file, a trades file and perhaps a mark file."""

    def __init__(self, path: Path, symbol: str | None) -> None:
        """Find the files and learn the facts from their first rows and last stamps.

        Raises:
            ConfigError: when a file is missing, ambiguous, unreadable or lacks a column.
        """
        self._path = path
        self._book = _File(self._find("book", but="bookticker")[0], ("ts_ms", "bp0", "ap0"))
        self._trades = _File(self._find("trades")[0], _TRADE_COLUMNS)
        marks = self._find("mark", is_optional=True)
        self._mark = _File(marks[0], _MARK_COLUMNS) if marks else None
        self._levels = {
            side: [
                (f"{side}p{i}", f"{side}q{i}")
                for i in range(len(self._book.columns))
                if f"{side}p{i}" in self._book.columns and f"{side}q{i}" in self._book.columns
            ]
            for side in "ba"
        }
        try:
            self.facts = self._learn(symbol or self._named_symbol())
        except FeedError as cause:
            raise ConfigError("tape", str(path), f"clean rows ({cause})", "mend it") from cause
        self._lattice = Lattice(self.facts.contract)

    def _find(self, kind: str, *, but: str = "\0", is_optional: bool = False) -> list[Path]:
        """Find the one file of a kind."""
        is_folder = self._path.is_dir()
        folder, prefix = (self._path, "") if is_folder else (self._path.parent, self._path.name)
        found = [
            file
            for file in sorted(folder.glob("*.parquet"))
            if file.name.startswith(prefix)
            and kind in file.name.removeprefix(prefix)
            and but not in file.name
        ]
        if len(found) == 1 or (is_optional and not found):
            return found
        names = ", ".join(file.name for file in found) or "none"
        raise ConfigError(
            "tape",
            str(self._path),
            f"exactly one *{kind}*.parquet (found: {names})",
            "name a directory that has one, or the files' common path prefix",
        )

    def _named_symbol(self) -> str:
        """Return the symbol in the trades file's name."""
        match = _SYMBOL.search(self._trades.path.stem)
        if match is None:
            raise ConfigError(
                "symbols", None, "the tape's symbol", "its file names do not tell it: say --symbols"
            )
        return match[1]

    def _learn(self, symbol: str) -> TapeFacts:
        """Find the facts in the first rows and last stamps."""
        book, trades = self._book.head(), self._trades.head()
        cells = [(row, pair) for row in book for pairs in self._levels.values() for pair in pairs]
        known = [(row, pair) for row, pair in cells if not _is_missing(row[pair[0]])]
        contract = refine(
            contract_for(symbol),
            [self._book.number(row, price) for row, (price, _) in known]
            + [self._trades.number(row, "price") for row in trades],
            [self._book.number(row, size) for row, (_, size) in known]
            + [self._trades.number(row, "qty") for row in trades],
        )
        stamped = [(self._book, "ts_ms"), (self._trades, "ts_ms")]
        if self._mark:
            stamped.append((self._mark, "event_ms"))
        first_price = self._trades.number(trades[0], "price")
        return TapeFacts(
            contract=contract,
            start_ns=min(file.stamp_ns(file.head()[0], column) for file, column in stamped),
            end_ns=max(file.last_stamp_ns(column) for file, column in stamped),
            first_price=Lattice(contract).price(first_price),
            has_mark=self._mark is not None,
        )

    def events(self) -> Iterator[TapeEvent]:
        """Read the files side by side, by the stamps of their rows.

        Raises:
            FeedError: when a row cannot be understood.
        """
        streams = [self._book_events(), self._trade_events(), self._mark_events()]
        try:
            yield from heapq.merge(*streams, key=lambda event: event.ns)
        except (OSError, pa.ArrowException, FeedError) as cause:
            raise FeedError(f"{self._path}: {cause}") from cause

    def _book_events(self) -> Iterator[TapeEvent]:
        """Read the book's windows."""
        for row in self._book.rows():
            bids, asks = self._window(row, "b"), self._window(row, "a")
            yield TapeEvent(self._book.stamp_ns(row, "ts_ms"), TapeBook(bids, asks, 0))

    def _window(self, row: Row, side: str) -> Levels:
        """Return one side of a window."""
        file, lattice = self._book, self._lattice
        return tuple(
            (lattice.price(file.number(row, price)), lattice.quantity(file.number(row, size)))
            for price, size in self._levels[side]
            if not _is_missing(row[price])
        )

    def _trade_events(self) -> Iterator[TapeEvent]:
        """Read the public trades."""
        file, lattice = self._trades, self._lattice
        for row in file.rows():
            quantity = lattice.quantity(file.number(row, "qty"))
            if row.get("x_type") == "INSURANCE_FUND" or quantity == 0:
                continue
            price = lattice.price(file.number(row, "price"))
            trade = TapeTrade(price, quantity, row["buyer_is_maker"] is False)
            yield TapeEvent(file.stamp_ns(row, "ts_ms"), trade)

    def _mark_events(self) -> Iterator[TapeEvent]:
        """Read the mark prices, if there are any."""
        file = self._mark
        if file is None:
            return
        for row in file.rows():
            numbers = (file.number(row, name) for name in ("mark", "index", "funding_rate"))
            mark, index, rate = (Decimal(repr(float(number))) for number in numbers)
            next_ns = file.stamp_ns(row, "next_funding_ms")
            yield TapeEvent(file.stamp_ns(row, "event_ms"), TapeMark(mark, index, rate, next_ns))


def _is_missing(value: object) -> bool:
    """Tell whether a level's cell says that there is no such level."""
    return value is None or (isinstance(value, float) and math.isnan(value))
