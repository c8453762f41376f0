"""Waiting for another process: by looking, because it cannot call us."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from trading.io.clock import monotonic_ns

T = TypeVar("T")

LOOK_EVERY_S = 0.05


def until(look: Callable[[], T | None], within_s: float, what: str) -> T:
    """Return the first answer that is something; fail the test when there is none in time."""
    by_ns = monotonic_ns() + round(within_s * 1e9)
    while not (found := look()):
        if monotonic_ns() > by_ns:
            pytest.fail(f"waited {within_s:g} s in vain for {what}")
        time.sleep(LOOK_EVERY_S)
    return found
