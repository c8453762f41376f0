"""Engine and codec together: bytes in, outputs out. The live session and ``verify`` both run this.

One record is one input. A frame may hold several events; their outputs are the record's, in order.
"""

from __future__ import annotations

from trading.engine import Engine
from trading.journal.record import (
    RecordKind,
    decode_event,
    decode_reply,
    encode_outputs,
)
from trading.model.events import Input, Output, ShellInput
from trading.venues.base import RestRequest, Venue


class Machine:
    """A session without its process: the same inputs give the same records, to the byte."""

    __slots__ = ("engine", "venue")

    def __init__(self, engine: Engine, venue: Venue) -> None:
        """Join an engine and the codec of its venue."""
        self.engine = engine
        self.venue = venue

    def frame(self, data: bytes, received_ns: int) -> tuple[Output, ...]:
        """Apply a received frame."""
        return self._apply(self.venue.decode_frame(data, received_ns))

    def reply(self, request: RestRequest, body: bytes, received_ns: int) -> tuple[Output, ...]:
        """Apply a successful REST reply."""
        return self._apply(self.venue.decode_reply(request, body, received_ns))

    def event(self, event: ShellInput) -> tuple[Output, ...]:
        """Apply something of the shell's own."""
        return self.engine.step(event)

    def again(self, kind: RecordKind, data: bytes, received_ns: int) -> bytes:
        """Apply a recorded input; return its outputs as the journal would hold them."""
        match kind:
            case RecordKind.FRAME:
                return encode_outputs(self.frame(data, received_ns))
            case RecordKind.REPLY:
                request, body = decode_reply(data)
                return encode_outputs(self.reply(request, body, received_ns))
            case RecordKind.EVENT:
                return encode_outputs(self.event(decode_event(data)))
            case RecordKind.OPENING | RecordKind.SNAPSHOT | RecordKind.CLOSING:
                return b""

    def _apply(self, events: tuple[Input, ...]) -> tuple[Output, ...]:
        if len(events) == 1:
            return self.engine.step(events[0])
        outputs: list[Output] = []
        for event in events:
            outputs.extend(self.engine.step(event))
        return tuple(outputs)
