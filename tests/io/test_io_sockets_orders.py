"""What a feed does when it is told to: drop, end, go on."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.io.feed_at_home import NOW_NS, PRICE, Told, make_feed, running, served, talk
from tests.support.manual_clock import ManualClock
from trading.errors import ConfigError
from trading.io.clock import monotonic_ns
from trading.io.sockets import FeedListener, FeedSocket
from trading.venues.bitunix import Bitunix


def test_a_connection_is_dropped_on_demand_and_the_reason_kept() -> None:
    """Though it is open and healthy: the engine finds the feed dead by its ages."""

    async def scenario() -> Told:
        told = Told()
        async with served(talk) as url:
            feed = make_feed(url, told)
            async with running(feed):
                await told.until(lambda: len(told.frames) == 2)
                feed.reconnect("price is 18 s old")
                feed.reconnect("and again")
                await told.until(lambda: len(told.frames) == 4)
        return told

    told = asyncio.run(scenario())

    assert ["price is 18 s old"] == told.lost
    assert [1, 1] == told.connected


def test_a_listener_may_drop_the_connection_from_inside_a_frame() -> None:
    """A queue that overruns: not one more frame of that connection is heard."""

    async def handler(connection: ServerConnection) -> None:
        await connection.recv()
        with suppress(ConnectionClosed):
            while True:
                await connection.send(PRICE.decode())

    async def scenario() -> tuple[list[str], int]:
        lost: list[str] = []
        frames = 0
        is_lost = asyncio.Event()

        def on_frame(_: bytes, __: int) -> None:
            nonlocal frames
            frames += 1
            if frames == 100:
                feed.reconnect("overrun")

        def on_lost(reason: str) -> None:
            lost.append(reason)
            is_lost.set()

        async with served(handler) as url:
            feed = FeedSocket(
                url,
                Bitunix(),
                ("BTCUSDT",),
                60,
                clock=ManualClock(unix_ns=NOW_NS),
                rng=random.Random(7),
                listener=FeedListener(
                    on_frame=on_frame, on_connected=lambda _: None, on_lost=on_lost
                ),
            )
            async with running(feed):
                async with asyncio.timeout(2.0):
                    await is_lost.wait()
                return lost, frames

    assert (["overrun"], 100) == asyncio.run(scenario())


def test_dropping_what_is_not_there_does_nothing() -> None:
    """A new connection is on its way already."""

    async def scenario() -> Told:
        told = Told()
        async with served(talk) as url:
            feed = make_feed(url, told)
            feed.reconnect("too early")
            async with running(feed):
                await told.until(lambda: len(told.frames) == 2)
        return told

    assert [] == asyncio.run(scenario()).lost


def test_a_cancelled_feed_says_goodbye() -> None:
    """The venue sees an orderly close."""
    codes: list[int | None] = []

    async def handler(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(PRICE.decode())
        await connection.wait_closed()
        codes.append(connection.close_code)

    async def scenario() -> None:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told)):
            await told.until(lambda: bool(told.frames))

    asyncio.run(scenario())

    assert [1000] == codes


def test_a_cancelled_feed_does_not_wait_for_a_deaf_venue() -> None:
    """A peer that never answers the goodbye is left after a moment."""

    async def scenario() -> int:
        told = Told()
        is_over = asyncio.Event()

        async def handler(connection: ServerConnection) -> None:
            await connection.recv()
            await connection.send(PRICE.decode())
            connection.transport.pause_reading()
            await is_over.wait()

        async with served(handler) as url, running(make_feed(url, told)) as task:
            await told.until(lambda: bool(told.frames))
            start_ns = monotonic_ns()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            took_ns = monotonic_ns() - start_ns
            is_over.set()
        return took_ns

    assert asyncio.run(scenario()) < 400_000_000


def test_a_listeners_failure_ends_the_feed() -> None:
    """A bug of ours is not the venue's: nobody reconnects over it."""

    class Broken(Told):
        def on_frame(self, frame: bytes, received_ns: int) -> None:
            raise LookupError("a bug")

    async def scenario() -> Told:
        told = Broken()
        async with served(talk) as url:
            with pytest.raises(LookupError, match="a bug"):
                await make_feed(url, told).run()
        return told

    assert [] == asyncio.run(scenario()).lost


def test_pauses_double_to_a_limit_with_our_own_chance() -> None:
    """The longest pause is bounded however often it fails."""
    asked: list[float] = []

    class Noting(random.Random):
        def uniform(self, a: float, b: float) -> float:
            asked.append(b)
            return 0.0

    async def scenario() -> None:
        told = Told()
        feed = FeedSocket(
            "ws://127.0.0.1:1/",
            Bitunix(),
            ("BTCUSDT",),
            60,
            clock=ManualClock(unix_ns=NOW_NS),
            rng=Noting(),
            listener=FeedListener(
                on_frame=told.on_frame, on_connected=told.on_connected, on_lost=told.on_lost
            ),
        )
        async with running(feed):
            await told.until(lambda: len(told.lost) == 8)

    asyncio.run(scenario())

    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0] == asked[:7]


@pytest.mark.parametrize("url", ["", "venue.test", "http://venue.test", "ws://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """Before anything is connected, not again and again."""

    async def scenario() -> None:
        make_feed(url, Told())

    with pytest.raises(ConfigError, match="url"):
        asyncio.run(scenario())
