"""The synthetic market of one symbol: fair price, makers and takers on a grid of 100 ms.

At every boundary of the grid the fair price moves, hurried takers sweep quotes that it left
behind, and makers quote anew; between boundaries takers arrive one by one. A print happens at a
level of the book and takes its size away. The index is the fair price less a premium that wanders
slowly; mark and funding follow by formula. Standard library only.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Final

from trading.exchange.book import Book
from trading.exchange.contract import Contract
from trading.exchange.market import FormulaMark, Print, Record
from trading.exchange.synthetic.flow import TakerOrder, Takers
from trading.exchange.synthetic.quotes import LEVELS, Makers
from trading.exchange.synthetic.regimes import STEP_S, FairPrice
from trading.model.numbers import NS_PER_S, seconds_to_ns

_STEP_NS: Final = seconds_to_ns(STEP_S)
_SWEEP_CHANCE: Final = 0.6
_PREMIUM_SIGMA: Final = 6e-6
"""Step of the premium per second; it is pulled back, so it stays around +-0.03 %."""
_PREMIUM_PULL: Final = 2e-4


class SyntheticMarket:
    """One symbol's synthetic market; pure in ``seed``, ``start_ns`` and the time advanced to."""

    end_ns: None = None

    def __init__(self, contract: Contract, *, seed: int, start_ns: int) -> None:
        """Begin at the contract's start price; earlier bars are made up to end there."""
        self._contract = contract
        price = contract.start_price_ticks
        self.record = Record(
            contract, seed=seed, start_ns=start_ns, price_ticks=price, estimate=Decimal("0.0001")
        )
        self.book = Book()
        self._fair = FairPrice(self._stream(seed, "price"), float(price))
        self._makers = Makers(self._stream(seed, "quotes"), contract, self.book)
        self._chance = self._stream(seed, "sweeps")
        self._takers = Takers(self._stream(seed, "flow"), contract)
        self._index_chance = self._stream(seed, "index")
        self._premium = self._index_chance.gauss(0.0, 2e-4)
        self._formula = FormulaMark(self.record, basis=self._premium * price * contract.tick)
        self._step_end_ns = start_ns // _STEP_NS * _STEP_NS + _STEP_NS
        self._orders: list[TakerOrder] = []
        self._prints: list[Print] = []
        self._makers.quote(self._fair.ticks, widen_chance=0.0)

    def _stream(self, seed: int, purpose: str) -> random.Random:
        """Return a random stream of its own for each purpose."""
        return random.Random(f"{seed}/{self._contract.symbol}/{purpose}")

    def advance(self, to_ns: int) -> list[Print]:
        """Let the market live until a market time and return its prints since the last advance."""
        while True:
            if self._orders and self._orders[0].ns <= to_ns:
                self._arrive(self._orders.pop(0))
            elif self._orders or self._step_end_ns > to_ns:
                break
            else:
                self._step()
        self.record.move_to(max(to_ns, self.record.now_ns))
        prints, self._prints = self._prints, []
        return prints

    def _step(self) -> None:
        """Cross a boundary of the grid."""
        now_ns, fair = self._step_end_ns, self._fair
        move = fair.step()
        self._takers.excite(move)
        self._sweep(now_ns)
        self._makers.quote(fair.ticks, widen_chance=fair.regime.widen_chance)
        if now_ns % NS_PER_S == 0:
            self._sample(now_ns)
        self._orders = self._takers.arrivals(now_ns, fair.regime.intensity)
        self._step_end_ns += _STEP_NS

    def _sweep(self, now_ns: int) -> None:
        """Let a hurried taker have the quotes that the fair price has left behind."""
        book, fair = self.book, self._fair.ticks
        is_buy = fair > book.asks.best()
        if not (is_buy or fair < book.bids.best()) or self._chance.random() > _SWEEP_CHANCE:
            return
        self._execute(now_ns, is_buy=is_buy, usdt=2 * self._takers.size_usdt(), limit=int(fair))

    def _arrive(self, order: TakerOrder) -> None:
        """Carry out a market order; the fair price learns a little from it.

        It may take a quarter of the levels; a side that others have half emptied waits for makers.
        """
        book = self.book
        half_spread = max(0.5, (book.asks.best() - book.bids.best()) / 2)
        pull = (self._fair.ticks - book.mid()) / half_spread
        is_buy = self._takers.is_buy(order, pull)
        usdt = self._takers.size_usdt()
        side = book.asks if is_buy else book.bids
        if len(side) < LEVELS // 2:
            return
        self._execute(order.ns, is_buy=is_buy, usdt=usdt, limit=side.price_at(LEVELS // 4))
        self._fair.push((1 if is_buy else -1) * self._takers.impact(usdt))

    def _execute(self, ns: int, *, is_buy: bool, usdt: float, limit: int) -> None:
        """Walk the book up to a limit price and print what was taken."""
        contract = self._contract
        side = self.book.asks if is_buy else self.book.bids
        steps = max(1, round(usdt / (side.best() * contract.tick * contract.step)))
        for level in side.take(steps, limit):
            self._prints.append(Print(ns, level.price, level.size, is_buy))
            self.record.add_print(ns, level.price, level.size)

    def _sample(self, now_ns: int) -> None:
        """Let the premium wander for a second, and derive index, mark and funding."""
        self._premium += self._index_chance.gauss(0.0, _PREMIUM_SIGMA)
        self._premium *= 1 - _PREMIUM_PULL
        tick = self._contract.tick
        index = self._fair.ticks * tick / (1 + self._premium)
        self._formula.sample(now_ns, mid=self.book.mid() * tick, index=index)
