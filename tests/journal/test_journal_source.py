"""Code is known by what it says and where, and by nothing else of its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import trading
from trading.journal.source import digest_of, source_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a small package."""
    (tmp_path / "rooms").mkdir()
    (tmp_path / "a.py").write_bytes(b"one = 1\n")
    (tmp_path / "rooms" / "b.py").write_bytes(b"two = 2\n")
    return tmp_path


CHANGES: dict[str, Callable[[Path], object]] = {
    "a value": lambda at: (at / "a.py").write_bytes(b"one = 7\n"),
    "a room's": lambda at: (at / "rooms" / "b.py").write_bytes(b"two = 7\n"),
    "a file more": lambda at: (at / "rooms" / "c.py").write_bytes(b""),
    "a file less": lambda at: (at / "a.py").unlink(),
    "a new name": lambda at: (at / "a.py").rename(at / "z.py"),
    "another room": lambda at: (at / "a.py").rename(at / "rooms" / "a.py"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_source_shows(folder: Path, change: str) -> None:
    """Content and place of every file count, in every room."""
    before = digest_of(folder)
    CHANGES[change](folder)

    assert before != digest_of(folder)


def test_what_is_no_source_does_not_count(folder: Path) -> None:
    """Nor do line ends: the same checkout on Windows is the same code."""
    before = digest_of(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"compiled")
    (folder / "a.py").write_bytes(b"one = 1\r\n")

    assert before == digest_of(folder)


def test_the_code_that_runs_is_this_package() -> None:
    """Found beside the module itself, wherever it is installed."""
    assert digest_of(Path(trading.__file__).parent) == source_digest()
