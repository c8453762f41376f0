"""The public stream over real sockets: what is said, when, and what is met with silence.

Source: bitunix.md, sections 2.2, 2.3 and 7.
"""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.exchange.serving import CONNECT, EVERYTHING, FAST, Message, data_of, pushes, serving
from trading.exchange.options import ExchangeOptions


def test_a_ping_is_answered_with_op_ping_and_the_echo() -> None:
    """The reply's op is not pong; its own second is when the socket was opened."""

    async def scenario() -> None:
        async with serving() as exchange, exchange.socket() as socket:
            opened_s = exchange.clock.now_ns() // 1_000_000_000
            assert await socket.hear() == CONNECT
            await socket.say({"op": "ping", "ping": 1_790_000_060})
            pong = await socket.hear()

            assert {"op": "ping", "pong": 1_790_000_060, "ping": pong["ping"]} == pong
            assert pong["ping"] in (opened_s - 1, opened_s)

    asyncio.run(scenario())


def test_good_subscriptions_are_not_acknowledged_and_bad_requests_are_silent() -> None:
    """The next thing heard is data; junk, unknown ops, channels and symbols leave the socket be."""

    async def scenario() -> None:
        async with serving(ExchangeOptions(speed=5.0)) as exchange, exchange.socket() as socket:
            assert await socket.hear() == CONNECT
            await socket.connection.send("not json")
            await socket.connection.send(b"\xff\xfe")
            await socket.say({"op": "dance"})
            await socket.say([1, 2])
            await asyncio.sleep(0.25)
            await socket.subscribe("market_kline_1m", "tickers", "depth_book7")
            await socket.subscribe("price", "trade", "ticker", symbol="NOPEUSDT")

            assert [] == await socket.hear_for(0.4)

            await socket.subscribe("price")

            assert "price" == (await socket.hear())["ch"]

    asyncio.run(scenario())


def test_unsubscribing_is_acknowledged_and_ends_the_stream() -> None:
    """The one acknowledgement there is; then silence."""

    async def scenario() -> None:
        async with serving(FAST) as exchange, exchange.socket() as socket:
            await socket.subscribe("price")
            await socket.hear_many(3)
            await socket.say({"op": "unsubscribe", "args": [{"symbol": "btcusdt", "ch": "price"}]})
            heard = await socket.hear_for(0.3)
            done = next(message for message in heard if message.get("op") == "unsubscribe")

            assert {"op": "unsubscribe", "ts": done["ts"], "data": "success"} == done
            assert done == heard[-1]

    asyncio.run(scenario())


def test_the_301st_subscription_is_refused_and_the_others_flow() -> None:
    """Three hundred channels a connection."""
    refusal: Message = {
        "op": "subscribe",
        "data": {"msg": "subscribe channel > 300", "nonce": "", "result": False},
    }

    async def scenario() -> None:
        async with serving(FAST) as exchange, exchange.socket() as socket:
            await socket.hear()
            args = [{"symbol": f"X{number}USDT", "ch": "price"} for number in range(299)]
            args.append({"symbol": "BTCUSDT", "ch": "price"})
            await socket.say({"op": "subscribe", "args": args})

            assert "price" == (await socket.hear())["ch"]

            await socket.subscribe("ticker")
            heard = await socket.hear_for(0.3)

            assert 1 == heard.count(refusal)
            assert {"price"} == {message["ch"] for message in heard if message != refusal}

    asyncio.run(scenario())


@pytest.mark.parametrize(("channel", "levels"), [("depth_book1", 1), ("depth_book5", 5)])
def test_depth_of_an_unknown_symbol_is_one_empty_frame(channel: str, levels: int) -> None:
    """All levels are ``["", ""]``, once, and then nothing."""

    async def scenario() -> None:
        async with serving(FAST) as exchange, exchange.socket() as socket:
            await socket.hear()
            await socket.subscribe(channel, symbol="nopeusdt")
            frame = await socket.hear()

            assert ("NOPEUSDT", channel) == (frame["symbol"], frame["ch"])
            assert {"b": [["", ""]] * levels, "a": [["", ""]] * levels} == frame["data"]
            assert [] == await socket.hear_for(0.2)

    asyncio.run(scenario())


def test_the_same_stream_twice_is_one_and_lower_case_is_accepted() -> None:
    """Frames say upper case, and come in the single rhythm of one stream."""

    async def scenario() -> list[Message]:
        async with serving(FAST) as exchange, exchange.socket() as socket:
            await socket.hear()
            await socket.subscribe("price", symbol="btcusdt")
            await socket.subscribe("price", "price")
            return await socket.hear_many(10)

    heard = asyncio.run(scenario())
    stamps = [message["ts"] for message in heard]

    assert {"BTCUSDT"} == {message["symbol"] for message in heard}
    assert len(set(stamps)) == len(stamps)


@pytest.mark.parametrize(
    ("channel", "levels"), [("depth_book1", 1), ("depth_book5", 5), ("depth_book15", 15)]
)
def test_depth_windows_are_whole_and_best_first(channel: str, levels: int) -> None:
    """Always exactly N levels a side, in strings on the lattice."""
    for message in pushes(channel, count=5):
        data = data_of(message)
        for side, sign in (("b", -1), ("a", 1)):
            rows = data[side]
            assert isinstance(rows, list)
            prices = [float(price) * sign for price, _ in rows]
            assert levels == len(rows)
            assert sorted(prices) == prices
            assert all(1 == len(price.split(".")[1]) for price, _ in rows)
            assert all(4 == len(size.split(".")[1]) for _, size in rows)


def test_depth_books_is_the_whole_book_every_time() -> None:
    """Documented as deltas, full on the wire."""
    for message in pushes("depth_books", count=4):
        data = data_of(message)
        for side in "ba":
            rows = data[side]
            assert isinstance(rows, list)
            assert 40 <= len(rows) <= 60


def test_depth_streams_of_a_socket_tick_together_every_310_ms() -> None:
    """One timer for all of them, in session time, at whatever speed."""
    heard = pushes("depth_book1", "depth_book15", count=40, options=ExchangeOptions(speed=4.0))
    stamps = {
        channel: [int(str(message["ts"])) for message in heard if message["ch"] == channel]
        for channel in ("depth_book1", "depth_book15")
    }
    steps = [later - earlier for earlier, later in itertools.pairwise(stamps["depth_book1"])]

    assert stamps["depth_book1"] == stamps["depth_book15"]
    assert 290 <= sorted(steps)[len(steps) // 2] <= 330
    assert pytest.approx(310 * len(steps), rel=0.08) == sum(steps)


def test_every_channel_speaks_and_only_in_strings() -> None:
    """Envelope: ch, symbol, an integer ts, data; no sequence, no bar time, no closed flag."""
    heard = pushes(*EVERYTHING, count=120)
    fields = {
        "price": {"ip", "mp", "fr", "ft", "nft"},
        "ticker": {"s", "o", "la", "h", "l", "b", "q", "r"},
        "market_kline_1min": {"o", "h", "l", "c", "b", "q"},
        "mark_kline_1min": {"o", "h", "l", "c", "b", "q"},
    }

    assert set(EVERYTHING) == {message["ch"] for message in heard}
    for message in heard:
        assert {"ch", "symbol", "ts", "data"} == set(message)
        assert isinstance(message["ts"], int)
        name = str(message["ch"])
        if name in fields:
            assert fields[name] == set(data_of(message))
            assert all(isinstance(value, str) for value in data_of(message).values())


def test_price_tells_the_settled_rate_in_percent_and_iso_times() -> None:
    """``fr`` was settled at ``ft``; ``nft`` is eight hours later."""
    data = data_of(pushes("price", count=1)[0])

    assert ("2026-09-21T08:00:00Z", "2026-09-21T16:00:00Z") == (data["ft"], data["nft"])
    assert 0 < abs(float(str(data["fr"]))) < 0.1


@pytest.mark.parametrize(("times", "length"), [("seconds", 20), ("nanoseconds", 30)])
def test_trades_are_lists_with_iso_times(times: str, length: int) -> None:
    """Price, size and taker side of each print; the stamp in either documented form."""
    options = ExchangeOptions(speed=20.0, trade_times=times)  # type: ignore[arg-type]
    for message in pushes("trade", count=5, options=options):
        rows = message["data"]
        assert isinstance(rows, list)
        assert rows
        for row in rows:
            assert {"t", "p", "v", "s"} == set(row)
            assert length == len(row["t"])
            assert row["s"] in ("buy", "sell")
            assert float(row["v"]) > 0


def test_pushed_trades_and_bars_equal_the_bars_of_rest() -> None:
    """No print is ever dropped: a whole minute's prints fold to the bar REST tells afterwards."""

    async def scenario() -> tuple[list[dict[str, str]], dict[str, str], Message]:
        options = ExchangeOptions(speed=60.0, trade_times="nanoseconds", idle_drop_s=600.0)
        async with serving(options) as exchange:
            async with exchange.socket() as socket:
                await socket.hear()
                await socket.subscribe("trade", "market_kline_1min")
                heard = await socket.hear_for(2.2)
            reply = await exchange.get("market/kline", symbol="BTCUSDT", interval="1m", limit=2)
            bar = reply.json()["data"][1]
            end_ms = int(bar["time"]) + 60_000
            rows = [
                row
                for message in heard
                if message["ch"] == "trade" and isinstance(message["data"], list)
                for row in message["data"]
            ]
            last = [m for m in heard if m["ch"] != "trade" and int(str(m["ts"])) < end_ms][-1]
            return rows, bar, last

    rows, bar, last = asyncio.run(scenario())
    minute = "2026-09-21T14:01"
    inside = [row for row in rows if row["t"].startswith(minute)]
    prices = [float(row["p"]) for row in inside]

    assert "1789999260000" == bar["time"]
    assert len(inside) > 100
    assert float(bar["close"]) == prices[-1]
    assert (float(bar["high"]), float(bar["low"])) == (max(prices), min(prices))
    assert pytest.approx(float(bar["baseVol"])) == sum(float(row["v"]) for row in inside)
    assert bar["open"] == data_of(last)["o"]


def test_pushes_are_stamped_with_the_instant_they_leave() -> None:
    """``ts`` is exchange time, within real milliseconds of the shared clock."""

    async def scenario() -> None:
        async with serving(FAST) as exchange, exchange.socket() as socket:
            await socket.hear()
            await socket.subscribe("depth_book1", "price")
            lags = []
            for _ in range(30):
                message = await socket.hear()
                lags.append(exchange.clock.now_ns() / 1e6 - int(str(message["ts"])))

            assert min(lags) >= 0
            assert sorted(lags)[15] < 0.05 * 20 * 1_000

    asyncio.run(scenario())


def test_the_first_push_follows_the_subscription_at_once() -> None:
    """A client that comes while the exchange dozes need not wait for its next look at the clock."""

    async def scenario() -> float:
        async with serving(FAST) as exchange, exchange.socket() as socket:
            await socket.hear()
            asked_ns = exchange.clock.now_ns()
            await socket.subscribe("price")
            return int(str((await socket.hear())["ts"])) / 1_000 - asked_ns / 1e9

    assert min(asyncio.run(scenario()) for _ in range(3)) < 0.6
