"""Does the recorded market show each fill? Asked of the decoded bytes, not of the broker.

What the market showed is kept for a moment only: a fill is judged in the record that made it. The
rules are the plain ones any broker must keep: nobody buys below the best price offered, takes more
than was there, or is filled in a queue without a print.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from trading.model.events import BookUpdate, CandleClosed, CandleUpdate, OrderFilled, PublicTrade
from trading.model.numbers import ZERO, exact
from trading.model.orders import Side

_BOOKS_KEPT, _PRINTS_KEPT, _BARS_KEPT = 32, 512, 4_096


class Grade(StrEnum):
    """How far the tape bears a fill out."""

    SEEN = "seen"
    """A book or a print shows it: the price, and enough of it."""
    IN_BAR = "in_bar"
    """A bar reached the price; when, and how much of it there was, nobody knows."""
    UNSEEN = "unseen"
    """The tape holds nothing of the time it rests on."""
    MORE = "more"
    """More was filled than the tape shows."""
    BETTER = "better"
    """A better price than the tape shows."""

    @property
    def is_impossible(self) -> bool:
        """Whether the market cannot have given it."""
        return self in {Grade.MORE, Grade.BETTER}


class Witness:
    """The newest of one symbol's market, and how much of it our fills have claimed."""

    def __init__(self) -> None:
        """Start having seen nothing."""
        self._books: deque[BookUpdate] = deque(maxlen=_BOOKS_KEPT)
        self._prints: deque[PublicTrade] = deque(maxlen=_PRINTS_KEPT)
        self._bars: dict[int, tuple[float, float]] = {}
        self._claimed: dict[tuple[str, Side, Decimal], Decimal] = {}
        self._claimed_ns = 0

    def see(self, event: BookUpdate | PublicTrade | CandleUpdate | CandleClosed) -> None:
        """Remember what the market showed."""
        match event:
            case BookUpdate():
                self._books.append(event)
            case PublicTrade():
                self._prints.append(event)
            case CandleUpdate() | CandleClosed():
                low, high = self._bars.pop(event.open_ns, (event.low, event.high))
                # Bitunix opens a bar at the close before it, which may lie outside its extremes.
                self._bars[event.open_ns] = (
                    min(low, event.low, event.open),
                    max(high, event.high, event.open),
                )
                if len(self._bars) > _BARS_KEPT:
                    del self._bars[next(iter(self._bars))]

    def judge(self, fill: OrderFilled) -> Grade:
        """Return how far what was seen bears a fill out; it claims what it took."""
        match fill.evidence.partition(" ")[0]:
            case "book":
                return self._by_book(fill)
            case "queue":
                return self._by_queue(fill)
            case "trade":
                return self._by_print(fill)
            case "bar" | "backfill":
                return self._by_bar(fill)
            case "liquidation":
                return self._in_book(fill, self._books[-1]) if self._books else self._by_bar(fill)
            case "takeover":
                return self._taken_over(fill)
            case _:
                return Grade.UNSEEN

    def _by_book(self, fill: OrderFilled) -> Grade:
        grades = [self._in_book(fill, book) for book in _at(self._books, fill)]
        return _kindest(grades)

    def _in_book(self, fill: OrderFilled, book: BookUpdate) -> Grade:
        levels = book.asks if fill.side is Side.BUY else book.bids
        if not levels or (fill.price - exact(levels[0][0])) * fill.side.sign < ZERO:
            return Grade.BETTER
        shown = [exact(size) for price, size in levels if exact(price) == fill.price]
        # A price between levels is a mean, by a formula of impact: it claims no level.
        return self._claim("level", fill, shown[0]) if shown else Grade.SEEN

    def _by_queue(self, fill: OrderFilled) -> Grade:
        """Judge a resting order: prints came to it, or the other side's offers crossed it."""
        prints = [each for each in _at(self._prints, fill) if _reaches(each, fill)]
        grades = []
        if prints:
            traded = sum((exact(each.quantity) for each in prints), ZERO)
            grades.append(self._claim("print", fill, traded))
        for book in _at(self._books, fill):
            levels = book.asks if fill.side is Side.BUY else book.bids
            crossing = [
                exact(size)
                for price, size in levels
                if (exact(price) - fill.price) * fill.side.sign <= ZERO
            ]
            if crossing and Grade.SEEN not in grades:
                grades.append(self._claim("crossing", fill, sum(crossing, ZERO)))
        return _kindest(grades)

    def _by_print(self, fill: OrderFilled) -> Grade:
        return _kindest(
            [
                Grade.BETTER
                if (fill.price - exact(each.price)) * fill.side.sign < ZERO
                else Grade.SEEN
                for each in _at(self._prints, fill)
            ]
        )

    def _by_bar(self, fill: OrderFilled) -> Grade:
        reached = self._bars.get(fill.exchange_ns)
        if reached is None:
            return Grade.UNSEEN
        best = exact(reached[0] if fill.side is Side.BUY else reached[1])
        return Grade.BETTER if (fill.price - best) * fill.side.sign < ZERO else Grade.IN_BAR

    def _taken_over(self, fill: OrderFilled) -> Grade:
        """Judge what the venue took over at the bankruptcy price: nobody had to offer it there."""
        if not self._books:
            return self._by_bar(fill)
        grade = self._in_book(fill, self._books[-1])
        return Grade.BETTER if grade is Grade.BETTER else Grade.SEEN

    def _claim(self, of: str, fill: OrderFilled, shown: Decimal) -> Grade:
        """Take from what is shown at one stamp and price, together with our fills before."""
        if fill.exchange_ns != self._claimed_ns:
            self._claimed.clear()
            self._claimed_ns = fill.exchange_ns
        key = (of, fill.side, fill.price)
        claimed = self._claimed.get(key, ZERO) + fill.quantity
        if claimed > shown:
            return Grade.MORE
        self._claimed[key] = claimed
        return Grade.SEEN


_Stamped = TypeVar("_Stamped", BookUpdate, PublicTrade)


def _at(seen: Iterable[_Stamped], fill: OrderFilled) -> list[_Stamped]:
    """Return what bears the stamp a fill rests on."""
    return [each for each in seen if each.exchange_ns == fill.exchange_ns]


_GOOD_FIRST = tuple(Grade)


def _kindest(grades: list[Grade]) -> Grade:
    """Return the best of what several books or prints of one stamp say."""
    return min(grades, key=_GOOD_FIRST.index, default=Grade.UNSEEN)


def _reaches(trade: PublicTrade, fill: OrderFilled) -> bool:
    """Tell whether a print came through a resting order's price, or to it from the other side."""
    beyond = (exact(trade.price) - fill.price) * fill.side.sign
    return beyond < ZERO or (beyond == ZERO and trade.taker_side is not fill.side)
