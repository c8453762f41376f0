"""The server of one command: the configured one if there is one, else one that ends with us."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from flows import local_server
from flows.local_server import server_for_one_command
from tests.support.ports import free_port
from tests.support.waiting import until
from trading.errors import PreflightRefused


def test_a_configured_server_is_the_one(tmp_path: Path) -> None:
    """Where an address is set nothing is started and nothing is written."""
    address = "http://127.0.0.1:4200/api"
    folder = tmp_path / "var"

    with temporary_settings({PREFECT_API_URL: address}), server_for_one_command(folder):
        assert address == get_current_settings().api.url
    assert not folder.exists()


@pytest.mark.timeout(90)
def test_it_ends_with_its_owner(tmp_path: Path, root: Path) -> None:
    """When the pipe to its owner closes, as it does however the owner dies, it ends."""
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.local_server", str(port)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: _is_healthy(port), 60.0, f"the server: {tmp_path / 'log'}")
        assert process.stdin is not None
        process.stdin.close()
        process.wait(15.0)
    finally:
        process.kill()
        process.wait()
    assert not _is_healthy(port)


@pytest.mark.timeout(90)
def test_a_server_that_cannot_start_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its port is taken: what it said is named, and what to set instead; nothing is left over."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(local_server, "_free_port", lambda: taken.getsockname()[1])
        with (
            pytest.raises(PreflightRefused, match="did not answer") as refusal,
            server_for_one_command(tmp_path),
        ):
            pytest.fail("there is no server")

    assert "PREFECT_API_URL" in refusal.value.remedy
    assert str(tmp_path / ".prefect-server.log") in refusal.value.remedy


def _is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=1.0).is_success
    except httpx.TransportError:
        return False
