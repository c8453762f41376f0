"""A tape of raw frames: ``*.raw.jsonl.gz``, one ``<local stamp> <json>`` a line.

Streams: ``@depth`` diffs (U/u/pu) with one REST snapshot (``lastUpdateId``) among them, ``@trade``,
``@markPrice`` where recorded; ``@bookTicker`` adds nothing to the full book and is skipped. Events
are placed at the exchange's own stamps (``T``; ``E`` for mark prices), so the recorder's clock and
the unit of its stamp (micro- or nanoseconds) do not matter. Trades of the insurance fund are no
public trades and are left out.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import msgspec

from trading.errors import ConfigError, FeedError
from trading.exchange.contract import contract_for
from trading.exchange.recorded.tape import (
    Lattice,
    Levels,
    TapeBook,
    TapeDiff,
    TapeEvent,
    TapeFacts,
    TapeMark,
    TapeTrade,
    refine,
)
from trading.model.numbers import NS_PER_MS

_HEAD_LINES: Final = 20_000
"""The snapshot, the first trade and the first mark price must be among the first lines."""
_TAIL_LINES: Final = 2_000
"""The last lines among which the newest stamp is."""
_READ_ERRORS: Final = (OSError, EOFError, zlib.error)


class _Frame(msgspec.Struct):
    """A line's JSON: an envelope of a stream, or the bare REST snapshot."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    last_update_id: int = msgspec.field(name="lastUpdateId", default=0)
    transaction_ms: int = msgspec.field(name="T", default=0)
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []


class _Stamps(msgspec.Struct):
    """The stamps of any frame."""

    event_ms: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    transaction_ms: int = msgspec.field(name="T", default=0)


class _Depth(msgspec.Struct):
    """A depth diff."""

    transaction_ms: int = msgspec.field(name="T")
    first_id: int = msgspec.field(name="U")
    last_id: int = msgspec.field(name="u")
    previous_id: int = msgspec.field(name="pu")
    bids: list[tuple[str, str]] = msgspec.field(name="b")
    asks: list[tuple[str, str]] = msgspec.field(name="a")


class _Trade(msgspec.Struct):
    """A public trade."""

    transaction_ms: int = msgspec.field(name="T")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    is_buyer_maker: bool = msgspec.field(name="m")
    kind: str = msgspec.field(name="X", default="MARKET")


class _Mark(msgspec.Struct):
    """A mark-price message."""

    event_ms: int = msgspec.field(name="E")
    mark: str = msgspec.field(name="p")
    index: str = msgspec.field(name="i")
    rate: str = msgspec.field(name="r")
    next_funding_ms: int = msgspec.field(name="T")


_frame = msgspec.json.Decoder(_Frame)
_stamps = msgspec.json.Decoder(_Stamps)
_depth = msgspec.json.Decoder(_Depth)
_trade = msgspec.json.Decoder(_Trade)
_mark = msgspec.json.Decoder(_Mark)


class RawTape:
    """One file of raw frames."""

    def __init__(self, path: Path, symbol: str | None) -> None:
        """Read the file once, keeping only its first and last lines, to learn its facts.

        Raises:
            ConfigError: when the file is missing, damaged, or holds no book or no trades.
        """
        self._path = path
        head: list[bytes] = []
        tail: list[bytes] = []
        try:
            with gzip.open(path, "rb") as file:
                for line in file:
                    if len(head) < _HEAD_LINES:
                        head.append(line)
                    tail.append(line)
                    if len(tail) >= 2 * _TAIL_LINES:
                        del tail[:_TAIL_LINES]
        except _READ_ERRORS as cause:
            raise self._refused(f"a readable gzip file ({cause})") from cause
        try:
            self.facts = self._learn(head, tail[-_TAIL_LINES:], symbol)
        except (msgspec.DecodeError, FeedError) as cause:
            raise self._refused(f"lines of `<stamp> <json>` ({cause})") from cause
        self._lattice = Lattice(self.facts.contract)

    def _refused(self, expected: str) -> ConfigError:
        """Return the error of a file that is no tape."""
        return ConfigError("tape", str(self._path), expected, "record or copy it again")

    def _learn(self, head: list[bytes], tail: list[bytes], symbol: str | None) -> TapeFacts:
        """Find the facts in the first and last lines."""
        named = ""
        starts: list[int] = []
        snapshot: _Frame | None = None
        first_trade: _Trade | None = None
        has_mark = False
        for line in head:
            frame = _frame.decode(line.partition(b" ")[2])
            if not frame.stream:
                snapshot = snapshot or frame
                starts.append(frame.transaction_ms)
                continue
            stamps = _stamps.decode(frame.data)
            is_mark = "@markPrice" in frame.stream
            starts.append(stamps.event_ms if is_mark else stamps.transaction_ms)
            has_mark = has_mark or is_mark
            named = named or stamps.symbol
            if first_trade is None and frame.stream.endswith("@trade"):
                first_trade = _trade.decode(frame.data)
        if snapshot is None or first_trade is None:
            raise self._refused("a depth snapshot and a trade among the first lines")
        if symbol not in (None, named):
            raise ConfigError("symbols", symbol, named, "that is what the tape holds; leave it out")
        ends = [self._stamp_ms(line) for line in tail]
        levels = [*snapshot.bids, *snapshot.asks, (first_trade.price, first_trade.quantity)]
        contract = refine(
            contract_for(named), (price for price, _ in levels), (size for _, size in levels)
        )
        return TapeFacts(
            contract=contract,
            start_ns=min(starts) * NS_PER_MS,
            end_ns=max(ends) * NS_PER_MS,
            first_price=Lattice(contract).price(first_trade.price),
            has_mark=has_mark,
        )

    @staticmethod
    def _stamp_ms(line: bytes) -> int:
        """Return a line's exchange time."""
        frame = _frame.decode(line.partition(b" ")[2])
        if not frame.stream:
            return frame.transaction_ms
        stamps = _stamps.decode(frame.data)
        return stamps.event_ms if "@markPrice" in frame.stream else stamps.transaction_ms

    def events(self) -> Iterator[TapeEvent]:
        """Read the tape from its start, in the order of the file.

        Raises:
            FeedError: when a line cannot be understood.
        """
        number = 0
        try:
            with gzip.open(self._path, "rb") as file:
                for number, line in enumerate(file, start=1):  # noqa: B007 (named in the error)
                    if b"@bookTicker" in line[:80]:
                        continue
                    event = self._event(_frame.decode(line.partition(b" ")[2]))
                    if event is not None:
                        yield event
        except (*_READ_ERRORS, msgspec.DecodeError, InvalidOperation, FeedError) as cause:
            raise FeedError(f"{self._path}: line {number}: {cause}") from cause

    def _event(self, frame: _Frame) -> TapeEvent | None:
        """Turn one line into an event, or into nothing if it is no public market data."""
        if not frame.stream:
            book = TapeBook(
                self._levels(frame.bids), self._levels(frame.asks), frame.last_update_id
            )
            return TapeEvent(frame.transaction_ms * NS_PER_MS, book)
        kind = frame.stream.partition("@")[2]
        if kind.startswith("depth"):
            diff = _depth.decode(frame.data)
            bids, asks = self._levels(diff.bids), self._levels(diff.asks)
            content = TapeDiff(bids, asks, diff.first_id, diff.last_id, diff.previous_id)
            return TapeEvent(diff.transaction_ms * NS_PER_MS, content)
        if kind == "trade":
            trade = _trade.decode(frame.data)
            quantity = self._lattice.quantity(trade.quantity)
            if trade.kind == "INSURANCE_FUND" or quantity == 0:
                return None
            price = self._lattice.price(trade.price)
            return TapeEvent(
                trade.transaction_ms * NS_PER_MS,
                TapeTrade(price, quantity, not trade.is_buyer_maker),
            )
        if kind.startswith("markPrice"):
            mark = _mark.decode(frame.data)
            next_ns = mark.next_funding_ms * NS_PER_MS
            prices = Decimal(mark.mark), Decimal(mark.index), Decimal(mark.rate)
            return TapeEvent(mark.event_ms * NS_PER_MS, TapeMark(*prices, next_ns))
        return None

    def _levels(self, rows: list[tuple[str, str]]) -> Levels:
        """Turn recorded levels into ticks and steps."""
        lattice = self._lattice
        return tuple((lattice.price(price), lattice.quantity(size)) for price, size in rows)
