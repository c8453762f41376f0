"""Whatever bytes lie in a session's small files or come down its life line: words, or a reason."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trading.errors import JournalError
from trading.model.events import ControlWord
from trading.session.clearances import cleared
from trading.session.control import LIFE_LINE_CUT, ControlLine, listen
from trading.session.heartbeat import Progress, read_progress
from trading.session.plan import read_plan

DEEP = b"[" * 100_000
GARBAGE = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=20).map(lambda some: b'{"session_id":"' + some + b'"}'),
    st.binary(max_size=20).map(lambda some: b'{"word":"stop","who":"' + some + b'"}'),
)
SAID = ControlLine(word=ControlWord.PAUSE, who="ann", why="lunch")


def written(content: bytes, name: str, read: Callable[[Path], object]) -> object:
    """Return what is read from a file of that content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        return read(path)


@given(content=GARBAGE)
@example(content=DEEP)
@example(content=b'{"session_id":"\xff"}')
def test_a_heartbeat_that_cannot_be_read_is_none(content: bytes) -> None:
    """The supervisor then waits for the next, for as long as it has patience."""
    found = written(content, "heartbeat.json", read_progress)

    assert found is None or isinstance(found, Progress)


@given(content=GARBAGE)
@example(content=DEEP)
@example(content=b'{"paths":"\xff"}')
def test_a_plan_that_cannot_be_read_is_refused(content: bytes) -> None:
    """By its name; nothing is made up in its place."""
    with pytest.raises(JournalError, match=r"plan\.json is not a readable session plan"):
        written(content, "plan.json", read_plan)


@given(content=GARBAGE)
@example(content=DEEP)
@example(content=b'{"code":"\xff"}')
def test_words_that_cannot_be_read_lift_nothing(content: bytes) -> None:
    """The file is refused, or it held no word."""
    found: object = ()
    with suppress(JournalError):
        found = written(
            content,
            "clearances.jsonl",
            lambda path: cleared(path.parent.parent, path.parent.name, {}),
        )

    assert () == found


@given(lines=st.lists(st.one_of(GARBAGE, st.just(SAID.encode().strip())), max_size=6))
@example(lines=[b'{"word":"\xff","who":"a","why":"b"}', SAID.encode().strip()])
@example(lines=[b"[" * 4_000, SAID.encode().strip()])
def test_garbage_on_the_life_line_deafens_nobody(lines: list[bytes]) -> None:
    """Every good word between is heard, and the end of the line is still the last one."""
    sent = [line for each in lines for line in each.split(b"\n")]
    heard: list[ControlLine] = []
    reading, writing = os.pipe()
    with FileIO(reading) as stream:
        thread = listen(stream, heard.append)
        os.write(writing, b"".join(line + b"\n" for line in sent))
        os.close(writing)
        thread.join(5)

    assert not thread.is_alive()
    assert [*[SAID] * sent.count(SAID.encode().strip()), LIFE_LINE_CUT] == heard
