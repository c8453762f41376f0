"""Files arrive elsewhere whole, once, and as they were sent; or it is said that they did not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem

from trading.errors import ConfigError, ShippingError
from trading.io import shipping
from trading.io.shipping import TRIES, Target

CONTENT = bytes(range(256)) * 9_000
"""More than two chunks."""


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """Return a file to be shipped."""
    path = tmp_path / "journal.db"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a place that nothing was shipped to, of either kind."""
    return f"file://{tmp_path}/far" if request.param == "file" else f"memory://{uuid4().hex}/far"


def at(url: str) -> bytes:
    """Return what lies at a place."""
    with fsspec.open(url, "rb") as file:
        found: bytes = file.read()
    return found


def test_a_file_arrives_whole(sent: Path, url: str) -> None:
    """Below the target, with its folders made, and nothing else beside it."""
    shipped = Target("here", url).ship(sent, "lab/one/journal.db")

    assert CONTENT == at(f"{url}/lab/one/journal.db")
    assert (len(CONTENT), False) == (shipped.bytes, shipped.was_there)
    files, root = fsspec.core.url_to_fs(url)
    assert ["journal.db"] == [name.rpartition("/")[2] for name in files.find(root)]


def test_what_is_there_is_not_sent_again(sent: Path, url: str) -> None:
    """Unless it is not what it should be: then it is replaced."""
    where = Target("here", url)
    first = where.ship(sent, "journal.db")
    again = where.ship(sent, "journal.db")
    assert again.was_there
    assert first.sha256 == again.sha256

    with fsspec.open(f"{url}/journal.db", "wb") as file:
        file.write(b"torn")
    assert not where.ship(sent, "journal.db").was_there
    assert CONTENT == at(f"{url}/journal.db")


class Faulty(MemoryFileSystem):  # type: ignore[misc] # it ships no types
    """A file system that fails so many times, or keeps other bytes than it was given."""

    protocol = "faulty"
    cachable = False
    failures = 0
    is_lying = False

    def mv(self, path1: str, path2: str, **_: object) -> None:
        """Fail for a while, then move, or keep something else."""
        if Faulty.failures:
            Faulty.failures -= 1
            raise ConnectionResetError("the network is gone")
        super().mv(path1, path2)
        if Faulty.is_lying:
            self.store[path2] = MemoryFile(self, path2, b"something else")


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return a place on a faulty file system, that is tried again at once."""
    fsspec.register_implementation("faulty", Faulty, clobber=True)
    monkeypatch.setattr(shipping, "WAIT_S_MOST", 0.0)
    yield f"faulty://{uuid4().hex}"
    Faulty.failures, Faulty.is_lying = 0, False


def test_a_network_that_fails_for_a_moment_is_tried_again(sent: Path, faulty: str) -> None:
    """As often as is stated, and no more often."""
    Faulty.failures = TRIES - 1
    assert not Target("here", faulty).ship(sent, "journal.db").was_there

    Faulty.failures = TRIES
    with pytest.raises(ShippingError, match=r"other\.db: ConnectionResetError: the network is go"):
        Target("here", faulty).ship(sent, "other.db")


def test_what_arrives_otherwise_has_not_arrived(sent: Path, faulty: str) -> None:
    """It is read back, and removed; nobody takes it for the journal."""
    Faulty.is_lying = True

    with pytest.raises(ShippingError, match=r"journal\.db: expected SHA-256 .* to arrive, was"):
        Target("here", faulty).ship(sent, "journal.db")

    files, root = fsspec.core.url_to_fs(faulty)
    assert not files.exists(f"{root}/journal.db")


@pytest.mark.parametrize("url", ["backups", "/srv/backups", "nosuch://bucket", ""])
def test_what_is_no_place_is_refused(url: str) -> None:
    """By the name of its setting."""
    with pytest.raises(ConfigError, match="PAPER_SESSION_SHIP: expected a URL of fsspec's"):
        Target("PAPER_SESSION_SHIP", url)


def test_a_target_answers_before_anything_is_shipped(sent: Path, url: str) -> None:
    """For the doctor."""
    where = Target("here", url)
    assert "is empty until something is shipped" == where.check()
    where.ship(sent, "journal.db")
    assert "is there" == where.check()
