"""Everything the exchange says passes one seam, where deafness and other faults are put in."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from tests.exchange.serving import CONNECT, EVERYTHING, FAST, START_NS, Message, serving, talk
from trading.exchange.faults import Faulty
from trading.exchange.outbound import Faithful, PushFrame
from trading.model.fault_script import parse_script


def faulty(text: str) -> Faulty:
    """Return an outbound that follows a script."""
    return Faulty(parse_script(text), start_ns=START_NS, seed=1)


def test_a_deaf_exchange_looks_alive_and_pushes_nothing() -> None:
    """Connect frame, pongs, acknowledgements and REST are there; data is not."""

    async def scenario() -> None:
        async with serving(FAST, faulty("0s deaf")) as exchange, exchange.socket() as socket:
            assert await socket.hear() == CONNECT
            await socket.subscribe(*EVERYTHING)
            await socket.subscribe("depth_book5", symbol="NOPEUSDT")
            await socket.say({"op": "ping", "ping": 7})
            heard = await socket.hear_for(0.5)
            reply = await exchange.get("market/depth", symbol="BTCUSDT")

            assert [7] == [message["pong"] for message in heard]
            assert 0 == reply.json()["code"]

    asyncio.run(scenario())


class Doubling(Faithful):
    """A fault for the test: every push goes out twice."""

    def push(self, frame: PushFrame) -> tuple[bytes, ...]:
        """Return the frame's body twice."""
        return (frame.body, frame.body)


def test_whatever_is_pushed_passes_the_seam_for_faults() -> None:
    """A fault put in there is what the client gets."""

    async def scenario() -> list[Message]:
        async with serving(FAST, Doubling()) as exchange:
            return await talk(exchange, "price", count=6)

    heard = asyncio.run(scenario())

    assert heard[0::2] == heard[1::2]


def test_a_dropped_connection_ends_without_a_word_and_is_refused_for_a_while() -> None:
    """The client sees 1006; a new stream is refused with HTTP 503, and REST goes on."""

    async def scenario() -> None:
        script = "connection:1+1s drop; connection:1+1s refuse for 400s"
        async with serving(FAST, faulty(script)) as exchange:
            async with exchange.socket() as socket:
                assert await socket.hear() == CONNECT
                with pytest.raises(ConnectionClosedError):
                    await asyncio.wait_for(socket.read_on(), 2)
            with pytest.raises(InvalidStatus, match="503"):
                async with exchange.socket():
                    pytest.fail("the stream was opened")
            reply = await exchange.get("market/depth", symbol="BTCUSDT")

            assert 0 == reply.json()["code"]

    asyncio.run(scenario())


def test_a_half_open_socket_says_nothing_and_a_new_one_is_whole() -> None:
    """No data, no pong, no end; only the connections of that moment are struck."""

    async def scenario() -> None:
        async with serving(FAST, faulty("connection:1+1s half-open")) as exchange:
            async with exchange.socket() as socket:
                assert await socket.hear() == CONNECT
                await asyncio.sleep(0.4)
                await socket.subscribe("price")
                await socket.say({"op": "ping", "ping": 7})
                assert [] == await socket.hear_for(0.4)
            assert 2 == len(await talk(exchange, "price", count=2))

    asyncio.run(scenario())


def test_slow_rest_takes_real_time() -> None:
    """The reply is whole, and late."""

    async def scenario() -> float:
        async with serving(FAST, faulty("request:1 slow 300ms")) as exchange:
            loop = asyncio.get_running_loop()
            since_s = loop.time()
            reply = await exchange.get("market/depth", symbol="BTCUSDT")
            assert 0 == reply.json()["code"]
            return loop.time() - since_s

    assert asyncio.run(scenario()) >= 0.3
