"""One file to wherever fsspec reaches: a folder, a bucket, another host. Verified, and idempotent.

A file appears at its place whole or not at all, and what lies there is read back and held against
the hash of what was sent. Nothing here knows what it ships.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import fsspec
import msgspec
import tenacity

from trading.errors import ConfigError, ShippingError

CHUNK_BYTES: Final = 1 << 20
TRIES: Final = 3
WAIT_S_FIRST: Final = 0.25
WAIT_S_MOST: Final = 4.0


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """A file that has arrived."""

    name: str
    sha256: str
    bytes: int
    was_there: bool = False
    """Nothing was sent: it had arrived before."""


class Target:
    """A place that files are shipped to."""

    def __init__(self, name: str, url: str) -> None:
        """Name the place; ``name`` says where it was set. Nothing is sent yet.

        Raises:
            ConfigError: when it is no place, or its file system is not installed.
        """
        shape = "a URL of fsspec's, such as s3://BUCKET/FOLDER or file:///FOLDER"
        if "://" not in url:
            raise ConfigError(name, url, shape, "every process must mean the same place")
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ConfigError(name, url, shape, f"{error}") from error
        self.url = url

    def ship(self, path: Path, name: str) -> Shipped:
        """Send a file to a place below the target, unless it lies there already.

        Raises:
            ShippingError: when it did not arrive as it was sent, after some tries.
            OSError: when the file itself cannot be read.
        """
        with path.open("rb") as file:
            sha256 = _digest(file)
        found = Shipped(name=name, sha256=sha256, bytes=path.stat().st_size)
        place = f"{self._root.rstrip('/')}/{name}"
        if self._again(lambda: self._sha256_at(place), name) == sha256:
            return msgspec.structs.replace(found, was_there=True)
        self._again(lambda: self._send(path, place, sha256), name)
        return found

    def check(self) -> str:
        """Ask for the target itself; return what was found there.

        Raises:
            ShippingError: when it does not answer.
        """
        is_there = self._again(lambda: bool(self._files.exists(self._root)), "the target")
        return "is there" if is_there else "is empty until something is shipped"

    def _send(self, path: Path, place: str, sha256: str) -> None:
        part = f"{place}.part"
        self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
        with path.open("rb") as file, self._files.open(part, "wb") as there:
            while chunk := file.read(CHUNK_BYTES):
                there.write(chunk)
        self._files.mv(part, place)
        arrived = self._sha256_at(place)
        if arrived != sha256:
            self._files.rm(place)
            raise ShippingError(f"{place}: expected SHA-256 {sha256} to arrive, was {arrived}")

    def _sha256_at(self, place: str) -> str | None:
        if not self._files.exists(place):
            return None
        with self._files.open(place, "rb") as file:
            return _digest(file)

    def _again(self, work: Callable[[], object], what: str) -> object:
        """Try some times, for a network is one; then say what it was."""
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_exponential(multiplier=WAIT_S_FIRST, max=WAIT_S_MOST),
            reraise=True,
        )
        try:
            return tries(work)
        except ShippingError:
            raise
        except Exception as error:  # each file system has errors of its own
            raise ShippingError(f"{what}: {type(error).__name__}: {error}") from error


def _digest(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        found.update(chunk)
    return found.hexdigest()
