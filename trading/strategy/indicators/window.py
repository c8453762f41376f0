"""A sum over the last so many numbers that does not drift."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import fsum

from trading.config import check_whole

BARS_MAX = 5_000


def check_bars(name: str, bars: int, *, least: int = 1) -> None:
    """Refuse a look-back that is no whole number of bars from ``least`` to 5,000.

    Raises:
        ConfigError: when it is not.
    """
    check_whole(name, bars, least=least, most=BARS_MAX)


@dataclass(slots=True)
class WindowSum:
    """The sum of the last ``length`` numbers.

    A running sum of floats gathers an error with every step. It is made anew, exactly rounded,
    once in every ``length`` steps: constant time on average, and an error of a few units in the
    last place however long the session.
    """

    length: int
    _items: deque[float] = field(init=False, repr=False)
    _sum: float = field(init=False, default=0.0)
    _age: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Start with nothing seen."""
        check_bars("length", self.length)
        self._items = deque(maxlen=self.length)

    def push(self, number: float) -> None:
        """Take the next number; the oldest leaves when there are more than ``length``."""
        items = self._items
        if len(items) == self.length:
            self._sum += number - items[0]
        else:
            self._sum += number
        items.append(number)
        self._age += 1
        if self._age >= self.length:
            self._age = 0
            self._sum = fsum(items)

    @property
    def is_full(self) -> bool:
        """Whether ``length`` numbers have been seen."""
        return len(self._items) == self.length

    @property
    def total(self) -> float:
        """Sum of the numbers in the window."""
        return self._sum
