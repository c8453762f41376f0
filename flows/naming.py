"""What things are called: flow runs, session ids, and the folder sessions are kept in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prefect import runtime

from trading.config import SessionConfig
from trading.io.clock import wall_ns
from trading.model.numbers import NS_PER_S
from trading.session.paths import VAR_ENVIRONMENT, SessionPaths, new_session_id, var_dir

__all__ = [
    "VAR_ENVIRONMENT",
    "due",
    "replay_name",
    "replay_paths",
    "run_name",
    "session_paths",
    "utc_now",
    "var_dir",
]


def due() -> datetime:
    """Return when the running flow run was to start: its slot."""
    found: datetime = runtime.flow_run.scheduled_start_time
    return found


def utc_now() -> datetime:
    """Return the time of the wall clock."""
    return datetime.fromtimestamp(wall_ns() / NS_PER_S, UTC)


def run_name() -> str:
    """Return the name of the running flow run: what, for whom, for which slot (UTC)."""
    asked = runtime.flow_run.parameters  # as they were sent: what is as ever is not among them
    usual = SessionConfig()
    words = [
        asked.get(each, getattr(usual, each))
        for each in ("symbol", "strategy", "account", "source")
    ]
    return f"{' '.join(map(str, words))} {due():%Y-%m-%d %H:%M}"


def session_paths(config: SessionConfig) -> SessionPaths:
    """Return where a new session keeps its files; its id ends like the flow run's."""
    suffix = str(runtime.flow_run.id)[-4:]
    session_id = new_session_id(config, wall_ns(), suffix)
    return SessionPaths(var_dir=var_dir(), account=config.account, session_id=session_id)


def replay_name() -> str:
    """Return the name of the running replay: what, by whom, over what."""
    asked = runtime.flow_run.parameters
    over = Path(asked["path"]).name if asked["path"] else "a made market"
    return f"{asked['symbol']} {asked['strategy']} over {over}"


def replay_paths(config: SessionConfig) -> SessionPaths:
    """Return where a replay keeps its files: apart from sessions, for nobody has its money."""
    suffix = str(runtime.flow_run.id)[-4:]
    session_id = new_session_id(config, wall_ns(), suffix)
    folder = var_dir() / "replays"
    return SessionPaths(var_dir=folder, account=config.account, session_id=session_id)
