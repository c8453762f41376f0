"""The feed's connection: subscribed, kept alive, lost in words, and made again for ever."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from trading.errors import ConfigError
from trading.io.clock import ManualClock, monotonic_ns
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


# --- hearing ----------------------------------------------------------------------------------


def test_a_feed_subscribes_first_and_hears_bytes_with_session_time() -> None:
    """Every channel is asked for in one text message, and frames arrive as they were sent."""
    asked: list[str | bytes] = []

    async def handler(connection: ServerConnection) -> None:
        asked.append(await connection.recv())
        await connection.send(GREETING)
        await connection.send(PRICE.decode())
        await connection.send(b"\x00\xff")
        await connection.wait_closed()

    async def scenario() -> Told:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told)):
            await told.until(lambda: len(told.frames) == 3)
        return told

    told = asyncio.run(scenario())

    assert [GREETING.encode(), PRICE, b"\x00\xff"] == told.frames
    assert [NOW_NS] * 3 == told.received_ns
    assert [1] == told.connected
    assert [Bitunix().subscriptions("BTCUSDT", 60)[0].decode()] == asked


def test_no_frame_of_a_burst_is_lost_or_late() -> None:
    """Ten thousand frames come in order, each once."""

    async def handler(connection: ServerConnection) -> None:
        await connection.recv()
        for number in range(10_000):
            await connection.send(f'{{"n":{number}}}')
        await connection.wait_closed()

    async def scenario() -> Told:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told)):
            await told.until(lambda: len(told.frames) == 10_000)
        return told

    assert list(range(10_000)) == [json.loads(f)["n"] for f in asyncio.run(scenario()).frames]


def test_the_venues_keepalive_is_sent_on_time_and_no_protocol_ping() -> None:
    """Every seven session seconds, as text, with the session's own second."""
    asked: list[str | bytes] = []
    moments: list[int] = []

    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            asked.append(message)
            moments.append(monotonic_ns())
            if len(asked) == 5:
                await connection.send(PRICE.decode())

    async def scenario() -> Told:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told, speed=350.0)):
            await told.until(lambda: bool(told.frames))
        return told

    asyncio.run(scenario())

    assert ['{"op":"ping","ping":1790000060}'] * 4 == asked[1:]
    assert moments[4] - moments[0] >= 4 * 20_000_000 - 5_000_000


def test_many_symbols_stay_within_the_venues_message_budget() -> None:
    """Five messages a second of its time; one more and it hangs up."""
    moments: list[int] = []
    symbols = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "ADAUSDT", "XRPUSDT", "DOTUSDT")

    async def handler(connection: ServerConnection) -> None:
        async for _ in connection:
            moments.append(monotonic_ns())

    async def scenario() -> Told:
        told = Told()
        async with (
            served(handler) as url,
            running(make_feed(url, told, speed=20.0, symbols=symbols)),
        ):
            await told.until(lambda: told.connected == [1])
        return told

    asyncio.run(scenario())

    assert 5 <= len(moments) <= 6
    assert moments[4] - moments[0] >= 4 * 10_000_000 - 2_000_000


# --- losing -----------------------------------------------------------------------------------


def test_a_lost_connection_is_told_and_made_again() -> None:
    """With the whole subscription; the venue remembers nothing."""
    asked: list[str | bytes] = []

    async def handler(connection: ServerConnection) -> None:
        asked.append(await connection.recv())
        await connection.send(PRICE.decode())
        await connection.close(1001, "maintenance")

    async def scenario() -> Told:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told)):
            await told.until(lambda: len(told.frames) == 3)
        return told

    told = asyncio.run(scenario())

    assert [PRICE] * 3 == told.frames
    assert [1, 1, 1] == told.connected[:3]  # each was a success: something was heard
    assert "connection closed: received 1001 (going away) maintenance" in told.lost[0]
    assert 1 == len(set(asked))


def test_a_hang_up_without_a_word_is_told() -> None:
    """How the venue drops an idle client."""

    async def handler(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.abort()

    async def scenario() -> Told:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told)):
            await told.until(lambda: bool(told.lost))
        return told

    assert "connection closed: no close frame" in asyncio.run(scenario()).lost[0]


def test_a_greeting_alone_is_no_success() -> None:
    """A venue that greets and hangs up is called with growing pauses, not without."""

    async def handler(connection: ServerConnection) -> None:
        await connection.send(GREETING)
        await connection.send("<html>busy</html>")
        await connection.recv()

    async def scenario() -> Told:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told)):
            await told.until(lambda: len(told.connected) == 4)
        return told

    assert [1, 2, 3, 4] == asyncio.run(scenario()).connected


def test_tries_are_counted_until_something_is_heard() -> None:
    """Nobody listens, then somebody does: connected on a later try, and the count begins anew."""

    async def scenario() -> Told:
        told = Told()
        async with served(talk) as url:
            pass
        port = int(url.split(":")[2].split("/")[0])
        async with running(make_feed(url, told)):
            await told.until(lambda: len(told.lost) == 3)
            async with serve(talk, "127.0.0.1", port, compression=None, close_timeout=0.1):
                await told.until(lambda: bool(told.frames[1:]))
            await told.until(lambda: "connection closed" in told.lost[-1])
            async with serve(talk, "127.0.0.1", port, compression=None, close_timeout=0.1):
                await told.until(lambda: len(told.connected) == 2)
        return told

    told = asyncio.run(scenario())

    assert all(reason.startswith("cannot connect to ws://127.0.0.1:") for reason in told.lost[:3])
    assert told.connected[0] >= 4
    assert told.connected[1] < told.connected[0]


def test_a_refused_handshake_is_told_with_its_status() -> None:
    """The edge says 403; the feed goes on trying."""

    async def scenario() -> Told:
        told = Told()
        async with (
            serve(
                talk,
                "127.0.0.1",
                0,
                process_request=lambda connection, _: connection.respond(403, "no"),
            ) as server,
        ):
            port = next(iter(server.sockets)).getsockname()[1]
            async with running(make_feed(f"ws://127.0.0.1:{port}/", told)):
                await told.until(lambda: len(told.lost) == 2)
        return told

    told = asyncio.run(scenario())

    assert "HTTP 403" in told.lost[1]
    assert [] == told.connected


def test_a_server_that_does_not_answer_the_handshake_is_given_up() -> None:
    """After the opening time, in words."""

    async def scenario() -> Told:
        told = Told()
        silent = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        async with silent:
            port = silent.sockets[0].getsockname()[1]
            limits = SocketLimits(open_timeout_s=0.05, backoff_s_first=0.001)
            async with running(make_feed(f"ws://127.0.0.1:{port}/", told, limits=limits)):
                await told.until(lambda: bool(told.lost))
        return told

    assert "timed out during opening handshake" in asyncio.run(scenario()).lost[0]


def test_a_frame_beyond_the_limit_ends_the_connection() -> None:
    """Memory is not the venue's to fill."""

    async def handler(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send("x" * 2_000)
        await connection.wait_closed()

    async def scenario() -> Told:
        told = Told()
        limits = SocketLimits(frame_bytes_max=1_000, backoff_s_first=0.001)
        async with served(handler) as url, running(make_feed(url, told, limits=limits)):
            await told.until(lambda: bool(told.lost))
        return told

    told = asyncio.run(scenario())

    assert "1009 (message too big)" in told.lost[0]
    assert [] == told.frames


def test_a_venue_that_takes_no_message_is_left() -> None:
    """A write that blocks does not hang the keep-alive for ever."""

    class Verbose(Bitunix):
        """Its keep-alive fills every buffer on the way."""

        def keepalive(self, now_ns: int) -> bytes:
            """Return far too much."""
            return b"x" * 30_000_000

    async def handler(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.pause_reading()
        await connection.wait_closed()

    async def scenario() -> Told:
        told = Told()
        async with served(handler) as url:
            async with running(make_feed(url, told, speed=700.0, venue=Verbose())):
                await told.until(lambda: bool(told.lost))
        return told

    assert ["the venue took no message for 0.1 s"] == asyncio.run(scenario()).lost[:1]


# --- being told to ----------------------------------------------------------------------------


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

    async def handler(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(PRICE.decode())
        connection.transport.pause_reading()
        await asyncio.sleep(0.5)

    async def scenario() -> int:
        told = Told()
        async with served(handler) as url, running(make_feed(url, told)) as task:
            await told.until(lambda: bool(told.frames))
            start_ns = monotonic_ns()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return monotonic_ns() - start_ns

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
