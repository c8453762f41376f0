"""The doctor's questions about where accounts are kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deployments.doctor import Finding, account_store, accounts, asked
from tests.support.ports import free_port
from trading.session.paths import VAR_ENVIRONMENT, SessionPaths
from trading.session.register.chosen import LEASE_ENVIRONMENT
from trading.session.register.files import STORE_ENVIRONMENT
from trading.session.register.leases import Database, SharedRegister


@pytest.fixture(autouse=True)
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Look into a folder of the test's own."""
    monkeypatch.setenv(VAR_ENVIRONMENT, str(tmp_path))
    return tmp_path


def answer() -> Finding:
    """Ask where accounts are kept."""
    return asyncio.run(asked("account store", account_store))


def test_files_need_no_database(var: Path) -> None:
    """And are said to be this machine's alone."""
    found = answer()

    assert found.is_well
    assert f"files in {var}: the accounts of this machine alone" == found.found


@pytest.mark.usefixtures("shared")
def test_a_database_says_how_fast_it_answers() -> None:
    """And who this machine is to it, but never a password."""
    found = answer()

    assert found.is_well
    assert found.found.startswith("postgresql://127.0.0.1:")
    assert "an account is leased for 2 s; this machine is " in found.found


def test_a_database_that_is_away_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is to be done."""
    monkeypatch.setenv(STORE_ENVIRONMENT, f"postgresql://a:secret@127.0.0.1:{free_port()}/x")

    found = answer()

    assert not found.is_well
    assert "secret" not in found.told("account store")
    assert f"start that database, or mend {STORE_ENVIRONMENT}" == found.remedy


def test_a_lease_that_is_none_is_wrong(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be refused by every session, too."""
    monkeypatch.setenv(STORE_ENVIRONMENT, database)
    monkeypatch.setenv(LEASE_ENVIRONMENT, "0")

    found = answer()

    assert not found.is_well
    assert "PAPER_SESSION_LEASE_S: expected 2 to 3600 seconds" in found.found


def test_an_account_that_another_machine_trades_is_told(
    shared: Database, var: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By the session and its host."""
    paths = SessionPaths(var_dir=var, account="lab", session_id="an older one")
    paths.account_folder.mkdir()
    paths.point_latest()
    there = SharedRegister(shared, tmp_path_factory.mktemp("there"))

    with there.own("lab", "the newest one"):
        found = asyncio.run(asked("accounts", accounts))

    assert found.found.startswith("lab: the newest one on ")
    assert "lab free" == asyncio.run(asked("accounts", accounts)).found
