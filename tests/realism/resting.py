"""``python -m tests.realism.resting``: minimal orders resting at the best price of the recordings.

Every second one lot step is laid at the best bid and at the best ask and left there for half a
minute, at the paper broker, without latency. Each has a broker of its own: the tape never saw our
orders. What a maker model makes of them (filled within 1, 5 and 30 s; the mid a second after the
fill against its price) stands beside what others measured on the same recordings (``MEASURED``).

The book is the recording's at every 100 ms, 20 levels a side; of prints none is left out but those
of the insurance fund.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Final, NamedTuple

import pyarrow.parquet as pq

from tests.support.bench import Bench
from tests.support.instant import INSTANT
from tests.support.market import Levels
from tests.support.recordings import command_on_recordings, is_recorded
from trading.model.orders import Side
from trading.model.presets import MakerModelName

TAPES: Final = {
    "2023-04": "l2_derived/binance_um_BTCUSDT_20230404_2358_0006",
    "2024-07": "l2_derived/binance_um_BTCUSDT_20240718_2357_0005",
}
MODELS: Final[tuple[MakerModelName, ...]] = ("touch", "power", "risk_averse", "trade_through")
"""From the most generous to the most severe."""
LIVES_S: Final = (1, 5, 30)
LEVELS: Final = 20
LOT: Final = "0.001"


@dataclass(frozen=True, slots=True)
class Rates:
    """What becomes of resting orders: percent filled within each life, and the mean markout."""

    filled_pct: tuple[float, float, float]
    markout_bps: float


MEASURED: Final[dict[str, dict[MakerModelName, Rates]]] = {
    "2023-04": {
        "touch": Rates((87, 96, 98), -0.03),
        "power": Rates((16, 46, 85), -0.44),
        "risk_averse": Rates((16, 45, 84), -0.46),
        "trade_through": Rates((13, 39, 76), -0.61),
    },
    "2024-07": {
        "touch": Rates((80, 96, 97), -0.05),
        "power": Rates((13, 37, 73), -0.58),
        "risk_averse": Rates((12, 35, 69), -0.66),
        "trade_through": Rates((11, 32, 61), -0.81),
    },
}
"""What an implementation of its own found on these tapes. Source: realism reference, 3.3."""


class Shown(NamedTuple):
    """A book, as it stood before its stamp."""

    at_ms: int
    bids: Levels
    asks: Levels

    @property
    def mid(self) -> float:
        """The middle between the best prices."""
        return (self.bids[0][0] + self.asks[0][0]) / 2


class Printed(NamedTuple):
    """A taker's trade."""

    at_ms: int
    price: float
    quantity: float
    taker: Side


class Tape:
    """A recording's books and prints in order, and its mids. Times are milliseconds."""

    def __init__(self, books: Sequence[Shown], prints: Sequence[Printed]) -> None:
        """Put them in order: a book is the state before its stamp, prints of its time follow."""
        both: list[Shown | Printed] = [*books, *prints]
        self.events = sorted(both, key=lambda each: (each.at_ms, isinstance(each, Printed)))
        self._books = books
        self._book_ms = [each.at_ms for each in books]
        self._event_ms = [each.at_ms for each in self.events]

    @property
    def span_ms(self) -> range:
        """From the first book to the last."""
        return range(self._book_ms[0], self._book_ms[-1])

    def book_at(self, at_ms: int) -> Shown | None:
        """Return the first book stamped at a time or later; None: the recording is over."""
        index = bisect_left(self._book_ms, at_ms)
        return self._books[index] if index < len(self._books) else None

    def after(self, book: Shown, until_ms: int) -> list[Shown | Printed]:
        """Return what follows a book, up to a time."""
        begin = bisect_left(self._event_ms, book.at_ms) + 1
        return self.events[begin : bisect_left(self._event_ms, until_ms)]


class Trial(NamedTuple):
    """What became of one resting order; None: it was not filled, or the recording ended."""

    waited_ms: float | None
    markout_bps: float | None


@lru_cache(maxsize=len(TAPES))
def read_tape(stem: Path) -> Tape:
    """Read the recording whose files begin with ``stem``.

    Raises:
        FileNotFoundError: when it is not there.
    """
    books = []
    for row in pq.read_table(f"{stem}_book20_100ms.parquet").to_pylist():
        bids, asks = (
            tuple((row[f"{side}p{n}"], row[f"{side}q{n}"]) for n in range(LEVELS)) for side in "ba"
        )
        books.append(Shown(row["ts_ms"], bids, asks))
    prints = [
        Printed(row["ts_ms"], row["price"], row["qty"], _taker(is_sell=row["buyer_is_maker"]))
        for row in pq.read_table(f"{stem}_trades.parquet").to_pylist()
        if row["x_type"] == "MARKET"
    ]
    return Tape(books, prints)


def _taker(*, is_sell: bool) -> Side:
    return Side.SELL if is_sell else Side.BUY


def trials(tape: Tape, model: MakerModelName, every_ms: int) -> list[Trial]:
    """Lay an order at the best price of either side every so often, and see what becomes of it."""
    span = tape.span_ms
    begins = range(span.start, span.stop - LIVES_S[-1] * 1_000, every_ms)
    books = [book for book in map(tape.book_at, begins) if book is not None]
    return [_trial(tape, model, side, book) for book in books for side in Side]


def _trial(tape: Tape, model: MakerModelName, side: Side, book: Shown) -> Trial:
    bench = Bench(config=replace(INSTANT, maker_model=model))
    bench.book(book.bids, book.asks, at_ms=0)
    best = (book.bids if side is Side.BUY else book.asks)[0][0]
    bench.plain(side, LOT, limit=repr(best))
    bench.time(0)
    for event in tape.after(book, book.at_ms + LIVES_S[-1] * 1_000):
        waited_ms = event.at_ms - book.at_ms
        if isinstance(event, Shown):
            bench.book(event.bids, event.asks, at_ms=waited_ms)
        else:
            bench.trade(event.price, waited_ms, quantity=event.quantity, taker=event.taker)
        if bench.fills():
            price = float(bench.fills()[0].price)
            later = tape.book_at(event.at_ms + 1_000)
            markout = None if later is None else side.sign * (later.mid - price) / price * 1e4
            return Trial(waited_ms, markout)
    return Trial(None, None)


def rates(found: Sequence[Trial]) -> Rates:
    """Return the share filled within each life, and the mean markout of what was filled."""
    waited = [each.waited_ms for each in found if each.waited_ms is not None]
    one, five, thirty = (
        100 * sum(each <= life_s * 1_000 for each in waited) / len(found) for life_s in LIVES_S
    )
    markouts = [each.markout_bps for each in found if each.markout_bps is not None]
    return Rates((one, five, thirty), fmean(markouts) if markouts else 0.0)


def main(words: Sequence[str] | None = None) -> int:
    """Print every model's rates on every recording, beside what was measured by others."""
    parser = command_on_recordings("tests.realism.resting")
    parser.add_argument("--every-ms", type=int, default=1_000, help="time between two trials")
    options = parser.parse_args(words)
    write = sys.stdout.write
    write("filled within 1/5/30 s, %; markout after 1 s, bps; in brackets: measured by others\n")
    for name, stem in TAPES.items():
        if not is_recorded(options.data / stem):
            return 1
        tape = read_tape(options.data / stem)
        for model in MODELS:
            found = trials(tape, model, options.every_ms)
            write(
                f"{name}  {model:13}  {len(found):5} orders  {_row(rates(found))}"
                f"  ({_row(MEASURED[name][model])})\n"
            )
    return 0


def _row(shown: Rates) -> str:
    filled = "/".join(f"{each:.0f}" for each in shown.filled_pct)
    return f"{filled:9} {shown.markout_bps:+.2f}"


if __name__ == "__main__":
    sys.exit(main())
