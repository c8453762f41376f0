"""Everything the exchange says passes one seam, where deafness and other faults are put in."""

from __future__ import annotations

import asyncio

from tests.exchange.serving import CONNECT, EVERYTHING, FAST, Message, serving, talk
from trading.exchange.outbound import Deaf, PushFrame


def test_a_deaf_exchange_looks_alive_and_pushes_nothing() -> None:
    """Connect frame, pongs, acknowledgements and REST are there; data is not."""

    async def scenario() -> None:
        async with serving(FAST, Deaf()) as exchange, exchange.socket() as socket:
            assert await socket.hear() == CONNECT
            await socket.subscribe(*EVERYTHING)
            await socket.subscribe("depth_book5", symbol="NOPEUSDT")
            await socket.say({"op": "ping", "ping": 7})
            heard = await socket.hear_for(0.5)
            reply = await exchange.get("market/depth", symbol="BTCUSDT")

            assert [7] == [message["pong"] for message in heard]
            assert 0 == reply.json()["code"]

    asyncio.run(scenario())


class Doubling(Deaf):
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
