"""A file of bars, with the settlements of its time where there is a file of them.

Bars: Parquet or CSV with the columns ``open_time_ms, open, high, low, close, volume`` and, where
there is one, ``quote_volume``. Settlements: ``settlement_ms, funding_rate, mark_price``. Times are
Unix milliseconds, in rising order; prices in the quote coin, volume in the base coin, the rate a
fraction (0.0001 is one basis point). The interval of the bars is found from the first two.

Bars shorter than the strategy's are put together to its own, and show the inside of them: a stop
or target is reached where a minute of the hour reached it. Prices inside the file's own bars are
not told: the broker's rules for candles alone apply (worse reading first). A hole in the file is
one: the bar around it is made of what there is.

Without settlements no funding is charged, and the report cannot know it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Final

from trading.config import SessionConfig
from trading.errors import ConfigError, FeedError
from trading.exchange.contract import contract_for
from trading.model.events import CandleUpdate, Channel, FundingRate, FundingSettled
from trading.model.instrument import Instrument
from trading.model.numbers import NS_PER_HOUR, NS_PER_MS, NS_PER_S, seconds_to_ns
from trading.replay.feed import Heard
from trading.replay.listing import instrument_of
from trading.venues.base import RestRequest
from trading.venues.recording import frame_of

BARS: Final = ("open_time_ms", "open", "high", "low", "close", "volume")
SETTLEMENTS: Final = ("settlement_ms", "funding_rate", "mark_price")
PRICES: Final = frozenset({"open", "high", "low", "close", "mark_price"})
SUFFIXES: Final = (".parquet", ".csv")

Row = dict[str, float]


class CandleFile:
    """Bars of one symbol, each heard at the instant it closes."""

    venue = "recording"
    channels: tuple[Channel, ...] = ()

    def __init__(self, path: Path, config: SessionConfig, funding: Path | None = None) -> None:
        """Read the files; all of them at once, a year of minutes is some tens of megabytes.

        Raises:
            ConfigError: when a file is none, has no such columns, or bars of another length.
        """
        self._bars = _rows(path, BARS, "open_time_ms")
        self._settlements = _rows(funding, SETTLEMENTS, "settlement_ms") if funding else []
        self._config = config
        found_s = (self._bars[1]["open_time_ms"] - self._bars[0]["open_time_ms"]) / 1_000
        if config.interval_s % found_s or not found_s.is_integer():
            raise ConfigError(
                "interval_s",
                config.interval_s,
                f"{found_s:g}, the length of the bars in {path}, or a multiple of it",
                "say --set interval_s=..., or name another file",
            )
        self._file_s = round(found_s)
        self.start_ns = round(self._bars[0]["open_time_ms"]) * NS_PER_MS
        if self._settlements and self._at(self._settlements[0]) > self.start_ns:
            raise ConfigError(
                "funding",
                str(funding),
                "a settlement at or before the first bar",
                "name a file that begins earlier: the next one's time and rate are told by it",
            )
        # The last bar is for closing what is open: an order sent at a close fills in the next bar.
        last_ns = round(self._bars[-1]["open_time_ms"]) * NS_PER_MS
        self.end_ns = min(last_ns, self.start_ns + seconds_to_ns(config.duration_s))
        self.origin = {"file": str(path), "funding": str(funding or "")}
        self.instrument: Instrument = instrument_of(contract_for(config.symbol), config)

    def heard(self) -> Iterator[Heard]:
        """Yield bars and settlements in the order of their time.

        A settlement comes after the bar that ends with it, as the venue's history would.
        """
        dues = iter(self._settlements)
        past, due = None, next(dues, None)
        while due is not None and self._at(due) <= self.start_ns:
            past, due = due, next(dues, None)
        if past is not None and due is not None:
            yield self._next(self.start_ns, past, due)
        for bar in self._told():
            received_ns = bar.received_ns
            yield received_ns, frame_of(bar)
            while due is not None and self._at(due) <= received_ns:
                yield received_ns, self._settled(due, received_ns)
                past, due = due, next(dues, None)
                if due is not None:
                    yield self._next(received_ns, past, due)

    def answer(self, request: RestRequest, now_ns: int) -> bytes | None:
        """Return None: a file is not asked."""
        return None

    @staticmethod
    def _at(settlement: Row) -> int:
        return round(settlement["settlement_ms"]) * NS_PER_MS

    def _told(self) -> Iterator[CandleUpdate]:
        """Yield the file's bars, and after its parts each that they make up."""
        interval_ns = self._config.interval_s * NS_PER_S
        bars = (self._bar(row) for row in self._bars)
        if self._file_s == self._config.interval_s:
            yield from bars
            return
        ends_ns = self._bar(self._bars[-1]).exchange_ns
        for number, group in groupby(bars, key=lambda bar: bar.open_ns // interval_ns):
            parts = tuple(group)
            yield from parts
            open_ns = number * interval_ns
            if self.start_ns <= open_ns and open_ns + interval_ns <= ends_ns:
                yield whole(parts, open_ns, self._config.interval_s)

    def _bar(self, row: Row) -> CandleUpdate:
        open_ns = round(row["open_time_ms"]) * NS_PER_MS
        close_ns = open_ns + self._file_s * NS_PER_S
        return CandleUpdate(
            self._config.symbol,
            close_ns,
            close_ns,
            self._file_s,
            open_ns,
            row["open"],
            row["high"],
            row["low"],
            row["close"],
            row["volume"],
            row.get("quote_volume", row["volume"] * row["close"]),
            is_closed=True,
        )

    def _next(self, received_ns: int, past: Row, due: Row) -> Heard:
        """Say when the next settlement is. Its rate is not known yet: the last one is told."""
        hours = max(1, (self._at(due) - self._at(past)) // NS_PER_HOUR)
        rate = Decimal(repr(past["funding_rate"]))
        told = FundingRate(self._config.symbol, received_ns, rate, hours, self._at(due))
        return received_ns, frame_of(told)

    def _settled(self, due: Row, received_ns: int) -> bytes:
        return frame_of(
            FundingSettled(
                self._config.symbol,
                received_ns,
                self._at(due),
                Decimal(repr(due["funding_rate"])),
                Decimal(repr(due["mark_price"])),
            )
        )


def whole(parts: Sequence[CandleUpdate], open_ns: int, interval_s: int) -> CandleUpdate:
    """Return the bar that parts make up; there is at least one."""
    close_ns = open_ns + interval_s * NS_PER_S
    return CandleUpdate(
        parts[0].symbol,
        close_ns,
        close_ns,
        interval_s,
        open_ns,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        sum(part.volume for part in parts),
        sum(part.turnover for part in parts),
        is_closed=True,
    )


def _rows(path: Path, columns: tuple[str, ...], stamp: str) -> list[Row]:
    """Return a file's rows as numbers, in rising order of their stamp.

    Raises:
        ConfigError: when the file is none or lacks a column.
        FeedError: when a row is out of order or no row of numbers.
    """
    read = _parquet if path.suffix == ".parquet" else _csv
    if path.suffix not in SUFFIXES or not path.is_file():
        raise ConfigError("path", str(path), "a .parquet or .csv file", "name a file that exists")
    rows = read(path, columns)
    least = 2 if stamp == "open_time_ms" else 1
    if len(rows) < least:
        raise ConfigError("path", str(path), f"at least {least} rows", "name a file with data")
    before = -math.inf
    for number, row in enumerate(rows, start=1):
        wrong = next(_wrong(row, columns), None)
        if wrong is not None:
            raise FeedError(f"{path}: row {number}: {wrong}; mend or leave it out")
        if row[stamp] <= before:
            raise FeedError(
                f"{path}: row {number}: {stamp} {row[stamp]:.0f} is not after the row before"
            )
        before = row[stamp]
    return rows


def _wrong(row: Row, columns: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with a row, and what was expected.

    A bar's open may lie outside its range: Bitunix opens a bar at the close of the one before.
    """
    for name in columns:
        value = row[name]
        if not math.isfinite(value):
            yield f"{name} is {value}, expected a number"
        elif name in PRICES and value <= 0:
            yield f"{name} is {value}, expected a price above 0"
        elif name == "volume" and value < 0:
            yield f"{name} is {value}, expected 0 or more"
    if columns is BARS:
        low, high, close = row["low"], row["high"], row["close"]
        if low > high:
            yield f"low is {low}, expected no more than the high, {high}"
        if not low <= close <= high:
            yield f"close is {close}, expected one from the low, {low}, to the high, {high}"


def _parquet(path: Path, columns: tuple[str, ...]) -> list[Row]:
    import pyarrow.parquet as pq  # noqa: PLC0415 - a session without such a file starts without it

    names = pq.read_schema(path).names
    _demand(path, columns, names)
    wanted = [*columns, *(["quote_volume"] if "quote_volume" in names and columns is BARS else [])]
    table = pq.read_table(path, columns=wanted)
    listed = [
        [float(v) if v is not None else math.nan for v in table[n].to_pylist()] for n in wanted
    ]
    return [dict(zip(wanted, values, strict=True)) for values in zip(*listed, strict=True)]


def _csv(path: Path, columns: tuple[str, ...]) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        _demand(path, columns, reader.fieldnames or ())
        rows = []
        for number, row in enumerate(reader, start=1):
            try:
                rows.append({name: float(row[name]) for name in columns})
            except (TypeError, ValueError) as error:
                raise FeedError(f"{path}: row {number}: {error}; mend or leave it out") from error
        return rows


def _demand(path: Path, columns: tuple[str, ...], found: object) -> None:
    names = list(found) if isinstance(found, list | tuple) else []
    missing = [name for name in columns if name not in names]
    if missing:
        raise ConfigError(
            "path",
            str(path),
            "the columns " + ", ".join(columns),
            f"it lacks {', '.join(missing)} and has {', '.join(map(str, names)) or 'none'}",
        )
