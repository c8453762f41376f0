"""A limit on how often something may be done: a leaky bucket that holds one drop."""

from __future__ import annotations

import asyncio
import math

from trading.errors import ConfigError


class Pacer:
    """Gives out turns, at least one interval apart, in the order they are asked for."""

    def __init__(self, interval_s: float) -> None:
        """Set the real seconds between two turns; the first may be taken at once.

        Raises:
            ConfigError: when the interval is negative or not a finite number.
        """
        if not (math.isfinite(interval_s) and interval_s >= 0):
            raise ConfigError(
                "interval_s", interval_s, "a finite number, at least 0", "check the venue's limits"
            )
        self._interval_s = interval_s
        self._next_s = 0.0

    async def turn(self) -> None:
        """Wait for the next free turn and take it; one that is cancelled while waiting is lost."""
        now_s = asyncio.get_running_loop().time()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self._interval_s
        if turn_s > now_s:
            await asyncio.sleep(turn_s - now_s)
