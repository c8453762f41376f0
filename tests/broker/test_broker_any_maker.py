"""Whatever prints and books come, no maker model fills what did not trade.

Every fill of a resting order is at its own price, rests on the very event it was made at, and all
of an event's fills together are no more than what the event had for them: a print its quantity, a
book what its other side shows at the price or better, less what was taken of it before.
"""

from decimal import Decimal
from random import Random

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, Levels, ns
from trading.config import ExecutionConfig
from trading.model.events import OrderFilled
from trading.model.numbers import ZERO, exact
from trading.model.orders import Liquidity, Side
from trading.model.presets import MakerModelName

D = Decimal
MODELS: tuple[MakerModelName, ...] = ("touch", "power", "risk_averse", "trade_through")
EVENTS = 400
SEEDS = range(12)


class Queue:
    """A bench on which limit orders rest on both sides of a market that moves about."""

    def __init__(self, seed: int, model: MakerModelName, *, has_book: bool) -> None:
        """Draw everything from one seed, the same for every model."""
        config = ExecutionConfig(maker_model=model, latency_ms_min=0, latency_ms_max=0)
        self.rng = Random(seed)
        self.bench = Bench(config=config, seed=seed)
        self.has_book = has_book
        self.tick = 1_000
        self.at_ms = 0
        self.made: list[OrderFilled] = []

    def run(self) -> None:
        """Let things happen, and look at the fills of each."""
        if self.has_book:
            self.book()
        for _ in range(EVENTS):
            self.at_ms += 10
            self.tick += self.rng.choice((-2, -1, 0, 0, 1, 2))
            what = self.rng.random()
            if what < 0.25:
                self.order()
            elif what < 0.6 and self.has_book:
                self.book()
            else:
                self.print()

    def order(self) -> None:
        """Lay an order near the market; or take the oldest back."""
        live = self.bench.broker.live(SYMBOL)
        if len(live) > 5:
            self.bench.cancel(live[0])
        side = self.rng.choice(list(Side))
        limit = (self.tick - side.sign * self.rng.randint(0, 3)) / 10
        quantity = D(self.rng.randint(1, 30)) / 10
        self.bench.time(self.at_ms)
        self.bench.plain(side, quantity, limit=str(limit))
        self.bench.time(self.at_ms)

    def levels(self, sign: int) -> Levels:
        """Return one side of a thin book."""
        return tuple(
            ((self.tick + sign * (step + 1)) / 10, self.rng.choice((0.2, 0.7, 2.0)))
            for step in range(3)
        )

    def book(self) -> None:
        """Show a book; what it makes of resting orders, its other side must have shown."""
        bids, asks = self.levels(-1), self.levels(1)
        before = len(self.bench.out)
        self.bench.book(bids, asks, self.at_ms)
        for side, opposite in ((Side.BUY, asks), (Side.SELL, bids)):
            fills = self.fresh(before, side)
            if fills:
                worst = max(side.sign * fill.price for fill in fills) * side.sign
                shown = sum(
                    exact(size)
                    for price, size in opposite
                    if (worst - exact(price)) * side.sign >= ZERO
                )
                assert sum(fill.quantity for fill in fills) <= shown

    def print(self) -> None:
        """Print a trade; both sides' orders are filled of no more than it, at prices it reached."""
        price = (self.tick + self.rng.randint(-2, 2)) / 10
        size = self.rng.choice((0.1, 0.5, 3.0))
        taker = self.rng.choice(list(Side))
        before = len(self.bench.out)
        self.bench.trade(price, self.at_ms, quantity=size, taker=taker)
        for side in Side:
            fills = self.fresh(before, side)
            assert sum(fill.quantity for fill in fills) <= exact(size)
            for fill in fills:
                assert (fill.price - exact(price)) * side.sign >= ZERO
                assert side is not taker or not self.has_book

    def fresh(self, before: int, side: Side) -> list[OrderFilled]:
        """Return the maker fills of one side since an index, each at its order's own price."""
        fills = [
            each
            for each in self.bench.out[before:]
            if isinstance(each, OrderFilled)
            and each.liquidity is Liquidity.MAKER
            and each.side is side
        ]
        for fill in fills:
            assert ns(self.at_ms) == fill.exchange_ns
        self.made += fills
        return fills


@pytest.mark.parametrize("has_book", [True, False], ids=["book", "prints"])
@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_filled_that_did_not_trade(model: MakerModelName, *, has_book: bool) -> None:
    """Random weather from many seeds, of which each gives fills."""
    for seed in SEEDS:
        queue = Queue(seed, model, has_book=has_book)
        queue.run()

        assert queue.made
