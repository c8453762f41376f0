"""A running exchange inside a test, and a client that speaks to it over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
from websockets.asyncio.client import ClientConnection, connect

from trading.exchange.opening import open_markets
from trading.exchange.options import ExchangeOptions
from trading.exchange.outbound import Faithful, Outbound
from trading.exchange.server import ExchangeServer
from trading.io.clock import SessionClock, monotonic_ns

START_NS = 1_789_999_200_000_000_000
"""21 September 2026, 14:00 UTC."""

Message = dict[str, object]

FAST = ExchangeOptions(speed=20.0)
CONNECT = {"op": "connect", "data": {"result": True}}
EVERYTHING = (
    "depth_book1", "depth_book5", "depth_book15", "depth_books", "price", "ticker", "trade",
    "market_kline_1min", "mark_kline_1min",
)  # fmt: skip


class Socket:
    """A client's socket, in JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        """Stand on an open connection."""
        self.connection = connection

    async def say(self, message: object) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def subscribe(self, *channels: str, symbol: str = "BTCUSDT") -> None:
        """Subscribe channels of one symbol in one message."""
        streams = [{"symbol": symbol, "ch": channel} for channel in channels]
        await self.say({"op": "subscribe", "args": streams})

    async def hear(self, within_s: float = 5.0) -> Message:
        """Return the next message, or fail after some real seconds."""
        message: Message = json.loads(await asyncio.wait_for(self.connection.recv(), within_s))
        return message

    async def read_on(self) -> None:
        """Read until the connection is closed, which raises how."""
        while True:
            await self.connection.recv()

    async def hear_many(self, count: int) -> list[Message]:
        """Return the next messages."""
        return [await self.hear() for _ in range(count)]

    async def hear_for(self, real_s: float) -> list[Message]:
        """Return every message of some real seconds."""
        heard: list[Message] = []
        try:
            async with asyncio.timeout(real_s):
                while True:
                    heard.append(json.loads(await self.connection.recv()))
        except TimeoutError:
            return heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running exchange's addresses and its time."""

    rest_url: str
    ws_url: str
    clock: SessionClock
    server: ExchangeServer

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        """GET a path below ``/api/v1/futures/``."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(f"{self.rest_url}/api/v1/futures/{path}", params=query)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Socket]:
        """Open a socket of the public stream; the connect frame is still to be heard."""
        async with connect(
            self.ws_url, ping_interval=None, compression=None, proxy=None, close_timeout=1
        ) as connection:
            yield Socket(connection)


@asynccontextmanager
async def serving(
    options: ExchangeOptions | None = None, outbound: Outbound | None = None
) -> AsyncIterator[Served]:
    """Run an exchange; a synthetic market starts at ``START_NS`` unless told otherwise."""
    options = options or ExchangeOptions()
    if options.market == "synthetic" and options.start_ns is None:
        options = replace(options, start_ns=START_NS)
    opening = open_markets(options, START_NS)
    clock = SessionClock(
        anchor_monotonic_ns=monotonic_ns(), anchor_unix_ns=opening.start_ns, speed=options.speed
    )
    async with ExchangeServer(opening.floor, clock, options, outbound or Faithful()) as server:
        address = f"127.0.0.1:{server.port}"
        yield Served(
            rest_url=f"http://{address}",
            ws_url=f"ws://{address}/public/",
            clock=clock,
            server=server,
        )


async def talk(exchange: Served, *channels: str, count: int) -> list[Message]:
    """Return the first pushes of some channels of BTCUSDT."""
    async with exchange.socket() as socket:
        assert await socket.hear() == CONNECT
        await socket.subscribe(*channels)
        return await socket.hear_many(count)


def pushes(*channels: str, count: int, options: ExchangeOptions = FAST) -> list[Message]:
    """Run an exchange and return the first pushes of some channels."""

    async def scenario() -> list[Message]:
        async with serving(options) as exchange:
            return await talk(exchange, *channels, count=count)

    return asyncio.run(scenario())


def data_of(message: Message) -> dict[str, object]:
    """Return a push's data object."""
    data = message["data"]
    assert isinstance(data, dict)
    return data
