"""A clock that moves only when told to: the fake for tests of what waits."""

from __future__ import annotations

import math

from trading.errors import ConfigError
from trading.io.clock import SessionClock
from trading.model.numbers import NS_PER_S, seconds_to_ns


class ManualClock:
    """Session time by hand, with the face of the real clock.

    >>> clock = ManualClock(unix_ns=0)
    >>> clock.advance(1.5)
    >>> clock.now_ns()
    1500000000
    """

    def __init__(self, *, unix_ns: int, speed: float = 1.0) -> None:
        """Stand at a session time.

        Raises:
            ConfigError: when the speed is not a finite number above 0.
        """
        self.speed = SessionClock(anchor_monotonic_ns=0, anchor_unix_ns=unix_ns, speed=speed).speed
        self._now_ns = unix_ns

    def now_ns(self) -> int:
        """Return session time, UTC nanoseconds since 1970."""
        return self._now_ns

    def advance(self, session_s: float) -> None:
        """Move on by a span of session seconds.

        Raises:
            ConfigError: when the span is negative or not a finite number.
        """
        if not (math.isfinite(session_s) and session_s >= 0):
            raise ConfigError(
                "session_s", session_s, "a finite number, at least 0", "time never goes back"
            )
        self._now_ns += seconds_to_ns(session_s)

    def real_seconds_until(self, session_ns: int) -> float:
        """Return the real seconds until a session time; 0 when it has come."""
        return max(0.0, (session_ns - self._now_ns) / NS_PER_S / self.speed)

    def real_s(self, session_s: float) -> float:
        """Return how many real seconds a span of session seconds takes."""
        return session_s / self.speed
