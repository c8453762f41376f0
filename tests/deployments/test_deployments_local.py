"""``make up`` to ``make down``: all stands, the doctor agrees, a session runs, all is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deployments.local import Started, environment
from tests.support.live import assert_sound
from tests.support.ports import free_port
from tests.support.waiting import until
from trading.io.files import read_json
from trading.model.events import SessionEnded
from trading.session.heartbeat import read_progress
from trading.session.paths import SessionPaths, latest_session

pytestmark = pytest.mark.timeout(240)


def command(root: Path, env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of ours to its end."""
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=root,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=180.0,
        check=False,
    )


def test_up_doctor_session_down(root: Path, tmp_path: Path) -> None:
    """Up twice starts nothing twice; down ends a running session cleanly, then every process."""
    folder, port, reports = tmp_path / "var", free_port(), free_port()
    env = environment(folder, port)
    env.pop("PAPER_SESSION_NOTIFY", None)
    ports = ("--port", str(port), "--reports-port", str(reports))
    try:
        up = command(root, env, "deployments.local", "up", *ports)
        assert up.returncode == 0, up.stderr
        assert f"Prefect  http://127.0.0.1:{port}" in up.stdout
        assert httpx.get(f"http://127.0.0.1:{port}/", timeout=5.0).is_success
        notes = [folder / ".prefect" / f"{name}.json" for name in ("server", "worker", "reports")]
        pids = [read_json(note, Started).pid for note in notes]

        assert command(root, env, "deployments.local", "up", *ports).returncode == 0
        assert pids == [read_json(note, Started).pid for note in notes]

        doctor = command(root, env, "deployments.doctor", "--offline")
        assert doctor.returncode == 0, doctor.stdout + doctor.stderr
        assert [line[:5] for line in doctor.stdout.splitlines()] == ["ok   "] * 10

        paths = _session(root, env, folder)
    finally:
        down = command(root, env, "deployments.local", "down", *ports)
    assert down.returncode == 0, down.stderr
    assert "account drained: its session was stopped" in down.stdout
    assert ["worker stopped", "reports stopped", "server stopped"] == down.stdout.splitlines()[-3:]
    last = assert_sound(paths)[-1]
    assert isinstance(last, SessionEnded)
    assert last.reason == "stopped"
    assert not any(_lives(pid) for pid in pids)


def _session(root: Path, env: dict[str, str], folder: Path) -> SessionPaths:
    """Start a long session, and wait until it has traded."""
    asked = ("--param", 'account="drained"', "--param", "minutes=50", "--param", "speed=4")
    started = command(root, env, "prefect", "deployment", "run", "paper-session/demo", *asked)
    assert started.returncode == 0, started.stderr

    def trading() -> SessionPaths | None:
        paths = latest_session(folder, "drained")
        beat = read_progress(paths.heartbeat) if paths else None
        return paths if beat is not None and beat.fills > 0 else None

    return until(trading, 90.0, f"a fill: {folder / '.prefect' / 'worker.log'}")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_doctor_says_what_to_do(root: Path, tmp_path: Path) -> None:
    """Without a server, with the kill switch set: each is wrong, with its remedy; exit code 1."""
    env = environment(tmp_path / "var", free_port())
    env.pop("PREFECT_API_URL")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "kill.txt").write_text("a test", encoding="utf-8")

    doctor = command(root, env, "deployments.doctor", "--offline")

    assert doctor.returncode == 1
    assert "WRONG kill switch: " in doctor.stdout
    assert "remedy: find out why, then: python -m trading.session kill clear" in doctor.stdout
    assert "WRONG server: PREFECT_API_URL is not set\n      remedy: make up" in doctor.stdout
    assert "automations" not in doctor.stdout
