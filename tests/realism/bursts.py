"""``python -m tests.realism.bursts``: taker bursts of the recordings, repeated by our own orders.

A burst is every print of one side in one millisecond: one taker order, or a few, sweeping the
book. Its shadow is a market order of the same size at the paper broker, without latency, on the
book as it stood before that millisecond. If the broker fills as the market would have, the two
average prices agree. Each shadow has a broker of its own: the tape never saw our orders.

The recorded book moves in messages of some milliseconds. A burst that follows another before the
book has moved is judged apart: its shadow meets levels the first one has eaten already.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path
from statistics import median

from tests.support.bench import Bench
from tests.support.instant import INSTANT
from tests.support.market import Levels
from tests.support.recordings import command_on_recordings, is_recorded
from trading.exchange.book import Book, BookSide
from trading.exchange.recorded.tape import (
    Content,
    TapeBook,
    TapeDiff,
    TapeTrade,
    in_order,
    open_tape,
)
from trading.model.numbers import BPS, ZERO
from trading.model.orders import Side

TAPES = (
    "l2_raw/binance_um_BTCUSDT_20230404T2358_20230405T0006.raw.jsonl.gz",
    "l2_raw/binance_um_BTCUSDT_20240718T2357_20240719T0005.raw.jsonl.gz",
)
DEPTH = 100
"""Levels a side the shadow may walk; the largest burst of the recordings took 69."""
CLOSE_BPS = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What one side took in one millisecond, and the book it took it from."""

    exchange_ns: int
    side: Side
    quantity: Decimal
    value: Decimal
    prices: int
    """At how many different prices it traded."""
    is_first: bool
    """Whether it is the first since the book last changed: later ones met a book already eaten."""
    bids: Levels
    asks: Levels

    @property
    def average(self) -> Decimal:
        """Its volume-weighted average price."""
        return self.value / self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A burst, and what our own order of its size came to."""

    burst: Burst
    filled: Decimal
    value: Decimal

    @property
    def is_whole(self) -> bool:
        """Whether our order was filled in full."""
        return self.filled == self.burst.quantity

    @property
    def error_bps(self) -> Decimal:
        """How much worse our average is than the burst's; below 0: better, a gift."""
        own, theirs = self.value / self.filled, self.burst.average
        return self.burst.side.sign * (own - theirs) / theirs * BPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well shadows and bursts agree. Errors are in basis points of the burst's average."""

    bursts: int
    """All of them; the errors are of those whose shadow was filled at all."""
    swept: int
    """Bursts that traded at more than one price."""
    unfilled: int
    median_bps: Decimal
    mean_bps: Decimal
    p95_bps: Decimal
    """95 % of the errors are at most this large, either way."""
    within: Decimal
    """Share of bursts whose error is at most half a basis point, either way."""
    best_bps: Decimal
    worst_bps: Decimal


def bursts_of(path: Path) -> Iterator[Burst]:
    """Yield the bursts of a recording in order, each with the book before its millisecond.

    The insurance fund's prints are no taker's and are not on the tape.
    """
    tape = open_tape(path, None)
    contract = tape.facts.contract
    price_scale = Decimal(1).scaleb(-contract.price_decimals)
    size_scale = Decimal(1).scaleb(-contract.quantity_decimals)
    book, last_id, at_ns, is_first = Book(), 0, 0, True
    taken: dict[Side, list[TapeTrade]] = {Side.BUY: [], Side.SELL: []}

    def close() -> Iterator[Burst]:
        """Give out the bursts of the millisecond that is over."""
        nonlocal is_first
        if not book.is_known():
            taken[Side.BUY].clear()
            taken[Side.SELL].clear()
        for side, trades in taken.items():
            if not trades:
                continue
            yield Burst(
                exchange_ns=at_ns,
                side=side,
                quantity=sum(each.quantity for each in trades) * size_scale,
                value=sum(each.price * each.quantity for each in trades) * price_scale * size_scale,
                prices=len({each.price for each in trades}),
                is_first=is_first,
                bids=shown(book.bids, price_scale, size_scale),
                asks=shown(book.asks, price_scale, size_scale),
            )
            trades.clear()
            is_first = False

    for ns, content in in_order(tape.events()):
        if ns != at_ns or not isinstance(content, TapeTrade):
            yield from close()
            at_ns = ns
        if isinstance(content, TapeTrade):
            taken[Side.BUY if content.is_buy else Side.SELL].append(content)
            continue
        now_id = moved(book, content, last_id)
        is_first = is_first or (isinstance(content, TapeDiff) and now_id > last_id)
        last_id = now_id
    yield from close()


def moved(book: Book, content: Content, last_id: int) -> int:
    """Let what a tape tells move a book that is as of an update; return as of which it is now."""
    if isinstance(content, TapeBook):
        book.bids.replace(content.bids)
        book.asks.replace(content.asks)
        return content.last_id
    if isinstance(content, TapeDiff) and content.last_id > last_id > 0:
        for price, size in content.bids:
            book.bids.set(price, size)
        for price, size in content.asks:
            book.asks.set(price, size)
        return content.last_id
    return last_id


def shown(side: BookSide, price_scale: Decimal, size_scale: Decimal, depth: int = DEPTH) -> Levels:
    """Return the best levels of one side, as a feed tells them."""
    return tuple(
        (float(level.price * price_scale), float(level.size * size_scale))
        for level in side.levels(depth)
    )


def shadow(burst: Burst) -> Shadow:
    """Send the burst's size to a fresh broker, and show it the book before the burst."""
    bench = Bench(config=INSTANT)
    bench.plain(burst.side, burst.quantity)
    bench.book(burst.bids, burst.asks, at_ms=1)
    fills = bench.fills()
    return Shadow(
        burst=burst,
        filled=sum((fill.quantity for fill in fills), ZERO),
        value=sum((fill.price * fill.quantity for fill in fills), ZERO),
    )


@lru_cache(maxsize=len(TAPES))
def shadows_of(path: Path, most: int | None = None) -> tuple[Shadow, ...]:
    """Return the shadows of a recording's first ``most`` bursts, or of all."""
    return tuple(shadow(burst) for burst in islice(bursts_of(path), most))


def agreement(shadows: tuple[Shadow, ...]) -> Agreement:
    """Return how well the shadows agree with the tape; there must be some."""
    errors = [each.error_bps for each in shadows if each.filled > ZERO]
    sizes = sorted(abs(each) for each in errors)
    return Agreement(
        bursts=len(shadows),
        swept=sum(each.burst.prices > 1 for each in shadows),
        unfilled=sum(not each.is_whole for each in shadows),
        median_bps=median(errors),
        mean_bps=sum(errors, ZERO) / len(errors),
        p95_bps=sizes[len(sizes) * 95 // 100],
        within=Decimal(sum(each <= CLOSE_BPS for each in sizes)) / len(sizes),
        best_bps=min(errors),
        worst_bps=max(errors),
    )


COLUMNS = ("bursts", "swept", "part", "median", "mean", "95 % in", "within 0.5", "best", "worst")


def row(found: Agreement) -> str:
    """Return one line of the table."""
    errors = (found.median_bps, found.mean_bps, found.p95_bps)
    return (
        f"{found.bursts:>11}{found.swept:>11}{found.unfilled:>11}"
        + "".join(f"{each:>11.3f}" for each in errors)
        + f"{found.within:>11.2%}{found.best_bps:>11.3f}{found.worst_bps:>11.3f}"
    )


def main(words: Sequence[str] | None = None) -> int:
    """Print how well the paper broker's takers agree with the tape's."""
    parser = command_on_recordings("tests.realism.bursts")
    parser.add_argument("--most", type=int, default=None, help="bursts a tape; all by default")
    options = parser.parse_args(words)
    write = sys.stdout.write
    write("own average against the burst's, in bps; above 0: we pay more\n")
    write(" " * 34 + "".join(f"{name:>11}" for name in COLUMNS) + "\n")
    for name in TAPES:
        path = options.data / name
        if not is_recorded(path):
            return 1
        shadows = shadows_of(path, options.most)
        write(f"{path.name.partition('.')[0]}\n")
        for title, group in (
            ("all", shadows),
            ("first since the book moved", tuple(s for s in shadows if s.burst.is_first)),
            ("later: on a book already eaten", tuple(s for s in shadows if not s.burst.is_first)),
        ):
            write(f"  {title:<32}{row(agreement(group)) if group else '  none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
