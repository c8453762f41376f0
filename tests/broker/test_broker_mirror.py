"""Upside down around 100 every story is its own mirror image, whatever kinds of orders it has."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import NamedTuple

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL
from trading.account.terms import MarginTerms
from trading.model.events import OrderFilled
from trading.model.orders import (
    Bracket,
    BracketScope,
    OrderRole,
    OrderType,
    Side,
    TimeInForce,
    TriggerSource,
)
from trading.model.sides import PositionMode

D = Decimal
ONE_WAY = MarginTerms()
HEDGE = MarginTerms(position_mode=PositionMode.HEDGE)
KINDS = (
    OrderType.MARKET,
    OrderType.LIMIT,
    OrderType.STOP_MARKET,
    OrderType.STOP_LIMIT,
    OrderType.TAKE_PROFIT_MARKET,
    OrderType.TAKE_PROFIT_LIMIT,
)
"""All but the trail: a share of the price has no mirror image."""


class World(NamedTuple):
    """A bench, the right way up or upside down."""

    bench: Bench
    is_mirror: bool

    def price(self, tick: int) -> Decimal:
        """Return a price as many ticks above 1,000 here as it is below it there."""
        return D(2_000 - tick if self.is_mirror else tick) / 10

    def side(self, side: Side) -> Side:
        """Return the side that is its mirror image."""
        return side.opposite if self.is_mirror else side

    def book(self, tick: int, sizes: list[float], at_ms: int) -> None:
        """Show two levels on each side of a price."""
        buys = tuple((float(self.price(tick + step)), sizes[step - 1]) for step in (1, 2))
        sells = tuple((float(self.price(tick - step)), sizes[step + 1]) for step in (1, 2))
        self.bench.book(*((buys, sells) if self.is_mirror else (sells, buys)), at_ms)

    def print(self, tick: int, quantity: float, taker: Side, at_ms: int) -> None:
        """Print a trade."""
        self.bench.trade(float(self.price(tick)), at_ms, quantity=quantity, taker=self.side(taker))

    def enter(self, rng: Random, tick: int) -> None:
        """Send an entry of some kind, protected in some way."""
        side, kind = rng.choice(list(Side)), rng.choice(KINDS)
        away, sign = rng.randint(2, 12), side.sign
        ahead = 2 if kind.is_stop else -2
        target = rng.choice((None, tick + sign * away))
        tif = rng.choice(
            (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY)
            if kind.has_limit
            else (TimeInForce.GTC, TimeInForce.IOC)
        )
        limit, trigger = tick - sign * rng.randint(-2, 2), tick + sign * ahead
        self.bench.send(
            kind,
            self.side(side),
            str(D(rng.randint(1, 25)) / 10),
            price=str(self.price(limit)) if kind.has_limit else None,
            trigger=str(self.price(trigger)) if kind.is_triggered else None,
            time_in_force=tif,
            trigger_by=rng.choice((TriggerSource.LAST, TriggerSource.MARK)),
            oco=rng.choice(("", "pair")),
            bracket=Bracket(
                stop_price=self.price(tick - sign * away),
                target_price=None if target is None else self.price(target),
                target_is_limit=rng.random() < 0.5,
                hold_ns=rng.choice((None, 2_000_000_000)),
                scope=rng.choice(list(BracketScope)),
            ),
        )

    def act(self, rng: Random, tick: int) -> None:
        """Send, take back, move or close something."""
        live = self.bench.broker.live(SYMBOL)
        order = rng.choice(live) if live else None
        positions = self.bench.account.positions_of(SYMBOL)
        quantity = rng.choice(positions[::-1] if self.is_mirror else positions).quantity
        match rng.randint(0, 4):
            case 1 if order is not None and order.request.role is OrderRole.ENTRY:
                self.bench.cancel(order)
            case 2 if order is not None and order.request.trigger_price is not None:
                self.bench.amend(order, trigger=str(self.price(tick + rng.randint(-8, 8))))
            case 3 if quantity != 0:
                side = Side.SELL if quantity > 0 else Side.BUY
                self.bench.leave(max(D("0.1"), abs(quantity) // D("0.2") * D("0.1")), side)
            case _:
                self.enter(rng, tick)


def played(seed: int, *, is_mirror: bool, terms: MarginTerms = ONE_WAY) -> Bench:
    """Return the bench on which a seed's story was told."""
    rng = Random(seed)
    world = World(Bench(seed=seed, terms=terms), is_mirror)
    tick = 1_000
    for step in range(400):
        at_ms = 60 * (step + 1)
        tick += rng.choice((-5, -1, 0, 1, 5))
        match rng.randint(0, 4):
            case 0 | 1:
                world.book(tick, [rng.choice((0.2, 1.0, 3.0)) for _ in range(4)], at_ms)
            case 2:
                world.print(tick, rng.choice((0.3, 2.0)), rng.choice(list(Side)), at_ms)
            case 3:
                world.bench.mark(float(world.price(tick)), at_ms)
            case _:
                world.bench.time(at_ms)
                world.act(rng, tick)
    return world.bench


def facts(fills: list[OrderFilled]) -> list[tuple[object, ...]]:
    """Return all of a fill that has no direction."""
    return [(f.order_id, f.role, f.quantity, f.exchange_ns, f.liquidity) for f in fills]


@pytest.mark.parametrize("terms", [ONE_WAY, HEDGE], ids=["one_way", "hedge"])
@pytest.mark.parametrize("seed", range(20))
def test_every_story_is_its_own_mirror_image(seed: int, terms: MarginTerms) -> None:
    """The same fills of the same orders at the same instants, as far above 100 as below it."""
    one, other = (played(seed, is_mirror=is_mirror, terms=terms) for is_mirror in (False, True))

    assert facts(one.fills()) == facts(other.fills())
    assert [fill.price for fill in one.fills()] == [200 - fill.price for fill in other.fills()]
    assert one.canceled() == other.canceled()
    assert one.quantity == -other.quantity
    assert [each.position_side.opens for each in one.fills()] == [
        None if opens is None else opens.opposite
        for opens in (each.position_side.opens for each in other.fills())
    ]


@pytest.mark.parametrize("terms", [ONE_WAY, HEDGE], ids=["one_way", "hedge"])
def test_the_stories_are_worth_telling(terms: MarginTerms) -> None:
    """Every way in and out was taken, as maker and as taker, of every position there is."""
    stories = (played(seed, is_mirror=False, terms=terms) for seed in range(20))
    fills = [fill for story in stories for fill in story.fills()]

    assert {
        OrderRole.ENTRY,
        OrderRole.EXIT,
        OrderRole.STOP,
        OrderRole.TARGET,
        OrderRole.TIME_STOP,
    } == {fill.role for fill in fills}
    assert 2 == len({fill.liquidity for fill in fills})
    assert 200 < len(fills)
    assert set(terms.position_mode.sides) == {fill.position_side for fill in fills}
