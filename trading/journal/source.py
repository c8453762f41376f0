"""The name of the code itself: a digest over every source file of ``trading``."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@cache
def source_digest() -> str:
    """Return the SHA-256 over the package's source, by path and content; line ends do not count."""
    digest = hashlib.sha256()
    for name, content in sorted(_sources(files("trading"), "")):
        digest.update(name.encode() + b"\0" + content.replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            found.extend(_sources(entry, f"{path}/"))
        elif entry.name.endswith(".py"):
            found.append((path, entry.read_bytes()))
    return found
