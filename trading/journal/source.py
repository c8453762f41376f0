"""The name of the code itself: a digest over every source file of ``trading``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def source_digest() -> str:
    """Return the digest of this package's source: the code that runs."""
    return digest_of(Path(__file__).parents[1])


def digest_of(folder: Path) -> str:
    """Return the SHA-256 over a folder's source, by path and content; line ends do not count."""
    digest = hashlib.sha256()
    for name, content in sorted(_sources(str(folder), "")):
        digest.update(name.encode() + b"\0" + content.replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _sources(folder: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Read what is there, by the shortest way: a resume waits for it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if entry.name.endswith(".py"):
                with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - likewise
                    yield path, file.read()
            elif entry.is_dir():
                yield from _sources(entry.path, f"{path}/")
