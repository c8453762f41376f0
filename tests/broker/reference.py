"""The paper broker against a plain one: ``python -m tests.broker.reference --sequences 5000``.

``--hedge`` plays them in hedge mode, with a long and a short beside each other.

Each seed is a sequence of books, prints, orders and cancels, told to both. After every event both
must hold the same orders, fills, position and wallet; the first that parts them is printed with
its seed.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from tests.support.bench import Bench
from tests.support.market import SYMBOL
from tests.support.plain_broker import PlainBroker
from tests.support.plain_order import Kind, PlainOrder, Times
from trading.account.terms import MarginTerms
from trading.model.orders import (
    Bracket,
    BracketScope,
    Order,
    OrderRequest,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from trading.model.sides import PositionMode, PositionSide

D = Decimal
EVENTS = 40
TYPES: dict[Kind, OrderType] = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP_MARKET,
}
LIVE_MOST = 8
SIDES = {0: PositionSide.BOTH, 1: PositionSide.LONG, -1: PositionSide.SHORT}


@dataclass
class Pair:
    """Both brokers, hearing the same."""

    seed: int
    real: Bench = field(default_factory=Bench)
    plain: PlainBroker = field(default_factory=PlainBroker)

    @classmethod
    def hedged(cls, seed: int, plain: type[PlainBroker] = PlainBroker) -> Pair:
        """Return a pair in hedge mode."""
        terms = MarginTerms(position_mode=PositionMode.HEDGE)
        return cls(seed, Bench(terms=terms), plain(hedged=True))

    def play(self) -> str:
        """Tell the whole sequence; return the hash of where it ends.

        Raises:
            AssertionError: at the first event after which the two differ.
        """
        rng = Random(self.seed)
        at_ms, middle = 0, 1_000
        told: list[str] = []
        for index in range(EVENTS):
            at_ms += rng.randint(110, 450)
            middle += rng.randint(-6, 6)
            told.append(self._event(rng, index, at_ms, middle))
            real, plain = self.state_of_real(), self.state_of_plain()
            assert real == plain, "\n".join(
                [f"seed {self.seed}: they part", *told[-8:], f"real  {real}", f"plain {plain}"]
            )
        return hashlib.sha256(self.state_of_real().encode()).hexdigest()

    def _event(self, rng: Random, index: int, at_ms: int, middle: int) -> str:
        what = rng.random() if index else 0.0
        if what < 0.4:
            return self._book(rng, at_ms, middle)
        if what < 0.65:
            return self._trade(rng, at_ms, middle)
        live = [order for order in self.plain.live if not order.is_leg]
        if live and (what > 0.9 or len(live) >= LIVE_MOST):
            return self._cancel(rng.choice(live), at_ms)
        return self._send(rng, at_ms, middle)

    def _book(self, rng: Random, at_ms: int, middle: int) -> str:
        def side(sign: int) -> Iterator[tuple[Decimal, Decimal]]:
            tick = middle + sign
            for _ in range(rng.randint(1, 4)):
                yield D(tick) / 10, D(rng.choice((3, 5, 8, 20))) / rng.choice((1, 2, 10))
                tick += sign * rng.randint(1, 3)

        bids, asks = list(side(-1)), list(side(1))
        self.real.book(
            tuple((float(p), float(q)) for p, q in bids),
            tuple((float(p), float(q)) for p, q in asks),
            at_ms,
        )
        self.plain.book(bids, asks, at_ms)
        return f"{at_ms} ms: book {bids} {asks}"

    def _trade(self, rng: Random, at_ms: int, middle: int) -> str:
        price = D(middle + rng.randint(-4, 4)) / 10
        quantity = D(rng.choice((1, 7, 25, 60))) / 10
        side = rng.choice(list(Side))
        self.real.trade(float(price), at_ms, quantity=float(quantity), taker=side)
        self.plain.trade(price, quantity, side.sign, at_ms)
        return f"{at_ms} ms: {side} print {quantity} at {price}"

    def _cancel(self, order: PlainOrder, at_ms: int) -> str:
        self._time(at_ms)
        found = self.real.broker.orders.get(order.number)
        if found is not None:
            self.real.cancel(found)
        self.plain.cancel(order, at_ms)
        return f"{at_ms} ms: cancel {order.number}"

    def _send(self, rng: Random, at_ms: int, middle: int) -> str:
        self._time(at_ms)
        kind: Kind = rng.choice(("market", "market", "limit", "limit", "limit", "stop"))
        side = rng.choice(list(Side))
        times: Times = "gtc"
        if kind == "limit":
            times = rng.choice(("gtc", "gtc", "gtc", "ioc", "fok", "post_only"))
        elif kind == "market":
            times = rng.choice(("gtc", "ioc", "fok"))
        reduces = rng.random() < 0.35
        has_bracket = not reduces and kind != "stop" and rng.random() < 0.6
        at = D(middle) / 10
        away = D(rng.randint(3, 30)) / 10
        plain = PlainOrder(
            number=len(self.plain.orders) + 1,
            kind=kind,
            sign=side.sign,
            quantity=D(rng.choice((1, 4, 11, 40))) / 10,
            price=at - side.sign * D(rng.randint(-6, 6)) / 10 if kind == "limit" else None,
            times=times,
            reduces=reduces,
            is_entry=not reduces,
            own_group=has_bracket and rng.random() < 0.5,
        )
        if self.plain.hedged:
            plain.of = -side.sign if reduces else side.sign
        if rng.random() < 0.02:  # somebody forgot which mode this is, or which way round
            plain.of = rng.choice((-1, 0, 1))
        if kind == "stop":
            plain.stop = at + side.sign * away
        elif has_bracket:
            plain.stop = at - side.sign * away
            plain.target = at + side.sign * 2 * away if rng.random() < 0.7 else None
        self.plain.send(plain, at_ms)
        self.real.submit(self._request(plain, side, has_bracket=has_bracket))
        return f"{at_ms} ms: {plain}"

    @staticmethod
    def _request(plain: PlainOrder, side: Side, *, has_bracket: bool) -> OrderRequest:
        scope = BracketScope.ORDER if plain.own_group else BracketScope.POSITION
        bracket = None
        if has_bracket and plain.stop is not None:
            bracket = Bracket(stop_price=plain.stop, target_price=plain.target, scope=scope)
        return OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=TYPES[plain.kind],
            quantity=plain.quantity,
            role=OrderRole.ENTRY if plain.is_entry else OrderRole.EXIT,
            price=plain.price,
            trigger_price=plain.stop if plain.kind == "stop" else None,
            time_in_force=TimeInForce(plain.times),
            reduce_only=plain.reduces,
            bracket=bracket,
            position_side=SIDES[plain.of],
        )

    def _time(self, at_ms: int) -> None:
        self.real.time(at_ms)
        self.plain.time(at_ms)

    # --- the state of both, in the same words ------------------------------------------------

    def state_of_real(self) -> str:
        """Return everything that counts, of the broker under test."""
        account = self.real.account
        held = account.positions_of(SYMBOL)
        positions = [(each.quantity, each.entry_value) for each in held]
        orders = [self._order(each) for each in self.real.broker.orders.values()]
        fills = [(f.order_id, f.price, f.quantity, f.fee) for f in self.real.fills()]
        return _told(account.wallet, positions, orders, fills)

    @staticmethod
    def _order(order: Order) -> str:
        ahead = order.queue_ahead if order.is_resting else None
        return _line(
            order.order_id,
            order.quantity,
            order.filled,
            None if ahead is None else D(repr(ahead)),
            is_flying=order.status is OrderStatus.IN_FLIGHT,
            is_resting=order.is_resting,
            is_pulled=order.is_triggered,
        )

    def state_of_plain(self) -> str:
        """Return the same of the plain one."""
        plain = self.plain
        orders = [
            _line(
                each.number,
                each.quantity,
                each.filled,
                each.ahead if each.resting else None,
                is_flying=each.flying,
                is_resting=each.resting,
                is_pulled=each.pulled,
            )
            for each in plain.live
        ]
        positions = [(plain.position[of], plain.cost[of]) for of in self._positions()]
        return _told(plain.wallet, positions, orders, plain.fills)

    def _positions(self) -> tuple[int, ...]:
        return (1, -1) if self.plain.hedged else (0,)


def _line(
    number: int,
    quantity: Decimal,
    filled: Decimal,
    ahead: Decimal | None,
    *,
    is_flying: bool,
    is_resting: bool,
    is_pulled: bool,
) -> str:
    marks = "".join(
        mark for mark, is_so in zip("frp", (is_flying, is_resting, is_pulled), strict=True) if is_so
    )
    behind = "" if ahead is None else f" behind {ahead.normalize():f}"
    return f"{number} {filled.normalize():f}/{quantity.normalize():f} {marks}{behind}"


def _told(
    wallet: Decimal,
    positions: list[tuple[Decimal, Decimal]],
    orders: list[str],
    fills: list[tuple[int, Decimal, Decimal, Decimal]],
) -> str:
    made = [" ".join(f"{D(each).normalize():f}" for each in fill) for fill in fills]
    held = [f"{quantity.normalize():f} for {cost.normalize():f}" for quantity, cost in positions]
    return f"wallet {wallet.normalize():f} positions {held} orders {orders} fills {made}"


def main(arguments: list[str] | None = None) -> int:
    """Play as many sequences as asked; return 1 at the first that parts the two."""
    parser = argparse.ArgumentParser(prog="python -m tests.broker.reference", description=__doc__)
    parser.add_argument("--sequences", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1, help="the first sequence's")
    parser.add_argument("--hedge", action="store_true", help="in hedge mode")
    chosen = parser.parse_args(arguments)
    kinds: Counter[str] = Counter()
    hashes = set()
    for seed in range(chosen.seed, chosen.seed + chosen.sequences):
        pair = Pair.hedged(seed) if chosen.hedge else Pair(seed)
        try:
            hashes.add(pair.play())
        except AssertionError as parted:
            sys.stdout.write(f"{parted}\n")
            return 1
        kinds += pair.plain.kinds
    sys.stdout.write(
        f"{chosen.sequences} sequences of {EVENTS} events agree, {len(hashes)} different ends; "
        f"{kinds.total()} fills: "
        + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
