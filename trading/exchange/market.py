"""The small face both markets show, and the account they keep of what happened.

A market is a pure function of its seed (or tape), its start and the market time it has been
advanced to; how often ``advance`` is called changes nothing. It reads no clock and no socket.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple, Protocol

from trading.exchange.book import Book
from trading.exchange.candles import Candles
from trading.exchange.contract import Contract
from trading.exchange.fair_price import MarkMeter, PremiumMeter
from trading.exchange.funding import Funding
from trading.exchange.history import DAY_MINUTES, HISTORY_MINUTES, History, MarkHistory
from trading.model.numbers import NS_PER_MINUTE


class Print(NamedTuple):
    """One public trade, in ticks and steps; ``is_buy`` tells the taker's side."""

    ns: int
    price: int
    quantity: int
    is_buy: bool


class Market(Protocol):
    """One symbol's market."""

    @property
    def book(self) -> Book:
        """The order book as of the last advance."""

    @property
    def record(self) -> Record:
        """Everything else as of the last advance: bars, mark, funding."""

    @property
    def end_ns(self) -> int | None:
        """When the market ends for good, or None if it never does."""

    def advance(self, to_ns: int) -> list[Print]:
        """Let the market live until a market time and return its prints since the last advance.

        Raises:
            FeedError: when a recording cannot be read on.
        """


class Record:
    """What both markets keep: bars of last and mark price, index, mark and funding."""

    def __init__(
        self, contract: Contract, *, seed: int, start_ns: int, price_ticks: int, estimate: Decimal
    ) -> None:
        """Begin at the first price, with a made-up past that ends there."""
        self.contract = contract
        self.now_ns = start_ns
        self._history = History(contract, seed=seed, price_ticks=price_ticks)
        marks = MarkHistory(self._history)
        self.candles = Candles(self._history, start_ns=start_ns, price_ticks=price_ticks)
        self.mark_candles = Candles(marks, start_ns=start_ns, price_ticks=price_ticks)
        self.last_ticks = price_ticks
        self.mark = self.index = price_ticks * contract.tick
        self.funding = Funding(
            contract,
            seed=seed,
            start_ns=start_ns,
            mark_before=self._mark_before,
            estimate=estimate,
        )

    def recall(self) -> Iterator[None]:
        """Make up the past, a day with each step: once it is done no question takes long.

        A step takes some milliseconds, all of them a fifth of a second.
        """
        for age in range(DAY_MINUTES, HISTORY_MINUTES + 1, DAY_MINUTES):
            self._history.bar(age)
            yield

    def _mark_before(self, ns: int) -> str:
        """Return the made-up mark price at the start of a minute before the market began."""
        minute = max(ns // NS_PER_MINUTE, self.mark_candles.oldest_minute)
        return self.contract.price(self.mark_candles.bar(minute).open)

    def move_to(self, now_ns: int) -> None:
        """Let time pass without events."""
        self.now_ns = now_ns
        self.candles.move_to(now_ns)
        self.mark_candles.move_to(now_ns)

    def add_print(self, ns: int, price: int, quantity: int) -> None:
        """Take in a print."""
        self.candles.add(ns, price, quantity)
        self.last_ticks = price

    def add_mark(self, ns: int, *, mark: float, index: float) -> None:
        """Take in a new mark and index price, in USDT."""
        self.mark, self.index = mark, index
        self.mark_candles.add(ns, self.contract.ticks(mark), 0)


class FormulaMark:
    """Mark, index and funding by formula, one sample a second: for markets that record neither."""

    def __init__(self, record: Record, *, basis: float = 0.0, rate: Decimal | None = None) -> None:
        """Begin with a premium (mid - index, in USDT); a given ``rate`` replaces the formula's."""
        self._record = record
        self._mark = MarkMeter(basis)
        self._premium = PremiumMeter()
        self._rate = rate

    def sample(self, ns: int, *, mid: float, index: float) -> None:
        """Take one sample (in USDT) at a whole second, and settle funding when it is due."""
        record, funding = self._record, self._record.funding
        last = record.last_ticks * record.contract.tick
        carry = funding.carry(ns)
        mark = self._mark.sample(mid=mid, index=index, last=last, carry=carry)
        record.add_mark(ns, mark=mark, index=index)
        self._premium.sample(mid=mid, index=index, elapsed=funding.elapsed(ns))
        cap = record.contract.funding_cap
        funding.estimate = self._premium.rate(cap) if self._rate is None else self._rate
        if ns >= funding.next_ns:
            funding.settle(rate=funding.estimate, mark=record.contract.fair(mark))
            self._premium = PremiumMeter()
