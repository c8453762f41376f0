"""Shipping beside a flow: what is left goes out, what fails is said, and nothing is held up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prefect import State, flow

from flows.naming import VAR_ENVIRONMENT
from flows.reconcile import reconcile
from tasks import ship as shipping
from tests.support.recorded_session import opening, record
from trading.session.paths import SessionPaths
from trading.session.ship import SHIP_ENVIRONMENT

pytestmark = [pytest.mark.usefixtures("harness"), pytest.mark.timeout(180)]


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SessionPaths:
    """Leave a closed session that nobody has shipped."""
    monkeypatch.setenv(VAR_ENVIRONMENT, str(tmp_path / "var"))
    found = SessionPaths(
        var_dir=tmp_path / "var", account="lab", session_id=opening().setup.session_id
    )
    found.folder.mkdir(parents=True)
    record(found.journal)
    found.point_latest()
    return found


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have journals shipped to another folder."""
    monkeypatch.setenv(SHIP_ENVIRONMENT, f"file://{tmp_path}/far")
    return tmp_path / "far"


@flow(name="ship-one")
async def ship_one(paths: SessionPaths) -> str:
    """Ship a session, as a flow does after its report."""
    return await shipping.ship(paths)


def told(paths: SessionPaths) -> str:
    """Ship a session; return what went wrong."""
    return asyncio.run(ship_one(paths))


def reconciled() -> State[list[str]]:
    """Reconcile everything there is; return the state it ends in."""

    async def run() -> State[list[str]]:
        return await reconcile(return_state=True)  # type: ignore[return-value] # it awaits a state

    return asyncio.run(run())


def test_without_a_target_nothing_is_begun(paths: SessionPaths) -> None:
    """Not even a task."""
    assert "" == told(paths)


def test_a_session_is_shipped_after_its_report(paths: SessionPaths, far: Path) -> None:
    """By a process of its own."""
    assert "" == told(paths)

    arrived = far / "lab" / paths.session_id / "journal.db"
    assert paths.journal.read_bytes() == arrived.read_bytes()


def test_what_takes_too_long_is_left(
    paths: SessionPaths, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is ended, and the flow goes on; nothing half has arrived."""
    monkeypatch.setattr(shipping, "ONE_WITHIN_S", 0.01)

    assert f"{paths.session_id} has not arrived within 0.01 s; reconcile tries again" == told(paths)
    assert not far.exists()


def test_reconcile_ships_what_was_left(paths: SessionPaths, far: Path) -> None:
    """Whoever left it; and it says so when it cannot."""
    far.write_text("in the way", encoding="utf-8")
    failed = reconciled()
    assert failed.is_failed()
    assert f"shipping: lab/{paths.session_id}: " in (failed.message or "")
    assert "reconcile tries again" in (failed.message or "")

    far.unlink()
    assert reconciled().is_completed()
    assert (far / "lab" / paths.session_id / "journal.db").is_file()
