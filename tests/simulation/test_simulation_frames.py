"""Damaged frames and replies in the middle of a session: counted, named, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.feed_faults import lost
from tests.support.recorded_session import frames, funding_reply, opening
from tests.venues.bitunix.kline_examples import PAGE, REQUEST, reply
from trading.engine import Engine
from trading.journal.machine import Machine
from trading.journal.record import decode_outputs, encode_outputs
from trading.model.events import (
    FeedConnected,
    FrameRejected,
    MessageIgnored,
    OrderFilled,
    Output,
    TimerFired,
)
from trading.venues.base import RestRequest
from trading.venues.registry import venue_named

Path = tuple[str | int, ...]
Damage = dict[int, list[tuple[int, int, bytes]]]

VENUE: Final = venue_named("embedded")
OPENED: Final = opening(minutes=0.5)
WALLET: Final = OPENED.setup.head.wallet
SETTLEMENT_NS: Final = 1_789_977_600_000_000_000
GOOD: Final = list(frames(55.0))
NASTY: Final[tuple[object, ...]] = (
    *(
        "0",
        "-1",
        "1e400",
        "1e-400",
        "NaN",
        "Infinity",
        "",
        "0x10",
        "1_0",
        "९",
        " 1",
        "-0",
        "9" * 400,
    ),
    *(0, -1, 2**63, 2**63 - 1, 1.5, None, True, [], {}, [[]], "\x00", "\ud800"),
)
"""What a field may hold that reads like its kind, or almost."""


def undisturbed_mid() -> float | None:
    """Return where the market stands after the first frames."""
    machine = Machine(Engine(OPENED.setup), VENUE)
    for frame, received_ns in GOOD[:20]:
        machine.frame(frame, received_ns)
    return machine.engine.markets["BTCUSDT"].mid


MID: Final = undisturbed_mid()


def session(damage: dict[int, bytes]) -> list[Output]:
    """Run a session to its end with some frames put in; return what it gave out."""
    setup = OPENED.setup
    machine = Machine(Engine(setup), VENUE)
    outputs = list(machine.reply(*funding_reply(), setup.opened_ns))
    outputs += machine.event(FeedConnected(setup.opened_ns, 1))
    for number, (frame, received_ns) in enumerate(GOOD):
        while machine.engine.wake_ns < received_ns and not machine.engine.has_ended:
            outputs += machine.event(TimerFired(max(machine.engine.wake_ns, machine.engine.now_ns)))
        if machine.engine.has_ended:
            break
        if number in damage:
            outputs += strange(machine, damage[number], received_ns)
        outputs += machine.frame(frame, received_ns)
    assert machine.engine.has_ended
    return outputs


def strange(machine: Machine, frame: bytes, received_ns: int) -> tuple[Output, ...]:
    """Apply a frame; what its codec rejects is told once, with a reason."""
    events = machine.venue.decode_frame(frame, received_ns)
    rejected = [event for event in events if isinstance(event, FrameRejected)]
    outputs = machine.frame(frame, received_ns)
    told = [o.reason for o in outputs if isinstance(o, MessageIgnored) and not o.symbol]
    assert told == [each.reason for each in rejected]
    assert all(told)
    assert outputs == decode_outputs(encode_outputs(outputs)) if outputs else True
    return outputs


def leaves(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the way to every value of a message that holds no others."""
    if isinstance(value, dict | list) and value:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in inner:
            yield from leaves(each, (*path, key))
    else:
        yield path


def with_value(message: bytes, choice: int, value: object) -> bytes:
    """Return a message with a value in the place of one of its own."""
    told = json.loads(message)
    ways = [way for way in leaves(told) if way]
    *way, last = ways[choice % len(ways)]
    place = told
    for key in way:
        place = place[key]
    place[last] = value
    return json.dumps(told).encode()


def edited(message: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return a message with some bytes cut out and others put in."""
    for place, cut, put in edits:
        at = place % (len(message) + 1)
        message = message[:at] + put + message[at + cut :]
    return message


places = st.integers(0, len(GOOD) - 1)
edits = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=4
)


@settings(max_examples=40, deadline=None)
@given(damage=st.dictionaries(places, edits, min_size=1, max_size=20))
def test_frames_with_other_bytes_lose_nothing(damage: Damage) -> None:
    """What a bad line makes of a frame is a market event or a reason, never the end."""
    frames_in = {at: edited(GOOD[at][0], changes) for at, changes in damage.items()}

    assert [] == lost(session(frames_in), WALLET)


@settings(max_examples=80, deadline=None)
@given(
    damage=st.dictionaries(
        places, st.tuples(st.integers(0, 99), st.sampled_from(NASTY)), min_size=1, max_size=20
    )
)
def test_frames_with_nasty_values_lose_nothing(damage: dict[int, tuple[int, object]]) -> None:
    """Zero, negative, not a number, far too large, the wrong kind: in any field of any channel."""
    frames_in = {at: with_value(GOOD[at][0], *change) for at, change in damage.items()}

    assert [] == lost(session(frames_in), WALLET)


REPLIES: Final = (
    funding_reply(),
    (REQUEST, reply(PAGE)),
    (
        VENUE.funding_history_request("BTCUSDT", 0, SETTLEMENT_NS + 1),
        reply(
            [
                {
                    "symbol": "BTCUSDT",
                    "fundingRate": "0.0001",
                    "fundingTime": str(SETTLEMENT_NS // 1_000_000),
                    "markPrice": "86500.1",
                }
            ]
        ),
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    which=st.sampled_from(REPLIES),
    change=edits | st.tuples(st.integers(0, 99), st.sampled_from(NASTY)),
)
def test_replies_with_anything_in_them_lose_nothing(
    which: tuple[RestRequest, bytes], change: list[tuple[int, int, bytes]] | tuple[int, object]
) -> None:
    """REST is not trusted more than the stream: events or reasons, and the machine goes on."""
    request, body = which
    damaged = edited(body, change) if isinstance(change, list) else with_value(body, *change)
    machine = Machine(Engine(OPENED.setup), VENUE)
    machine.event(FeedConnected(OPENED.setup.opened_ns, 1))

    outputs = machine.reply(request, damaged, OPENED.setup.opened_ns)

    assert all(each.reason for each in outputs if isinstance(each, MessageIgnored))
    for frame, received_ns in GOOD[:20]:
        machine.frame(frame, received_ns)
    assert machine.engine.markets["BTCUSDT"].mid == MID


def test_a_session_nobody_disturbed_traded() -> None:
    """The fuzzing above has something to lose."""
    assert sum(isinstance(output, OrderFilled) for output in session({})) >= 2
