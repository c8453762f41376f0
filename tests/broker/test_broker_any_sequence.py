"""Any sequence of orders, cancels and market data: what must hold holds after every event.

Position is the sum of fills, the ledger conserves, protection covers exactly what is open, nothing
reduce-only opens or flips, no fill rests on data older than the order's arrival, and none is
better than the book it met.
"""

from decimal import Decimal
from random import Random

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, Levels, ns
from trading.account.terms import MarginTerms
from trading.config import ExecutionConfig
from trading.model.events import BookUpdate, OrderFilled, OrderSubmitted
from trading.model.numbers import ZERO, exact
from trading.model.orders import Liquidity, OrderRole, Side, TimeInForce, TriggerSource
from trading.model.sides import PositionMode, PositionSide

D = Decimal
CONFIG = ExecutionConfig(latency_ms_min=20, latency_ms_max=400, trigger_latency_ms=10)
EVENTS = 700
ONE_WAY = MarginTerms()
HEDGE = MarginTerms(position_mode=PositionMode.HEDGE)
SEEDS = range(25)


class Storm:
    """A bench in random weather."""

    def __init__(self, seed: int, mode: str, terms: MarginTerms = ONE_WAY) -> None:
        """Draw everything from one seed; ``mode`` is ``book``, ``trades`` or ``bars``."""
        self.rng = Random(f"{seed} {mode}")
        self.mode = mode
        self.bench = Bench(config=CONFIG, seed=seed, terms=terms)
        self.tick = 1_000
        self.at_ms = 0
        self.bars = 0
        self.seen = 0
        self.arrivals: dict[int, int] = {}
        self.taken: dict[tuple[Side, float], Decimal] = {}

    def run(self) -> None:
        """Let all of it happen, and look after each event."""
        for _ in range(EVENTS):
            positions = self.bench.account.positions_of(SYMBOL)
            before = {each.position_side: each.quantity for each in positions}
            self.step()
            self.look(before)

    def step(self) -> None:
        """Do one random thing."""
        bench, rng = self.bench, self.rng
        self.tick = max(100, self.tick + rng.choice((-30, -4, -1, 0, 0, 1, 4, 30)))
        if self.mode == "bars":
            self.orders()
            low, high = sorted(self.tick + rng.randint(-12, 12) for _ in range(2))
            opened, closed = rng.randint(low - 2, high + 2), rng.randint(low, high)
            bench.candle(self.bars, opened / 10, high / 10, low / 10, closed / 10)
            self.bars += 1
            return
        self.at_ms += rng.choice((1, 10, 50, 300))
        match rng.randint(0, 5):
            case 0 | 1 if self.mode == "book":
                self.show_book()
            case 2:
                bench.mark(self.tick / 10, self.at_ms)
            case 3:
                bench.time(self.at_ms)
                self.orders()
            case _:
                price = (self.tick + rng.randint(-3, 3)) / 10
                size = rng.choice((0.05, 0.5, 3.0))
                bench.trade(price, self.at_ms, quantity=size, taker=rng.choice(list(Side)))

    def show_book(self) -> None:
        """Show a random book, thin enough to fill in parts."""
        bids = self.levels(-1)
        asks = self.levels(1)
        self.bench.time(self.at_ms)
        self.taken.clear()
        self.bench.book(bids, asks, self.at_ms)

    def levels(self, sign: int) -> Levels:
        """Return one side of a book."""
        depth = self.rng.randint(1, 4)
        return tuple(
            ((self.tick + sign * (step + 1)) / 10, self.rng.choice((0.1, 0.3, 1.0, 2.5)))
            for step in range(depth)
        )

    def orders(self) -> None:
        """Send, cancel or close something."""
        bench, rng = self.bench, self.rng
        position = rng.choice(bench.account.positions_of(SYMBOL))
        quantity, which = position.quantity, position.position_side
        is_free = quantity == ZERO and not bench.broker.has_entry(SYMBOL, which)
        match rng.randint(0, 3):
            case 0 | 1 if is_free:
                side = which.opens or rng.choice(list(Side))
                away = rng.randint(2, 12)
                limit = rng.choice((None, f"{(self.tick - side.sign * rng.randint(-1, 3)) / 10}"))
                target = rng.choice((None, f"{(self.tick + side.sign * away * 2) / 10}"))
                bench.enter(
                    side,
                    D(rng.randint(1, 20_000)) / 10_000,
                    stop=f"{(self.tick - side.sign * away) / 10}",
                    target=target,
                    limit=limit,
                    tif=rng.choice(list(TimeInForce)),
                    by=TriggerSource.LAST
                    if self.mode == "bars"
                    else rng.choice(list(TriggerSource)),
                )
            case 2 if quantity != ZERO:
                share = rng.choice((1, 2, 3))
                amount = max(D("0.0001"), (abs(quantity) / share).quantize(D("0.0001")))
                bench.leave(amount, Side.SELL if quantity > ZERO else Side.BUY)
            case 3:
                for order in bench.live(OrderRole.ENTRY):
                    bench.cancel(order)
            case _:
                return

    def look(self, held: dict[PositionSide, Decimal]) -> None:
        """Hold every promise over what came of the last event."""
        bench = self.bench
        bench.check()
        fresh, self.seen = bench.out[self.seen :], len(bench.out)
        for each in fresh:
            if isinstance(each, OrderSubmitted):
                order = bench.broker.orders.get(each.order_id)
                late_ns = each.at_ns if order is None else order.arrival_exchange_ns
                self.arrivals[each.order_id] = min(late_ns, each.arrival_ns)
            elif isinstance(each, OrderFilled):
                before = held[each.position_side]
                after = before + each.side.sign * each.quantity
                if each.role is not OrderRole.ENTRY:
                    assert abs(after) < abs(before)
                    assert after * before >= ZERO
                held[each.position_side] = after
                if self.mode != "bars":
                    assert each.exchange_ns >= self.arrivals[each.order_id]
                if self.mode == "book" and each.liquidity is Liquidity.TAKER:
                    self.look_at_taker(each)

    def look_at_taker(self, fill: OrderFilled) -> None:
        """Hold that a taker got a level of the book it met, and no more than that showed."""
        book = self.bench.market.book
        assert isinstance(book, BookUpdate)
        assert fill.exchange_ns == book.exchange_ns <= ns(self.at_ms)
        levels = book.asks if fill.side is Side.BUY else book.bids
        shown = {exact(price): size for price, size in levels}
        assert fill.price in shown
        level = (fill.side, float(fill.price))
        self.taken[level] = self.taken.get(level, ZERO) + fill.quantity
        assert self.taken[level] <= exact(shown[fill.price])


@pytest.mark.parametrize("terms", [ONE_WAY, HEDGE], ids=["one_way", "hedge"])
@pytest.mark.parametrize("mode", ["book", "trades", "bars"])
def test_any_sequence_keeps_every_promise(mode: str, terms: MarginTerms) -> None:
    """Random weather from many seeds; and the weather is not always fair: things happened."""
    fills: list[OrderFilled] = []
    roles: set[OrderRole] = set()
    for seed in SEEDS:
        storm = Storm(seed, mode, terms)
        storm.run()
        fills += storm.bench.fills()
        roles |= {each.role for each in storm.bench.fills()}

    assert {OrderRole.ENTRY, OrderRole.EXIT, OrderRole.STOP, OrderRole.TARGET} == roles
    assert len(fills) > 20 * len(SEEDS)
    assert {Liquidity.TAKER, Liquidity.MAKER} == {each.liquidity for each in fills}
    assert set(terms.position_mode.sides) == {each.position_side for each in fills}


@pytest.mark.parametrize("mode", ["book", "trades", "bars"])
def test_the_same_weather_gives_the_same_fills(mode: str) -> None:
    """One seed, one story; another seed, another."""
    stories = []
    for seed in (1, 1, 2):
        storm = Storm(seed, mode)
        storm.run()
        stories.append(storm.bench.out)

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


def mirrored(tick: int) -> float:
    """Return a price as far above 100 as a tick count is below it."""
    return (2_000 - tick) / 10


@pytest.mark.parametrize("seed", range(8))
def test_long_and_short_are_mirror_images(seed: int) -> None:
    """Turned upside down around 100, the same story earns the same before fees, fill by fill."""
    rng = Random(seed)
    up, down = Bench(seed=seed), Bench(seed=seed)
    side = rng.choice(list(Side))
    tick = 1_000
    for step in range(600):
        at_ms = 50 * (step + 1)
        tick += rng.randint(-3, 3)
        sizes = [rng.choice((0.2, 1.0)) for _ in range(4)]
        bids = [(tick - 1, sizes[0]), (tick - 2, sizes[1])]
        asks = [(tick + 1, sizes[2]), (tick + 2, sizes[3])]
        if rng.random() < 0.5:
            up.book(tuple((t / 10, q) for t, q in bids), tuple((t / 10, q) for t, q in asks), at_ms)
            down.book(
                tuple((mirrored(t), q) for t, q in asks),
                tuple((mirrored(t), q) for t, q in bids),
                at_ms,
            )
        else:
            taker = rng.choice(list(Side))
            up.trade(tick / 10, at_ms, quantity=0.7, taker=taker)
            down.trade(mirrored(tick), at_ms, quantity=0.7, taker=taker.opposite)
        if step % 40 == 0:
            for bench in (up, down):
                for order in bench.live(OrderRole.ENTRY):
                    bench.cancel(order)
        if up.quantity == ZERO and not up.broker.orders:
            away, limit = 8, rng.choice((None, tick - side.sign))
            for bench, sign, at in ((up, 1, lambda t: t / 10), (down, -1, mirrored)):
                bench.enter(
                    side if sign > 0 else side.opposite,
                    "1",
                    stop=str(at(tick - side.sign * away)),
                    target=str(at(tick + side.sign * away)),
                    limit=None if limit is None else str(at(limit)),
                )

    assert len(up.fills()) > 3
    assert [(f.role, f.quantity, f.exchange_ns, f.liquidity) for f in up.fills()] == [
        (f.role, f.quantity, f.exchange_ns, f.liquidity) for f in down.fills()
    ]
    assert [f.price for f in up.fills()] == [200 - f.price for f in down.fills()]
    assert up.quantity == -down.quantity
