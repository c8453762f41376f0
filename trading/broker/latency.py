"""How long an order takes to reach the venue. Chance comes from one seeded stream."""

from __future__ import annotations

from random import Random

from trading.config import ExecutionConfig
from trading.model.numbers import NS_PER_MS


class UniformLatency:
    """A uniform draw between two bounds for every order and cancel; each draw moves the stream.

    The trigger's way inside the venue is constant: it crosses no network.
    """

    __slots__ = ("_least_ns", "_most_ns", "_rng", "trigger_ns")

    def __init__(self, config: ExecutionConfig, rng: Random) -> None:
        """Take the bounds from the config and own the stream."""
        self._least_ns = round(config.latency_ms_min * NS_PER_MS)
        self._most_ns = round(config.latency_ms_max * NS_PER_MS)
        self._rng = rng
        self.trigger_ns = round(config.trigger_latency_ms * NS_PER_MS)

    def entry_ns(self) -> int:
        """Return the time from decision to arrival of one order or cancel."""
        return self._rng.randint(self._least_ns, self._most_ns)
