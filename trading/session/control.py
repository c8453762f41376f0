"""Control words on the life line: one JSON object a line, on the child's standard input.

The end of the line means that the supervisor is gone; the child then ends cleanly by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import RawIOBase
from typing import Final

import msgspec

from trading.model.events import ControlWord

LINE_BYTES_MOST: Final = 4_096


class ControlLine(msgspec.Struct, frozen=True, kw_only=True):
    """One word from the supervisor or a person, with who said it and why."""

    word: ControlWord
    who: str
    why: str
    code: str = ""
    """For ``clear``: which breaker; empty for every one that holds."""

    def encode(self) -> bytes:
        """Return the line as it travels."""
        return msgspec.json.encode(self) + b"\n"


LIFE_LINE_CUT: Final = ControlLine(
    word=ControlWord.STOP, who="life line", why="the supervisor is gone"
)
"""What the end of the line means, unless somebody watches over the supervisor: see ``LEAVE``."""


def listen(stream: RawIOBase, on_line: Callable[[ControlLine], None]) -> threading.Thread:
    """Read control lines in a thread of their own, until the stream ends.

    ``on_line`` is called in that thread; a line that cannot be read is answered by nothing: the
    words are few, and a garbled one must not stop a session. The end of the stream is a ``stop``.
    """
    thread = threading.Thread(target=_read, args=(stream, on_line), name="control", daemon=True)
    thread.start()
    return thread


def _read(stream: RawIOBase, on_line: Callable[[ControlLine], None]) -> None:
    while line := stream.readline(LINE_BYTES_MOST):
        try:
            said = msgspec.json.decode(line, type=ControlLine)
        except (ValueError, RecursionError):
            continue
        on_line(said)
    on_line(LIFE_LINE_CUT)
