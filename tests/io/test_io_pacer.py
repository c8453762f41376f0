"""Turns, one interval apart."""

from __future__ import annotations

import asyncio

import pytest

from trading.errors import ConfigError
from trading.io.pacer import Pacer


async def take(pacer: Pacer, turns: int) -> list[float]:
    """Take turns all at once; return when each came."""
    loop = asyncio.get_running_loop()
    came: list[float] = []

    async def one() -> None:
        await pacer.turn()
        came.append(loop.time())

    await asyncio.gather(*(one() for _ in range(turns)))
    return came


def test_turns_asked_for_at_once_come_one_interval_apart() -> None:
    """Whoever asks, the venue sees no burst."""

    async def scenario() -> tuple[float, list[float]]:
        start_s = asyncio.get_running_loop().time()
        return start_s, await take(Pacer(0.01), 6)

    start_s, came = asyncio.run(scenario())

    # A timer may ring up to one clock tick early.
    assert all(came[i] - start_s >= i * 0.01 - 0.002 for i in range(6))
    assert came[0] - start_s < 0.01


def test_a_quiet_time_saves_no_turns_up() -> None:
    """After a pause the first turn is free and the second is an interval later."""

    async def scenario() -> list[float]:
        pacer = Pacer(0.02)
        await take(pacer, 1)
        await asyncio.sleep(0.06)
        return await take(pacer, 2)

    first, second = asyncio.run(scenario())

    assert second - first >= 0.018


def test_no_interval_is_no_wait() -> None:
    """Zero means unlimited."""
    assert 100 == len(asyncio.run(take(Pacer(0.0), 100)))


@pytest.mark.parametrize("interval_s", [-1.0, float("nan"), float("inf")])
def test_an_interval_that_is_none_is_refused(interval_s: float) -> None:
    """Nobody waits for ever by mistake."""
    with pytest.raises(ConfigError, match="interval_s"):
        Pacer(interval_s)
