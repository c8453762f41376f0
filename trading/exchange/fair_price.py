"""The mark price by the venue's rule, and the funding rate by the common one.

Source: bitunix.md 4.3: mark = median(P1, P2, last), P1 = index x (1 + last settled rate x time to
the next funding / interval), P2 = index + 30-minute moving average of (mid - index). The funding
rate is an ASSUMPTION (bitunix.md 4.2: the venue's own formula was not retrievable): average
premium + clamp(interest - premium, +-0.05 %), interest 0.01 % per interval, capped per contract.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Final

SAMPLES_PER_WINDOW: Final = 1_800
"""One sample a second for thirty minutes."""

_INTEREST: Final = 1e-4
_CLAMP: Final = 5e-4
_RATE_QUANTUM: Final = Decimal("0.00000001")


class MarkMeter:
    """Turns one sample a second of mid and index into the mark price (all in USDT)."""

    def __init__(self, basis: float = 0.0) -> None:
        """Begin as if ``mid - index`` had been ``basis`` for half an hour."""
        self._window = deque([basis] * SAMPLES_PER_WINDOW, maxlen=SAMPLES_PER_WINDOW)
        self._sum = basis * SAMPLES_PER_WINDOW

    def sample(self, *, mid: float, index: float, last: float, carry: float) -> float:
        """Return the mark price; ``carry`` is last settled rate x time to funding / interval.

        >>> MarkMeter(basis=2.0).sample(mid=102.0, index=100.0, last=90.0, carry=0.01)
        101.0
        """
        self._sum += (mid - index) - self._window[0]
        self._window.append(mid - index)
        by_rate = index * (1 + carry)
        by_basis = index + self._sum / SAMPLES_PER_WINDOW
        return sorted((by_rate, by_basis, last))[1]


class PremiumMeter:
    """The average premium of the running interval, later samples weighing more."""

    def __init__(self) -> None:
        """Begin an interval."""
        self._weighted = 0.0
        self._weights = 0.0

    def sample(self, *, mid: float, index: float, elapsed: float) -> None:
        """Take in one sample; ``elapsed`` is the part of the interval that has passed."""
        weight = max(elapsed, 1e-6)
        self._weighted += weight * (mid - index) / index
        self._weights += weight

    def rate(self, cap: Decimal) -> Decimal:
        """Return the funding rate so far, a fraction per interval, within ``cap`` either way.

        >>> PremiumMeter().rate(Decimal("0.003"))
        Decimal('0.00010000')
        """
        premium = self._weighted / self._weights if self._weights else 0.0
        rate = premium + max(-_CLAMP, min(_CLAMP, _INTEREST - premium))
        return max(-cap, min(cap, Decimal(repr(rate)))).quantize(_RATE_QUANTUM)
