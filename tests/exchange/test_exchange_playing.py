"""A tape over real sockets: its prints, its settlement, its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.exchange.serving import data_of, serving
from tests.exchange.tapes import diff, mark, small, trade, write_tape
from trading.errors import FeedError
from trading.exchange.options import ExchangeOptions


def recorded(path: Path, speed: float) -> ExchangeOptions:
    """Return the options that play a tape."""
    return ExchangeOptions(market="recorded", tape=str(path), speed=speed)


def test_after_the_tape_there_is_silence_but_the_socket_lives(tmp_path: Path) -> None:
    """All its prints come, then nothing is pushed; REST and pings go on."""
    prints = [trade(100 * n, "100.10", f"0.{n:03d}", is_sell=False) for n in range(20, 40)]

    async def scenario() -> None:
        options = recorded(write_tape(tmp_path, small(*prints)), 4.0)
        async with serving(options) as exchange, exchange.socket() as socket:
            await socket.hear()
            await socket.subscribe("trade", "depth_book1", "price")
            heard = await socket.hear_for(1.6)
            rows = [row for m in heard if m["ch"] == "trade" for row in m["data"]]  # type: ignore[attr-defined]

            assert [f"0.{n:03d}0" for n in range(20, 40)] == [row["v"] for row in rows][-20:]
            assert max(int(str(m["ts"])) for m in heard) <= 1_700_000_000_000 + 3_900

            await socket.say({"op": "ping", "ping": 7})
            late = await socket.hear_for(0.5)
            reply = await exchange.get("market/tickers", symbols="BTCUSDT")

            assert [7] == [message["pong"] for message in late]
            assert "100.1" == reply.json()["data"][0]["last"]

    asyncio.run(scenario())


def test_a_tape_that_breaks_off_ends_the_exchange(tmp_path: Path) -> None:
    """A gap is an error of the whole process, not a silence."""
    later = [mark(9_000, "100.0", "0.0001", 50_000), diff(9_000, (50, 51, 49), [], [])]

    async def scenario() -> None:
        options = recorded(write_tape(tmp_path, small(*later)), 60.0)
        async with serving(options) as exchange:
            async with asyncio.timeout(3.0):
                await exchange.server.fail()

    with pytest.raises(FeedError, match="the recording has a gap"):
        asyncio.run(scenario())


def test_the_settlement_of_2023_is_seen_over_the_wire(tape_2023: Path) -> None:
    """Before midnight it is the next one; after it, the settled rate in percent and the history."""

    async def scenario() -> None:
        async with serving(recorded(tape_2023, 60.0)) as exchange, exchange.socket() as socket:
            await socket.hear()
            await socket.subscribe("price")
            midnight_ms = 1_680_652_800_000
            before = data_of(await socket.hear())
            after, at_ms = before, 0
            while after["nft"] == before["nft"]:
                message = await socket.hear()
                if "ch" not in message:
                    continue
                after, at_ms = data_of(message), int(str(message["ts"]))
                if at_ms % 10_000 < 500:
                    await socket.say({"op": "ping", "ping": 1})
            reply = await exchange.get("market/get_funding_rate_history", symbol="BTCUSDT", limit=1)

            assert "2023-04-05T00:00:00Z" == before["nft"] == after["ft"]
            assert "2023-04-05T08:00:00Z" == after["nft"]
            assert "0.00276" == after["fr"]
            assert midnight_ms < at_ms < midnight_ms + 2_000
            assert {
                "fundingTime": "1680652800000",
                "fundingRate": "0.0000276",
                "markPrice": "28155.1",
            } == reply.json()["data"][0]

    asyncio.run(scenario())
