"""Closed sessions are shipped once, by whoever looks next; what fails waits for the next time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import fsspec
import pytest

from tests.support.recorded_session import begin, opening, record
from trading.io.files import read_json
from trading.journal.verify import verify
from trading.session.__main__ import main
from trading.session.paths import SessionPaths
from trading.session.ship import NOTE, SHIP_ENVIRONMENT, Note, ship, target, unshipped


def session(var: Path, account: str, *, is_closed: bool = True) -> SessionPaths:
    """Leave a session, with something to read."""
    paths = SessionPaths(var_dir=var, account=account, session_id=opening().setup.session_id)
    paths.folder.mkdir(parents=True)
    if is_closed:
        record(paths.journal)
    else:
        begin(paths.journal, opening()).journal.close()
    paths.point_latest()
    paths.report.write_text("<html>", encoding="utf-8")
    return paths


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have journals shipped to another folder."""
    folder = tmp_path / "far"
    monkeypatch.setenv(SHIP_ENVIRONMENT, f"file://{folder}")
    return folder


def test_every_closed_session_is_shipped_once(
    tmp_path: Path, far: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal that arrives is the same proof; an open session stays, and is no error."""
    var = tmp_path / "var"
    one, two = session(var, "one"), session(var, "two")
    session(var, "open", is_closed=False)
    command = ["ship", "--var-dir", str(var)]

    assert 0 == main(command)

    told = capsys.readouterr().out.splitlines()
    assert [f"{each.account}/{each.session_id}" for each in (one, two)] == [
        line.partition(":")[0] for line in told
    ]
    arrived = far / "one" / one.session_id / "journal.db"
    assert arrived.read_bytes() == one.journal.read_bytes()
    assert verify(arrived).is_identical
    assert "<html>" == (arrived.parent / "report.html").read_text("utf-8")
    assert not (far / "open").exists()
    note = read_json(one.folder / NOTE, Note)
    assert {"journal.db", "report.html"} == {Path(each.name).name for each in note.files}
    digest = hashlib.sha256(one.journal.read_bytes()).hexdigest()
    assert digest == note.files[0].sha256

    assert 0 == main(command)
    assert "" == capsys.readouterr().out


def test_one_that_fails_keeps_no_other_one_back(
    tmp_path: Path, far: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, and goes out the next time; so does what time was too short for."""
    var = tmp_path / "var"
    one, two = session(var, "one"), session(var, "two")
    far.mkdir()
    (far / "one").write_text("in the way", encoding="utf-8")

    assert 1 == main(["ship", "--var-dir", str(var)])

    said = capsys.readouterr()
    assert f"one/{one.session_id}: " in said.err
    assert f"two/{two.session_id}: " in said.out
    (far / "one").unlink()
    assert 0 == main(["ship", "--var-dir", str(var), "--within", "-1"])
    assert "1 left for the next time\n" == capsys.readouterr().out
    assert 0 == main(["ship", "--var-dir", str(var), "--account", "one"])
    assert (far / "one" / one.session_id / "journal.db").is_file()


def test_another_target_is_another_journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has arrived in one place has not arrived in the next."""
    var = tmp_path / "var"
    paths = session(var, "one")
    for url in ("memory://first/a", "memory://second/b"):
        monkeypatch.setenv(SHIP_ENVIRONMENT, url)
        where = target()
        assert where is not None
        assert [paths] == list(unshipped(var, where))
        ship(paths, where)
        assert [] == list(unshipped(var, where))
        with fsspec.open(f"{url}/one/{paths.session_id}/journal.db", "rb") as file:
            assert paths.journal.read_bytes() == file.read()


@pytest.mark.parametrize("url", ["", "somewhere"])
def test_without_a_target_nothing_is_shipped(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the command says which setting is missing, or what it should be."""
    monkeypatch.setenv(SHIP_ENVIRONMENT, url)

    assert 2 == main(["ship"])

    assert "PAPER_SESSION_SHIP: expected a URL of fsspec's" in capsys.readouterr().err
