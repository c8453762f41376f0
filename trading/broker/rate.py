"""The venue's limit on how fast one account may speak to it."""

from __future__ import annotations

from collections import deque

from trading.model.instrument import OrderLimits
from trading.model.numbers import NS_PER_MS


class RequestWindow:
    """The requests of the last moments, as the venue counts them: on arrival, accepted or not.

    Invariant: in no window of the venue's length are more requests admitted than it allows.
    """

    __slots__ = ("_admitted_ns",)

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._admitted_ns: deque[int] = deque()

    def admits(self, arrival_ns: int, limits: OrderLimits) -> bool:
        """Tell whether a request that arrives now is within the limit; if so, it counts."""
        admitted = self._admitted_ns
        since_ns = arrival_ns - limits.window_ms * NS_PER_MS
        while admitted and admitted[0] <= since_ns:
            admitted.popleft()
        if len(admitted) >= limits.requests_max:
            return False
        admitted.append(arrival_ns)
        return True
