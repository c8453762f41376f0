"""Which flow runs a session belongs to: the one that began it, and those that rescued it.

Kept beside the session's journal, which knows nothing of Prefect, so that whoever finds a dead run
finds its session, whoever finds an open session finds its run, and no one rescues for ever.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from prefect.context import FlowRunContext

from trading.io.files import read_json, write_atomic
from trading.session.paths import SessionPaths, latest_session


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The flow runs of one session, by their ids."""

    flow_run_id: str
    rescues: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[str, ...]:
        """All of them, oldest first."""
        return (self.flow_run_id, *self.rescues)

    def rescued_by(self, flow_run_id: str) -> Origin:
        """Return it with one more."""
        return msgspec.structs.replace(self, rescues=(*self.rescues, flow_run_id))


def is_watched_over() -> bool:
    """Return whether the running flow run is deployed: an automation rescues such a session.

    Read from the run this process was given: Prefect's ``runtime.deployment`` asks its server, each
    time over a connection of its own.
    """
    running = FlowRunContext.get()
    run = running.flow_run if running else None
    return run is not None and run.deployment_id is not None


def write_origin(paths: SessionPaths, origin: Origin) -> None:
    """Keep a session's flow runs; its folder is made if need be."""
    paths.folder.mkdir(parents=True, exist_ok=True)
    write_atomic(_file(paths), msgspec.json.encode(origin))


def read_origin(paths: SessionPaths) -> Origin | None:
    """Return a session's flow runs; None for one that Prefect never knew.

    Raises:
        ValueError: when the file is none of ours.
    """
    try:
        return read_json(_file(paths), Origin)
    except FileNotFoundError:
        return None


def last_sessions(var_dir: Path) -> list[SessionPaths]:
    """Return every account's newest session, by account."""
    pointers = sorted(var_dir.glob("*/latest.txt"))
    found = (latest_session(var_dir, pointer.parent.name) for pointer in pointers)
    return [paths for paths in found if paths is not None]


def session_of(var_dir: Path, flow_run_id: str) -> SessionPaths | None:
    """Return the session of a flow run, if it is still its account's newest."""
    for paths in last_sessions(var_dir):
        origin = read_origin(paths)
        if origin is not None and flow_run_id in origin.runs:
            return paths
    return None


def _file(paths: SessionPaths) -> Path:
    return paths.folder / "origin.json"
