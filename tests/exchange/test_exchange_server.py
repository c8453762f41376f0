"""The port itself: how sockets end, and REST beside them (bitunix.md, sections 1, 2.1 and 7)."""

from __future__ import annotations

import asyncio
import socket as sockets
from dataclasses import replace
from email.utils import parsedate_to_datetime

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from tests.exchange.serving import EVERYTHING, FAST, Socket, serving
from trading.exchange.options import ExchangeOptions


async def ended(socket: Socket, within_s: float) -> float:
    """Wait until the server drops the connection without a close frame; return the real seconds."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    with pytest.raises(ConnectionClosedError) as caught:
        await asyncio.wait_for(socket.read_on(), within_s)
    assert caught.value.rcvd is None  # 1006: no close frame
    return loop.time() - start


def test_more_than_five_messages_a_second_end_the_connection() -> None:
    """Abruptly: the client sees 1006."""

    async def scenario() -> None:
        async with serving() as exchange, exchange.socket() as socket:
            for number in range(6):
                await socket.say({"op": "ping", "ping": number})
            await ended(socket, 2.0)

    asyncio.run(scenario())


def test_silence_ends_the_connection_even_while_data_flows() -> None:
    """Sixty session seconds: three real ones at speed 20."""

    async def scenario() -> None:
        async with (
            serving(ExchangeOptions(speed=40.0)) as exchange,
            exchange.socket() as silent,
            exchange.socket() as speaking,
        ):
            await silent.subscribe("price")
            waiting = asyncio.create_task(ended(silent, 5.0))
            while not waiting.done():
                await speaking.say({"op": "ping", "ping": 1})
                await asyncio.sleep(0.2)

            assert pytest.approx(1.5, abs=0.45) == await waiting

            await speaking.say({"op": "ping", "ping": 2})
            heard = await speaking.hear_for(0.2)

            assert 2 == heard[-1]["pong"]

    asyncio.run(scenario())


def test_a_protocol_ping_as_the_first_frame_is_fatal() -> None:
    """A second and a half later the socket is gone; after a message such a ping is answered."""

    async def scenario() -> None:
        async with (
            serving(ExchangeOptions(speed=3.0)) as exchange,
            exchange.socket() as trapped,
            exchange.socket() as careful,
        ):
            await careful.say({"op": "ping", "ping": 1})
            await trapped.connection.ping()
            pong = await careful.connection.ping()

            assert 0.4 < await ended(trapped, 3.0) < 1.5
            async with asyncio.timeout(1.0):
                await pong

    asyncio.run(scenario())


def test_a_client_that_does_not_read_is_dropped() -> None:
    """The queue of its frames is bounded; others do not notice."""

    async def scenario() -> None:
        options = ExchangeOptions(speed=200.0, idle_drop_s=86_400.0, queue_frames=50)
        async with serving(options) as exchange, exchange.socket() as good:
            host, port = exchange.rest_url.removeprefix("http://").split(":")
            raw = sockets.socket()
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
            raw.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(raw, (host, int(port)))
            upgrade = (
                f"GET /public/ HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n"
            )
            await loop.sock_sendall(raw, upgrade.encode())
            text = b'{"op":"subscribe","args":[{"symbol":"BTCUSDT","ch":"depth_books"}]}'
            masked = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
            await asyncio.sleep(0.1)
            await loop.sock_sendall(raw, masked)
            await good.subscribe("price")
            await good.hear_many(100)
            received = 0
            async with asyncio.timeout(20):
                try:
                    await asyncio.sleep(1.5)  # the silence of a client that does not read
                    while chunk := await loop.sock_recv(raw, 65_536):
                        received += len(chunk)
                except ConnectionResetError:
                    received += 1
            raw.close()

            assert received > 0
            assert "price" == (await good.hear())["ch"]

    asyncio.run(scenario())


def test_leaving_closes_every_socket_within_a_second() -> None:
    """Clients are told (1001), and nothing is left open."""

    async def scenario() -> float:
        loop = asyncio.get_running_loop()
        async with serving(FAST) as exchange:
            connecting = exchange.socket()
            socket = await connecting.__aenter__()
            await socket.subscribe(*EVERYTHING)
            await socket.hear_many(5)
            start = loop.time()
        took_s = loop.time() - start
        with pytest.raises(ConnectionClosed) as caught:
            await socket.read_on()
        assert caught.value.rcvd is not None
        assert 1001 == caught.value.rcvd.code
        await connecting.__aexit__(None, None, None)
        return took_s

    assert asyncio.run(scenario()) < 1.0


def test_the_date_header_is_exchange_time_and_the_only_time() -> None:
    """A reply's body has no server time; its ``Date`` is the session clock's second."""

    async def scenario() -> None:
        async with serving(FAST) as exchange:
            before_s = exchange.clock.now_ns() // 1_000_000_000
            reply = await exchange.get("market/tickers")
            after_s = exchange.clock.now_ns() // 1_000_000_000
            told = parsedate_to_datetime(reply.headers["date"]).timestamp()

            assert before_s <= told <= after_s
            assert "application/json" == reply.headers["content-type"]
            assert {"code", "data", "msg"} == set(reply.json())

    asyncio.run(scenario())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_no_method_can_place_an_order(method: str) -> None:
    """Whatever is no GET gets the same 404 as an unknown path, in HTTP 200."""

    async def scenario() -> httpx.Response:
        async with serving() as exchange, httpx.AsyncClient(trust_env=False) as client:
            url = f"{exchange.rest_url}/api/v1/futures/trade/place_order"
            return await client.request(method, url, json={"symbol": "BTCUSDT", "qty": "1"})

    reply = asyncio.run(scenario())

    assert 200 == reply.status_code
    assert {"code": 404, "data": None, "msg": "Not Found"} == reply.json()


def test_there_is_no_private_stream() -> None:
    """Only the public path can be upgraded."""

    async def scenario() -> None:
        async with serving() as exchange:
            private = replace(exchange, ws_url=exchange.ws_url.replace("public", "private"))
            with pytest.raises(InvalidStatus):
                async with private.socket():
                    pytest.fail("a private stream was opened")

    asyncio.run(scenario())
