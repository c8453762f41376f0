"""What a tape holds, whatever its file format: events in order of exchange time.

Prices are whole ticks and sizes whole steps from here on. A tape is read lazily: only a few
seconds of it are in memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from trading.errors import ConfigError, FeedError
from trading.exchange.contract import Contract
from trading.model.numbers import NS_PER_S

REORDER_NS: Final = 5 * NS_PER_S
"""Feeds of one recording overtake each other by up to 2.7 s after a settlement (data README)."""

_LATTICE_TOLERANCE: Final = 1e-4

Levels = tuple[tuple[int, int], ...]
"""Price in ticks and size in steps, size 0 meaning the level is gone."""


class TapeTrade(NamedTuple):
    """A public trade."""

    price: int
    quantity: int
    is_buy: bool


class TapeBook(NamedTuple):
    """The whole book as of an instant; ``last_id`` is the last update it contains."""

    bids: Levels
    asks: Levels
    last_id: int


class TapeDiff(NamedTuple):
    """Levels that changed, in the updates ``first_id`` to ``last_id`` after ``previous_id``."""

    bids: Levels
    asks: Levels
    first_id: int
    last_id: int
    previous_id: int


class TapeMark(NamedTuple):
    """A mark-price message: prices as recorded, the funding rate estimate, the next settlement."""

    mark_price: Decimal
    index_price: Decimal
    rate: Decimal
    next_funding_ns: int


Content = TapeTrade | TapeBook | TapeDiff | TapeMark
# Of one instant, trades come first: the book that follows already has them taken out. A whole
# book comes before the changes to it.
_RANK: Final[dict[type, int]] = {TapeMark: 0, TapeTrade: 1, TapeBook: 2, TapeDiff: 3}


class TapeEvent(NamedTuple):
    """One thing that happened on the tape, at an exchange time."""

    ns: int
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeFacts:
    """What is known of a tape before it is played."""

    contract: Contract
    start_ns: int
    end_ns: int
    first_price: int
    """In ticks: where the made-up past ends."""
    has_mark: bool


class Tape(Protocol):
    """One recording."""

    @property
    def facts(self) -> TapeFacts:
        """What was found out when the tape was opened."""

    def events(self) -> Iterator[TapeEvent]:
        """Read the tape from its start, in the order of the file.

        Raises:
            FeedError: when a line or row cannot be understood; names the place.
        """


class Lattice:
    """Turns recorded numbers into ticks and steps, and refuses what lies between."""

    def __init__(self, contract: Contract) -> None:
        """Stand on a contract's decimals."""
        self._tick = 10**contract.price_decimals
        self._step = 10**contract.quantity_decimals

    def price(self, value: str | float) -> int:
        """Return a price in ticks.

        Raises:
            FeedError: when it is not a positive number on the lattice.
        """
        ticks = self._whole(value, self._tick)
        if ticks <= 0:
            raise FeedError(f"expected a price above 0, was {value!r}")
        return ticks

    def quantity(self, value: str | float) -> int:
        """Return a size in steps; 0 is allowed.

        Raises:
            FeedError: when it is not a number on the lattice, at least 0.
        """
        steps = self._whole(value, self._step)
        if steps < 0:
            raise FeedError(f"expected a size of at least 0, was {value!r}")
        return steps

    def _whole(self, value: str | float, scale: int) -> int:
        """Scale a recorded number to an integer."""
        try:
            scaled = float(value) * scale
            whole = round(scaled)
        except (ValueError, OverflowError) as cause:
            raise FeedError(f"expected a number, was {value!r}") from cause
        if abs(scaled - whole) > _LATTICE_TOLERANCE * max(1.0, abs(scaled) * 1e-9):
            raise FeedError(f"expected a multiple of {1 / scale:g}, was {value!r}")
        return whole


def decimals_of(values: Iterable[str | float]) -> int:
    """Return how many decimals the numbers need at most.

    >>> decimals_of(["28145.10", "3.868", "7"]), decimals_of([0.5, 2.0])
    (3, 1)
    """
    needed = 0
    for value in values:
        text = value if isinstance(value, str) else repr(value)
        needed = max(needed, len(text.partition(".")[2].rstrip("0")))
    return needed


def refine(
    contract: Contract, prices: Iterable[str | float], quantities: Iterable[str | float]
) -> Contract:
    """Return the contract, its lattice made finer where the tape's numbers need it."""
    return replace(
        contract,
        price_decimals=max(contract.price_decimals, decimals_of(prices)),
        quantity_decimals=max(contract.quantity_decimals, decimals_of(quantities)),
    )


def in_order(events: Iterable[TapeEvent]) -> Iterator[TapeEvent]:
    """Yield events by exchange time, however their feeds overtook each other within 5 s.

    Raises:
        FeedError: when an event is more than that late.
    """
    waiting: list[tuple[int, int, int, TapeEvent]] = []
    newest_ns = done_ns = 0
    for number, event in enumerate(events):
        if event.ns < done_ns:
            raise FeedError(
                f"tape: event {number} at {event.ns} ns is {(newest_ns - event.ns) / NS_PER_S:g} s "
                f"late; at most {REORDER_NS / NS_PER_S:g} s can be put in order"
            )
        newest_ns = max(newest_ns, event.ns)
        heapq.heappush(waiting, (event.ns, _RANK[type(event.content)], number, event))
        while waiting[0][0] < newest_ns - REORDER_NS:
            done_ns = waiting[0][0]
            yield heapq.heappop(waiting)[3]
    while waiting:
        yield heapq.heappop(waiting)[3]


def open_tape(path: Path, symbol: str | None) -> Tape:
    """Open a recording: ``*.raw.jsonl.gz``, or a directory or path prefix of Parquet files.

    ``symbol`` is needed only where the tape does not name it.

    Raises:
        ConfigError: when there is no such tape, or it is none.
    """
    if path.name.endswith(".jsonl.gz"):
        from trading.exchange.recorded.raw import RawTape  # noqa: PLC0415 (one format is read)

        return RawTape(path, symbol)
    if path.is_file():
        raise ConfigError(
            "tape",
            str(path),
            "a *.raw.jsonl.gz file, or a directory or prefix of Parquet files",
            "name one of these; `python -m trading.exchange --help` describes both",
        )
    from trading.exchange.recorded.parquet import ParquetTape  # noqa: PLC0415 (pyarrow is heavy)

    return ParquetTape(path, symbol)
