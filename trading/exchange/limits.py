"""What the venue lets a client do, counted in session time. Reads no clock: it is told the time."""

from __future__ import annotations

from collections import deque
from typing import Final

from trading.model.numbers import NS_PER_S, seconds_to_ns

MESSAGES_PER_S: Final = 5
REQUESTS_PER_S: Final = 10
SUBSCRIPTIONS_MAX: Final = 300
_PING_FIRST_NS: Final = seconds_to_ns(1.5)


class RateLimit:
    """At most ``count`` events in any second."""

    def __init__(self, count: int) -> None:
        """Begin with nothing counted."""
        self._times: deque[int] = deque(maxlen=count)

    def allows(self, now_ns: int) -> bool:
        """Count an event and tell whether it is within the limit; one that is not is not counted.

        >>> limit = RateLimit(2)
        >>> [limit.allows(ns) for ns in (0, 10, 999_999_999, 1_000_000_000)]
        [True, True, False, True]
        """
        times = self._times
        if len(times) == times.maxlen and now_ns - times[0] < NS_PER_S:
            return False
        times.append(now_ns)
        return True


class ClientRules:
    """The rules one socket's client is held to; breaking one ends the connection without a word.

    Source: bitunix.md 2.1: five messages a second, protocol pings and pongs included; silence of
    ``idle_drop_s``; and a protocol ping as the very first frame ends the socket 1.5 s later.
    """

    def __init__(self, now_ns: int, *, idle_drop_s: float) -> None:
        """Begin at the opening of the socket."""
        self._idle_ns = seconds_to_ns(idle_drop_s)
        self._heard_ns = now_ns
        self._has_spoken = False
        self._doomed_ns: int | None = None
        self._budget = RateLimit(MESSAGES_PER_S)
        self._is_over_budget = False

    def hear(self, now_ns: int, *, is_protocol_ping: bool) -> None:
        """Take note of one frame of the client."""
        if is_protocol_ping and not self._has_spoken:
            self._doomed_ns = now_ns + _PING_FIRST_NS
        self._has_spoken = True
        self._heard_ns = now_ns
        if not self._budget.allows(now_ns):
            self._is_over_budget = True

    def forgive(self, now_ns: int) -> None:
        """Start counting afresh: what arrived while the exchange itself was late proves nothing."""
        self._heard_ns = now_ns
        self._budget = RateLimit(MESSAGES_PER_S)
        self._is_over_budget = False

    def verdict(self, now_ns: int) -> str | None:
        """Return why the connection must end now, or None."""
        if self._is_over_budget:
            return f"more than {MESSAGES_PER_S} messages in a second"
        if self._doomed_ns is not None and now_ns >= self._doomed_ns:
            return "a protocol ping came first"
        if now_ns - self._heard_ns > self._idle_ns:
            return "silent for too long"
        return None
