"""The feed's connection: subscribed, kept alive, lost in words, and made again for ever."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.io.feed_at_home import GREETING, NOW_NS, PRICE, Told, make_feed, running, served, talk
from trading.io.clock import monotonic_ns
from trading.io.sockets import SocketLimits
from trading.venues.bitunix import Bitunix


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
        with suppress(ConnectionClosed):
            while await connection.recv():
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
        writers: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(
            lambda _, writer: writers.append(writer), "127.0.0.1", 0
        )
        async with silent:
            port = silent.sockets[0].getsockname()[1]
            limits = SocketLimits(open_timeout_s=0.05, backoff_s_first=0.001)
            async with running(make_feed(f"ws://127.0.0.1:{port}/", told, limits=limits)):
                await told.until(lambda: bool(told.lost))
            for writer in writers:
                writer.close()
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
        async with (
            served(handler) as url,
            running(make_feed(url, told, speed=700.0, venue=Verbose())),
        ):
            await told.until(lambda: bool(told.lost))
        return told

    assert ["the venue took no message for 0.1 s"] == asyncio.run(scenario()).lost[:1]
