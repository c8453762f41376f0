"""A crowd of orders in a nervous market, and what their brackets cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

from tests.support.bench import CONFIG, Bench
from tests.support.market import SYMBOL
from trading.config import ExecutionConfig
from trading.model.numbers import ZERO
from trading.model.orders import (
    PROTECTIVE,
    Bracket,
    BracketScope,
    Order,
    OrderRole,
    OrderType,
    Side,
    TimeInForce,
    Trail,
    TriggerSource,
)

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
SLOW = replace(CONFIG, latency_ms_max=300.0)


def groups(bench: Bench) -> dict[int, list[Order]]:
    """Return the legs by the entry that brought them."""
    found: dict[int, list[Order]] = {}
    for order in bench.broker.live(SYMBOL):
        if order.request.role in PROTECTIVE:
            found.setdefault(order.parent_id, []).append(order)
    return found


def coverage(bench: Bench) -> dict[int, Decimal]:
    """Return what each group covers, which all of its legs must agree on."""
    covers = {}
    for parent_id, legs in groups(bench).items():
        (covers[parent_id],) = {leg.remaining for leg in legs}
    return covers


class Crowd:
    """Entries of both sides and scopes, exits, cancels, moves and a nervous market."""

    def __init__(self, seed: int, config: ExecutionConfig = SLOW) -> None:
        """Draw everything from one seed."""
        self.rng = Random(seed)
        self.bench = Bench(config=config, seed=seed)
        self.tick = 1_000
        self.at_ms = 0
        self.bench.trade(100.0, 0)
        self.bench.mark(100.0, 0)

    def run(self, events: int) -> Iterator[Decimal]:
        """Yield what was held before each event, after it has happened."""
        for _ in range(events):
            held = self.bench.quantity
            self.step()
            yield held

    def step(self) -> None:
        """Do one random thing."""
        bench, rng = self.bench, self.rng
        self.at_ms += rng.choice((5, 40, 200))
        self.tick += rng.choice((-6, -1, 0, 1, 6))
        match rng.randint(0, 5):
            case 0 | 1:
                size = rng.choice((0.2, 0.7, 3.0))
                price = self.tick / 10
                bids = ((round(price - 0.1, 1), size),)
                bench.book(bids, ((round(price + 0.1, 1), size),), self.at_ms)
            case 2:
                side = rng.choice(list(Side))
                bench.trade(self.tick / 10, self.at_ms, quantity=0.5, taker=side)
            case 3:
                bench.mark(self.tick / 10, self.at_ms)
            case _:
                bench.time(self.at_ms)
                self.order()

    def order(self) -> None:
        """Send, change or take back something."""
        bench, rng = self.bench, self.rng
        live = bench.broker.live(SYMBOL)
        match rng.randint(0, 5):
            case 0 | 1 if len(live) < 30:
                self.enter(rng.choice(list(Side)))
            case 2 if bench.quantity != ZERO:
                amount = max(D("0.0001"), (abs(bench.quantity) / 3).quantize(D("0.0001")))
                bench.leave(amount, SELL if bench.quantity > 0 else BUY)
            case 3 if live:
                order = rng.choice(live)
                if order.request.role is OrderRole.ENTRY:
                    bench.cancel(order)
            case 4 if live:
                order = rng.choice(live)
                trigger = order.request.trigger_price
                if trigger is not None and order.request.trail is None:
                    bench.amend(order, trigger=str(trigger + D(rng.randint(-5, 5)) / 10))
                elif order.request.role is OrderRole.ENTRY:
                    bench.amend(order, quantity=str(max(D("0.1"), order.quantity / 2)))
            case _:
                return

    def enter(self, side: Side) -> None:
        """Send an entry of some type with some bracket."""
        rng, sign = self.rng, side.sign
        away = rng.randint(3, 15)
        kind = rng.choice((OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT))
        limit = (self.tick - sign * rng.randint(-1, 3)) / 10
        trigger = (self.tick + sign * 2) / 10
        stops = Bracket(
            stop_price=D(self.tick - sign * away) / 10,
            target_price=rng.choice((None, D(self.tick + sign * away) / 10)),
            target_is_limit=rng.random() < 0.5,
            trail=rng.choice((None, Trail(callback_bps=D(30)))),
            hold_ns=rng.choice((None, 3_000_000_000)),
            scope=rng.choice(list(BracketScope)),
            trigger_by=rng.choice(list(TriggerSource)),
        )
        self.bench.send(
            kind,
            side,
            str(D(rng.randint(1, 30)) / 10),
            price=str(limit) if kind.has_limit else None,
            trigger=str(trigger) if kind.is_triggered else None,
            bracket=stops,
            oco=rng.choice(("", "", "p")),
            time_in_force=rng.choice((TimeInForce.GTC, TimeInForce.IOC)),
        )
