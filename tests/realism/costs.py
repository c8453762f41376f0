"""``python -m tests.realism.costs``: what a taker pays on the recorded books, by every model.

Once a second a round trip of each size meets the book as it was: by ``book_walk``, and by the
two formulas that stand in where no book is shown. Cost: the average beyond the middle of one
side, in basis points. In brackets what others measured on the same books (``MEASURED``).

The formulas take a day of BTCUSDT as ``SIGMA_DAY`` and ``TURNOVER_DAY_USDT`` say, not the
recording's own, of which eight minutes are at hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from math import sqrt
from pathlib import Path
from statistics import fmean
from typing import Final, NamedTuple

from msgspec import structs

from tests.realism.bursts import TAPES, moved, shown
from tests.support.bench import Bench
from tests.support.market import bar, book
from tests.support.recordings import command_on_recordings, is_recorded
from trading.broker.matching import Consumption
from trading.broker.takers import Sight, taker_of
from trading.exchange.book import Book
from trading.exchange.recorded.tape import in_order, open_tape
from trading.market.state import SymbolMarket
from trading.model.events import BookUpdate
from trading.model.numbers import BPS, NS_PER_S, ZERO, exact, floor_to_step
from trading.model.orders import Side
from trading.model.presets import Assumptions, TakerModelName

NOTIONALS_USDT: Final = (10_000, 100_000, 1_000_000, 5_000_000)
DEPTH: Final = 1_000
SIGMA_DAY: Final = 0.025
TURNOVER_DAY_USDT: Final = 15e9
"""Source: the worked example of the realism reference, 3.2."""
MEASURED: Final = {
    "2023-04": ((0.03, 0.26), (0.12, 0.56), (1.04, 1.58), (3.4, 4.8)),
    "2024-07": ((0.01, 0.04), (0.03, 0.29), (0.33, 0.87), (1.9, 2.6)),
}
"""Mean and 99th percentile, by notional. Source: realism reference, 3.1."""


class Costs(NamedTuple):
    """What orders of one size paid, in basis points."""

    mean: float
    p99: float


def books_of(path: Path, every_s: float = 1.0) -> Iterator[BookUpdate]:
    """Yield a recording's book, whole, once in a while.

    Raises:
        ConfigError: when there is no such recording.
    """
    tape = open_tape(path, None)
    price_scale = Decimal(1).scaleb(-tape.facts.contract.price_decimals)
    size_scale = Decimal(1).scaleb(-tape.facts.contract.quantity_decimals)
    built, last_id, due_ns = Book(), 0, 0
    for ns, content in in_order(tape.events()):
        if ns >= due_ns and built.is_known():
            due_ns = ns + round(every_s * NS_PER_S)
            bids, asks = (
                shown(side, price_scale, size_scale, DEPTH) for side in (built.bids, built.asks)
            )
            yield book(bids, asks)
        last_id = moved(built, content, last_id)


def market_at(price: float) -> SymbolMarket:
    """Return a market whose two closed minutes are those of the day that is assumed."""
    made = Bench().market
    volume = TURNOVER_DAY_USDT / 1_440 / price
    for index, close in enumerate((price, price * (1 + SIGMA_DAY / sqrt(1_440)))):
        made.candles.push(structs.replace(bar(index, close), volume=volume), 0, [])
    return made


def cost_bps(
    name: TakerModelName, side: Side, notional_usdt: float, seen: BookUpdate
) -> float | None:
    """Return what an order pays beyond the middle; None: there is not as much to be had."""
    model = taker_of(replace(Assumptions(), taker_model=name, bar_volume_share_max=1.0))
    middle = (seen.bids[0][0] + seen.asks[0][0]) / 2
    market = market_at(middle)
    is_walk = name == "book_walk"
    sight = Sight(market, middle, seen if is_walk else None)
    wanted = floor_to_step(exact(notional_usdt / middle), market.instrument.quantity_step)
    quotes = model.take(side, wanted, None, sight, Consumption())
    if sum((quantity for _, quantity in quotes), ZERO) < wanted:
        return None
    average = sum((price * quantity for price, quantity in quotes), ZERO) / wanted
    return float((average / exact(middle) - 1) * side.sign * BPS)


def costs(name: TakerModelName, notional_usdt: float, books: Sequence[BookUpdate]) -> Costs:
    """Return what one side of a round trip of a size paid on each of the books."""
    paid = []
    for seen in books:
        trip = [cost_bps(name, side, notional_usdt, seen) for side in Side]
        had = [cost for cost in trip if cost is not None]
        if len(had) == len(trip):
            paid.append(fmean(had))
    return Costs(fmean(paid), sorted(paid)[len(paid) * 99 // 100])


def main(words: Sequence[str] | None = None) -> int:
    """Print each size's cost on every recording, by every model."""
    parser = command_on_recordings("tests.realism.costs")
    parser.add_argument("--every-s", type=float, default=1.0, help="time between two orders")
    options = parser.parse_args(words)
    write = sys.stdout.write
    write("bps beyond the middle: by the book, mean/p99 (measured); square_root; linear\n")
    for (name, measured), path in zip(MEASURED.items(), TAPES, strict=True):
        if not is_recorded(options.data / path):
            return 1
        books = list(books_of(options.data / path, options.every_s))
        for notional, (mean, p99) in zip(NOTIONALS_USDT, measured, strict=True):
            walked = costs("book_walk", notional, books)
            roots, lines = (costs(each, notional, books[:1]) for each in ("square_root", "linear"))
            write(
                f"{name} {notional:9,} USDT  {walked.mean:5.2f}/{walked.p99:4.2f}"
                f" ({mean:.2f}/{p99:.2f})  {roots.mean:5.2f}  {lines.mean:8.2f}\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
