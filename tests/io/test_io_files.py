"""Small files: whole old or whole new, whatever happens in between."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest

from trading.io.files import read_json, write_atomic


class Beat(msgspec.Struct):
    """A file with a shape."""

    sequence: int
    text: str


def test_a_file_is_created_and_replaced(tmp_path: Path) -> None:
    """The content is what was written last, and nothing else is left in the folder."""
    path = tmp_path / "heartbeat.json"

    write_atomic(path, b"one")
    write_atomic(path, b"two")

    assert b"two" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """While one thread writes as fast as it can, another reads only whole contents."""
    path = tmp_path / "beat"
    contents = [bytes([number]) * 50_000 for number in range(40)]
    write_atomic(path, contents[0])
    is_done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not is_done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for content in contents:
        write_atomic(path, content)
    is_done.set()
    reader.join()

    assert seen
    assert seen <= set(contents)


def test_two_writers_at_once_leave_one_whole_content(tmp_path: Path) -> None:
    """Each has a temporary file of its own."""
    path = tmp_path / "beat"
    contents = [bytes([number]) * 50_000 for number in (1, 2)]

    def write(content: bytes) -> None:
        for _ in range(30):
            write_atomic(path, content)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert path.read_bytes() in contents
    assert [path] == list(tmp_path.iterdir())


def test_a_failure_keeps_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at any step loses the new content, never the old."""
    path = tmp_path / "state"
    write_atomic(path, b"old")

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, disk_full)
            with pytest.raises(OSError, match="No space left"):
                write_atomic(path, b"new")

    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_reader_in_the_way_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to replace a file while it is read: a moment later it can be."""
    path = tmp_path / "state"
    refusals = [PermissionError(13, "in use"), PermissionError(13, "in use")]
    replace = os.replace

    def busy(source: Path, target: Path) -> None:
        if refusals:
            raise refusals.pop()
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)

    write_atomic(path, b"new")

    assert b"new" == path.read_bytes()


def test_a_file_that_can_never_be_replaced_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patience is bounded."""
    asked: list[int] = []

    def forbidden(*_: object) -> None:
        asked.append(1)
        raise PermissionError(13, "in use")

    monkeypatch.setattr(os, "replace", forbidden)

    with pytest.raises(PermissionError):
        write_atomic(tmp_path / "state", b"new")
    assert 5 == len(asked)
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Nothing is created behind the caller's back."""
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "no" / "state", b"new")


def test_json_is_read_as_its_shape(tmp_path: Path) -> None:
    """What was written comes back as a value."""
    path = tmp_path / "beat.json"
    write_atomic(path, msgspec.json.encode(Beat(7, "alive")))

    assert Beat(7, "alive") == read_json(path, Beat)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b'{"sequence":7}', "missing required field `text`"),
        (b'{"sequence":"7","text":""}', "Expected `int`, got `str`"),
        (b"\xff", "malformed"),
        (b"[" * 90, "Expected `object`"),
        (b'{"z":' + b"[" * 60_000, "recursion"),
        (b" " * 70_001, "expected at most 70000 bytes"),
    ],
)
def test_anything_else_in_the_file_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    """The file and what is wrong with it."""
    path = tmp_path / "beat.json"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=r"beat\.json: ") as raised:
        read_json(path, Beat, bytes_max=70_000)

    assert words in str(raised.value)


def test_a_missing_file_is_told_from_a_broken_one(tmp_path: Path) -> None:
    """Nobody has written yet: that is for the caller to judge."""
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "beat.json", Beat)
