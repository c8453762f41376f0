"""A feed and a venue on this machine, and an ear that remembers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.server import ServerConnection, serve

from tests.support.manual_clock import ManualClock
from trading.io.sockets import FeedListener, FeedSocket, SocketLimits
from trading.venues.bitunix import Bitunix

NOW_NS = 1_790_000_060_123_456_789
PRICE = (
    b'{"ch":"price","symbol":"BTCUSDT","ts":1790000070695,"data":{"ip":"86540.2","mp":"86509.8"}}'
)
GREETING = '{"op":"connect","data":{"result":true}}'
QUICK = SocketLimits(
    open_timeout_s=1.0,
    write_timeout_s=0.1,
    close_timeout_s=0.1,
    backoff_s_first=0.002,
    backoff_s_max=0.004,
)

Handler = Callable[[ServerConnection], Awaitable[None]]


class Told:
    """What a listener was told, and a way to wait for it."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.frames: list[bytes] = []
        self.received_ns: list[int] = []
        self.connected: list[int] = []
        self.lost: list[str] = []
        self._changed = asyncio.Event()

    def on_frame(self, frame: bytes, received_ns: int) -> None:
        """Remember a frame."""
        self.frames.append(frame)
        self.received_ns.append(received_ns)
        self._changed.set()

    def on_connected(self, tries: int) -> None:
        """Remember a connection."""
        self.connected.append(tries)
        self._changed.set()

    def on_lost(self, reason: str) -> None:
        """Remember a loss."""
        self.lost.append(reason)
        self._changed.set()

    async def until(self, is_there: Callable[[], bool]) -> None:
        """Wait until something was told; two seconds at most."""
        async with asyncio.timeout(2.0):
            while not is_there():
                self._changed.clear()
                await self._changed.wait()


def make_feed(
    url: str,
    told: Told,
    *,
    speed: float = 1.0,
    symbols: tuple[str, ...] = ("BTCUSDT",),
    venue: Bitunix | None = None,
    limits: SocketLimits = QUICK,
) -> FeedSocket:
    """Return a feed that tells what it hears."""
    return FeedSocket(
        url,
        venue or Bitunix(),
        symbols,
        60,
        clock=ManualClock(unix_ns=NOW_NS, speed=speed),
        rng=random.Random(7),
        listener=FeedListener(
            on_frame=told.on_frame, on_connected=told.on_connected, on_lost=told.on_lost
        ),
        limits=limits,
    )


@asynccontextmanager
async def running(feed: FeedSocket) -> AsyncIterator[asyncio.Task[None]]:
    """Run a feed while the test looks on, then cancel it."""
    task = asyncio.create_task(feed.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    """Serve WebSockets on loopback; give the address."""
    async with serve(
        handler, "127.0.0.1", 0, ping_interval=None, compression=None, close_timeout=0.1
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/public/"


async def talk(connection: ServerConnection) -> None:
    """Greet, take the subscription, push a price, stay."""
    await connection.send(GREETING)
    await connection.recv()
    await connection.send(PRICE.decode())
    await connection.wait_closed()
