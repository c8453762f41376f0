"""Requests over real sockets: proxies, silence, and answers without an end."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.support.manual_clock import ManualClock
from trading.errors import ConfigError, TransientVenueError
from trading.io.clock import monotonic_ns
from trading.io.process import ProcessFacts
from trading.io.rest import RestClient, RestReply
from trading.venues.bitunix import Bitunix

VENUE = Bitunix()
CLOCK = ManualClock(unix_ns=1_790_000_000_000_000_000, speed=1_000.0)
REQUEST = VENUE.funding_rate_request("BTCUSDT")
GOOD = b'{"code":0,"data":{"symbol":"BTCUSDT"},"msg":"Success"}'
URL = "http://venue.test"


class Impatient(random.Random):
    """Chance that never makes anybody wait."""

    def uniform(self, a: float, b: float) -> float:
        """Return the shortest pause there is."""
        return 0.0


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(speak: Speak) -> AsyncIterator[str]:
    """Serve on loopback; give the address."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        except ConnectionError:
            ended.set()
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        host, port = listening.sockets[0].getsockname()
        yield f"http://{host}:{port}"


async def speak_well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request as a web server does."""
    await reader.readuntil(b"\r\n\r\n")
    head = f"HTTP/1.1 200 OK\r\nDate: Mon, 21 Sep 2026 14:14:30 GMT\r\nContent-Length: {len(GOOD)}"
    writer.write(head.encode() + b"\r\n\r\n" + GOOD)
    await writer.drain()


async def speak_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin an answer and let it drip."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


def get_over_loopback(speak: Speak, within_s: float) -> RestReply:
    """Carry out the request over a real socket."""

    async def scenario() -> RestReply:
        async with (
            server(speak) as url,
            RestClient(url, VENUE, CLOCK, Impatient()) as rest,
        ):
            return await rest.get(REQUEST, within_s=within_s)

    return asyncio.run(scenario())


def test_a_real_server_is_asked_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded exchange is on this machine: a proxy of the environment is not for it."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    reply = get_over_loopback(speak_well, within_s=2.0)

    assert GOOD == reply.body
    assert 1_790_000_070_000_000_000 == reply.server_date_ns


def test_the_world_outside_is_asked_through_the_users_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever has a proxy needs it for the real venue."""
    first_lines: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first_lines.append(await reader.readline())
        await speak_well(reader, writer)

    async def scenario() -> None:
        async with server(proxy) as url:
            monkeypatch.setenv("HTTP_PROXY", url)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            async with RestClient(URL, VENUE, CLOCK, Impatient()) as rest:
                await rest.get(REQUEST, within_s=2.0)

    asyncio.run(scenario())

    assert [f"GET {URL}/api/v1/futures/market/funding_rate?symbol=BTCUSDT HTTP/1.1\r\n"] == [
        line.decode() for line in first_lines
    ]


def test_a_reply_that_drips_for_ever_ends_in_time() -> None:
    """Each byte comes in time, the whole does not."""
    start_ns = monotonic_ns()

    with pytest.raises(TransientVenueError, match="no answer from http://127"):
        get_over_loopback(speak_for_ever, within_s=0.15)

    assert monotonic_ns() - start_ns < 1_000_000_000


def test_a_port_where_nobody_listens_is_a_passing_fault() -> None:
    """The message says whom it could not reach and what to check."""

    async def scenario() -> None:
        async with server(speak_well) as url:
            pass
        async with RestClient(url, VENUE, CLOCK, Impatient()) as rest:
            await rest.get(REQUEST, within_s=0.05)

    with pytest.raises(TransientVenueError, match=r"cannot reach http://127\.0\.0\.1:.*check the"):
        asyncio.run(scenario())


def test_clients_come_and_go_without_a_trace() -> None:
    """A supervising process makes two a session; nothing of them waits for the collector."""
    facts = ProcessFacts()
    gc.disable()
    try:
        for _ in range(5):
            get_over_loopback(speak_well, within_s=2.0)
        before_mb = facts.rss_mb()
        for _ in range(40):
            get_over_loopback(speak_well, within_s=2.0)
    finally:
        gc.enable()

    assert facts.rss_mb() - before_mb < 8.0


@pytest.mark.parametrize("url", ["", "venue.test", "ws://venue.test", "file:///etc", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigError, match="base_url"):
        RestClient(url, VENUE, CLOCK, Impatient())
