"""Any frame at all: events or one rejection, and never an exception."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.venues.bitunix.push_examples import (
    CONTROLS,
    NO_SUCH_SYMBOL,
    PUSHES,
    RECEIVED_NS,
    Json,
    compact,
)
from trading.model.events import FrameRejected
from trading.venues.bitunix.frames import conflation_key, decode_frame
from trading.venues.bitunix.wire import HEAD

REAL = [compact(message) for message in (*PUSHES, *CONTROLS, NO_SUCH_SYMBOL)]


def check(frame: bytes) -> None:
    """Hold what is promised of any frame at all."""
    events = decode_frame(frame, RECEIVED_NS)
    rejected = [event for event in events if isinstance(event, FrameRejected)]
    assert len(rejected) in ((0, 1) if len(events) == 1 else (0,))
    for event in events:
        # What comes out can be written to the journal and read back the same.
        assert event == msgspec.json.decode(msgspec.json.encode(event), type=type(event))
    if not events:
        assert HEAD.decode(frame).op is not None
    conflation_key(frame)


@given(frame=st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(frame: bytes) -> None:
    """Whatever arrives, it is events or one rejection."""
    check(frame)


@settings(max_examples=400)
@given(
    base=st.sampled_from(REAL),
    edits=st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 4), st.binary(max_size=4)),
        min_size=1,
        max_size=6,
    ),
)
def test_damaged_real_frames_never_raise(base: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    """Bytes cut, replaced and put in anywhere give events or one rejection."""
    frame = base
    for place, cut, put in edits:
        at = place % (len(frame) + 1)
        frame = frame[:at] + put + frame[at + cut :]
    check(frame)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@settings(max_examples=300)
@given(push=st.sampled_from(PUSHES), data=st.data(), value=json_values)
def test_any_value_in_any_field_never_raises(
    push: Json, data: st.DataObject, value: object
) -> None:
    """A wrong type in any place gives one rejection or is a value that may stand there."""
    message = json.loads(compact(push))
    place = message
    key: object = data.draw(st.sampled_from(sorted(message)))
    while isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else [0]))
    place[key] = value
    check(compact(message))
