"""Session time runs as fast as told, exactly, and never goes back."""

from __future__ import annotations

import ctypes
import math
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.manual_clock import ManualClock
from trading.errors import ConfigError
from trading.io import clock as clocks
from trading.io.clock import Clock, SessionClock, monotonic_ns, slept_ns, wall_ns

YEAR_NS = 366 * 86_400 * 1_000_000_000
SPEEDS = st.floats(min_value=0.01, max_value=1_000, allow_nan=False)
READINGS = st.integers(min_value=0, max_value=2**61)


@given(speed=SPEEDS, anchor=READINGS, first=READINGS, later=st.integers(0, YEAR_NS))
def test_session_time_never_goes_back(speed: float, anchor: int, first: int, later: int) -> None:
    """A later reading is never an earlier session time, before the anchor too."""
    clock = SessionClock(anchor_monotonic_ns=anchor, anchor_unix_ns=0, speed=speed)

    assert clock.at(first) <= clock.at(first + later)


@given(elapsed=st.integers(0, 100 * YEAR_NS), speed=st.integers(1, 1_000))
def test_whole_speeds_are_exact_to_the_nanosecond(elapsed: int, speed: int) -> None:
    """No float rounds away a nanosecond, even after a century."""
    clock = SessionClock(anchor_monotonic_ns=5, anchor_unix_ns=7, speed=float(speed))

    assert 7 + elapsed * speed == clock.at(5 + elapsed)


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan, math.inf])
def test_a_clock_that_would_not_run_is_refused(speed: float) -> None:
    """Standing still, running backwards and not being a number are no speeds."""
    with pytest.raises(ConfigError, match="speed: expected a finite number above 0"):
        SessionClock(anchor_monotonic_ns=0, anchor_unix_ns=0, speed=speed)
    with pytest.raises(ConfigError, match="speed"):
        ManualClock(unix_ns=0, speed=speed)


def test_the_live_clock_is_the_wall_clock_at_speed_one() -> None:
    """A real venue's session lives on real time."""
    before_ns = wall_ns()
    clock = SessionClock.live()
    now_ns = clock.now_ns()

    assert 1.0 == clock.speed
    assert before_ns <= now_ns <= before_ns + 1_000_000_000


def test_waiting_times_are_real_seconds() -> None:
    """Sixty session seconds at speed 20 are three real ones; what has come takes none."""
    anchor_ns = monotonic_ns()
    clock = SessionClock(anchor_monotonic_ns=anchor_ns, anchor_unix_ns=0, speed=20.0)

    assert 3.0 == clock.real_s(60.0)
    assert 0.0 == clock.real_seconds_until(0)
    assert 2.5 < clock.real_seconds_until(60_000_000_000) <= 3.0


def test_the_manual_clock_moves_only_when_told() -> None:
    """It shows the same face as the real one, and stands."""
    clock = ManualClock(unix_ns=1_000, speed=4.0)
    face: Clock = clock
    clock.advance(0.5)

    assert 500_001_000 == face.now_ns()
    assert 500_001_000 == face.now_ns()
    assert 2.0 == face.real_s(8.0)
    assert 0.125 == face.real_seconds_until(1_000_001_000)
    assert 0.0 == face.real_seconds_until(0)


@pytest.mark.parametrize("span", [-0.1, math.nan, math.inf])
def test_the_manual_clock_cannot_be_moved_back(span: float) -> None:
    """Time never goes back, in tests neither."""
    clock = ManualClock(unix_ns=0)

    with pytest.raises(ConfigError, match="time never goes back"):
        clock.advance(span)


def test_two_processes_share_one_clock() -> None:
    """An anchor handed to another process gives the same session time there."""
    clock = SessionClock(anchor_monotonic_ns=monotonic_ns(), anchor_unix_ns=0, speed=1.0)
    program = (
        "from trading.io.clock import SessionClock\n"
        f"print(SessionClock(anchor_monotonic_ns={clock.anchor_monotonic_ns},"
        " anchor_unix_ns=0, speed=1.0).now_ns())"
    )
    before_ns = clock.now_ns()
    there_ns = int(subprocess.check_output([sys.executable, "-c", program]))

    assert before_ns < there_ns < clock.now_ns()


def test_a_machine_that_is_awake_sleeps_no_further() -> None:
    """Not below 0, and the same whenever it is asked: two clocks, read one after the other."""
    readings = [slept_ns() for _ in range(200)]

    assert min(readings) >= 0
    assert max(readings) - min(readings) < 1_000_000_000


def test_a_mac_tells_how_long_it_has_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its one raw clock runs on in its sleep, the other stands still."""
    readings = {time.CLOCK_MONOTONIC_RAW: 700_000_000_000, 8: 100_000_000_000}
    monkeypatch.setattr(time, "CLOCK_UPTIME_RAW", 8, raising=False)
    monkeypatch.setattr("time.clock_gettime_ns", readings.__getitem__)
    monkeypatch.setattr(sys, "platform", "darwin")

    assert 600_000_000_000 == slept_ns()


def test_windows_tells_how_long_it_has_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Milliseconds since its start, sleep included, against units of 100 ns without it."""

    class Asked:
        restype: object = None

        def __call__(self) -> int:
            assert ctypes.c_ulonglong is self.restype, "cut to 32 bits after 49 days"
            return 2**32 + 600_000

    def awake(found: object) -> int:
        ctypes.cast(found, ctypes.POINTER(ctypes.c_ulonglong))[0] = 2**32 * 10_000  # type: ignore[arg-type]
        return 1

    kernel = SimpleNamespace(GetTickCount64=Asked(), QueryUnbiasedInterruptTime=awake)
    libraries = {"kernel32": kernel}
    monkeypatch.setattr(ctypes, "WinDLL", libraries.__getitem__, raising=False)
    monkeypatch.setattr(clocks, "ctypes", ctypes, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")

    assert 600_000_000_000 == slept_ns()


def test_a_system_that_tells_nothing_has_not_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sleep then shows as silence of the feed, and as the venue's stamps running ahead."""
    monkeypatch.setattr(sys, "platform", "freebsd14")

    assert 0 == slept_ns()
