"""The floor keeps every print until it is taken, and one socket's timers keep their rhythm."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from trading.exchange.contract import contract_for
from trading.exchange.floor import STRIDE_NS, Floor
from trading.exchange.outbound import PushFrame
from trading.exchange.subscriber import Subscriber
from trading.exchange.synthetic.market import SyntheticMarket

MS = 1_000_000
S = 1_000_000_000
START_NS = 1_789_999_200 * S


def floor(*symbols: str) -> Floor:
    """Return a floor of synthetic markets."""
    markets = {
        one: SyntheticMarket(contract_for(one), seed=1, start_ns=START_NS) for one in symbols
    }
    return Floor(markets, START_NS)


def test_catching_up_goes_in_strides_and_loses_no_print() -> None:
    """After an hour's sleep the floor says that it is not there yet; every print comes once."""
    late, punctual = floor("BTCUSDT"), floor("BTCUSDT")
    until_ns = START_NS + 3 * STRIDE_NS - 1
    steps = [late.advance(until_ns) for _ in range(3)]
    for now_ns in range(START_NS, until_ns, S):
        punctual.advance(now_ns)
    punctual.advance(until_ns)

    assert [False, False, True] == steps
    assert punctual.take_prints() == late.take_prints()
    assert {} == late.take_prints()


def test_time_does_not_go_back_on_the_floor() -> None:
    """A clock reading from before is harmless."""
    one = floor("BTCUSDT")
    one.advance(START_NS + S)
    one.advance(START_NS)

    assert START_NS + S == one.now_ns
    assert not one.is_over


def subscribed(one: Floor, *channels: str) -> Subscriber:
    """Return a client that subscribed at the start."""
    client = Subscriber(one, now_ns=START_NS, trade_times="seconds")
    streams = [{"symbol": "BTCUSDT", "ch": channel} for channel in channels]
    assert [] == client.hear(json.dumps({"op": "subscribe", "args": streams}), START_NS)
    return client


def wake(one: Floor, client: Subscriber, now_ns: int) -> list[PushFrame]:
    """Let the market live and return what is due."""
    while not one.advance(now_ns):
        continue
    return client.due(now_ns, one.take_prints())


@settings(max_examples=30)
@given(pauses_ms=st.lists(st.integers(1, 2_000), min_size=5, max_size=20))
def test_a_late_timer_speaks_once_and_keeps_its_rhythm(pauses_ms: list[int]) -> None:
    """However late the wakes: never two frames of a stream at once, none early, no drift."""
    one = floor("BTCUSDT")
    client = subscribed(one, "depth_book1", "trade")
    now_ns, ticks, prints = START_NS, 0, 0
    for pause_ms in pauses_ms:
        now_ns += pause_ms * MS
        frames = wake(one, client, now_ns)
        depth = [frame for frame in frames if frame.channel == "depth_book1"]
        due = (now_ns - START_NS) // (310 * MS)

        assert (1 if due > ticks else 0) == len(depth)

        ticks = due
        for frame in frames:
            if frame.channel == "trade":
                prints += len(json.loads(frame.body)["data"])
    again = SyntheticMarket(contract_for("BTCUSDT"), seed=1, start_ns=START_NS)

    assert len(again.advance(now_ns)) == prints


def test_next_due_is_the_earliest_timer() -> None:
    """The shell sleeps no longer than that; trades are looked for in between."""
    one = floor("BTCUSDT")
    quiet, depth, trades = (
        subscribed(one),
        subscribed(one, "depth_book1"),
        subscribed(one, "depth_book1", "trade"),
    )

    assert START_NS + S == quiet.next_due_ns(START_NS, poll_ns=50 * MS)
    assert START_NS + 310 * MS == depth.next_due_ns(START_NS, poll_ns=50 * MS)
    assert START_NS + 50 * MS == trades.next_due_ns(START_NS, poll_ns=50 * MS)


def test_prints_from_before_the_subscription_are_not_told() -> None:
    """A stream begins when it is subscribed, even if older prints still wait."""
    one = floor("BTCUSDT")
    one.advance(START_NS + 20 * S)
    client = Subscriber(one, now_ns=START_NS + 20 * S, trade_times="seconds")
    message = '{"op":"subscribe","args":[{"symbol":"BTCUSDT","ch":"trade"}]}'
    client.hear(message, START_NS + 20 * S)

    assert [] == client.due(START_NS + 20 * S, one.take_prints())
    assert [] != wake(one, client, START_NS + 40 * S)
