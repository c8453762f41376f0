"""The only place where raw clocks are read.

A session lives on *session time*: UTC nanoseconds that start at an anchor and run ``speed`` times
as fast as real time. Two processes of one machine that share an anchor share the clock to the
nanosecond, because ``monotonic_ns`` counts from the machine's start on Linux, macOS and Windows.
Session time never goes back, whatever happens to the wall clock. This module knows nothing of
markets or sessions.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import Protocol

from trading.errors import ConfigError
from trading.model.numbers import NS_PER_MS, NS_PER_S

if sys.platform == "win32":
    import ctypes


def wall_ns() -> int:
    """Return the wall clock, UTC nanoseconds since 1970; may jump, so never measure with it."""
    return time.time_ns()


def monotonic_ns() -> int:
    """Return nanoseconds since some start of the machine; never goes back, the same everywhere."""
    return time.monotonic_ns()


def slept_ns() -> int:
    """Return for how long the machine has slept since its start; 0 where it does not tell.

    The distance of two clocks that both count from its start: one that runs on in its sleep, and
    one that stands still. ``monotonic_ns`` is one that stands still on Linux and macOS; on Windows
    it runs on.

    Source: clock_gettime(2) of Linux and of macOS (``man 3 clock_gettime``); Microsoft, "Interrupt
    Time" and QueryUnbiasedInterruptTime, in units of 100 ns, since Windows 7 (2026-11-21).
    """
    if sys.platform == "linux":
        slept = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    elif sys.platform == "darwin":
        awake_ns = time.clock_gettime_ns(time.CLOCK_UPTIME_RAW)
        slept = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) - awake_ns
    elif sys.platform == "win32":
        awake = ctypes.c_ulonglong()
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetTickCount64.restype = ctypes.c_ulonglong
        kernel.QueryUnbiasedInterruptTime(ctypes.byref(awake))
        slept = kernel.GetTickCount64() * NS_PER_MS - awake.value * 100
    else:
        return 0
    return max(0, slept)


class Clock(Protocol):
    """What everything that must know the time asks: session time, and how long to wait for it."""

    @property
    def speed(self) -> float:
        """Session seconds per real second."""

    def now_ns(self) -> int:
        """Return session time, UTC nanoseconds since 1970."""

    def real_seconds_until(self, session_ns: int) -> float:
        """Return the real seconds until a session time; 0 when it has come."""

    def real_s(self, session_s: float) -> float:
        """Return how many real seconds a span of session seconds takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClock:
    """Session time as a function of the monotonic clock alone.

    At the monotonic reading ``anchor_monotonic_ns`` it is ``anchor_unix_ns``; before and after,
    ``anchor_unix_ns + (monotonic_ns - anchor_monotonic_ns) * speed``, in exact integer
    arithmetic, rounded down.
    """

    anchor_monotonic_ns: int
    anchor_unix_ns: int
    speed: float

    def __post_init__(self) -> None:
        """Refuse a clock that would stand still, run backwards or not be a number."""
        if not (math.isfinite(self.speed) and self.speed > 0):
            raise ConfigError("speed", self.speed, "a finite number above 0", "use 1 for real time")

    @classmethod
    def live(cls, not_before_ns: int = 0) -> SessionClock:
        """Return the clock of a real venue: anchored now, at speed 1.

        ``not_before_ns``: a time that has been told already; where the wall clock was set back
        behind it, session time goes on from there.
        """
        anchor_ns = max(wall_ns(), not_before_ns)
        return cls(anchor_monotonic_ns=monotonic_ns(), anchor_unix_ns=anchor_ns, speed=1.0)

    def now_ns(self) -> int:
        """Return session time, UTC nanoseconds since 1970; never less than it returned before."""
        return self.at(monotonic_ns())

    def at(self, reading_ns: int) -> int:
        """Return the session time at a reading of the monotonic clock.

        >>> clock = SessionClock(anchor_monotonic_ns=100, anchor_unix_ns=7_000, speed=2.5)
        >>> clock.at(103)
        7007
        """
        numerator, denominator = self.speed.as_integer_ratio()
        elapsed_ns = reading_ns - self.anchor_monotonic_ns
        return self.anchor_unix_ns + elapsed_ns * numerator // denominator

    def real_seconds_until(self, session_ns: int) -> float:
        """Return the real seconds until a session time; 0 when it has come."""
        return max(0.0, (session_ns - self.now_ns()) / NS_PER_S / self.speed)

    def real_s(self, session_s: float) -> float:
        """Return how many real seconds a span of session seconds takes.

        >>> SessionClock(anchor_monotonic_ns=0, anchor_unix_ns=0, speed=20.0).real_s(60.0)
        3.0
        """
        return session_s / self.speed
