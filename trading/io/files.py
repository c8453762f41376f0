"""Small files that others read while they are written: whole old text or whole new, never half.

Knows nothing of what the files say.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Final, TypeVar

import msgspec

T = TypeVar("T")

JSON_BYTES_MAX: Final = 1_000_000
_REPLACE_TRIES: Final = 5
_REPLACE_PAUSE_S: Final = 0.01


def write_atomic(path: Path, content: bytes) -> None:
    """Replace a file's content in one step; create it where it is not there.

    A reader sees the old content or the new, and a failure at any point leaves the old. The folder
    must exist.

    Raises:
        OSError: when the content cannot be written (no space, no permission, no folder).
    """
    # A name of its own for each writer, and beside the target: a rename is atomic only there.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path, kind: type[T], *, bytes_max: int = JSON_BYTES_MAX) -> T:
    """Return a JSON file as a value of a known shape.

    Raises:
        FileNotFoundError: when it is not there.
        OSError: when it cannot be read.
        ValueError: when it is longer than ``bytes_max``, not JSON, or of another shape.
    """
    with path.open("rb") as file:
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise ValueError(f"{path}: expected at most {bytes_max} bytes, was longer")
    try:
        return msgspec.json.decode(content, type=kind)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: {error}") from error


def _replace(temporary: Path, path: Path) -> None:
    """Rename over the target; on Windows that fails for the moment somebody reads it."""
    for _ in range(_REPLACE_TRIES - 1):
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(_REPLACE_PAUSE_S)
        else:
            return
    temporary.replace(path)
