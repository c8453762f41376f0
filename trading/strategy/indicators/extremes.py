"""The highest and the lowest of the last numbers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from trading.strategy.indicators.window import check_bars


@dataclass(slots=True)
class Highest:
    """The greatest of the last ``bars`` numbers.

    Keeps only those that can still become it, in falling order: each number enters and leaves
    once.
    """

    bars: int
    _candidates: deque[tuple[int, float]] = field(init=False, repr=False)
    _seen: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Check the look-back."""
        check_bars("bars", self.bars)
        self._candidates = deque()

    def push(self, number: float) -> None:
        """Take the next number."""
        candidates = self._candidates
        while candidates and candidates[-1][1] <= number:
            candidates.pop()
        candidates.append((self._seen, number))
        self._seen += 1
        if candidates[0][0] <= self._seen - 1 - self.bars:
            candidates.popleft()

    @property
    def value(self) -> float | None:
        """The greatest; None until ``bars`` numbers have been seen."""
        return self._candidates[0][1] if self._seen >= self.bars else None


@dataclass(slots=True)
class Lowest:
    """The least of the last ``bars`` numbers: the mirror of ``Highest``."""

    bars: int
    _mirror: Highest = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the look-back."""
        self._mirror = Highest(self.bars)

    def push(self, number: float) -> None:
        """Take the next number."""
        self._mirror.push(-number)

    @property
    def value(self) -> float | None:
        """The least; None until ``bars`` numbers have been seen."""
        value = self._mirror.value
        return None if value is None else -value
