"""Where a session keeps its files: one folder a session, below one folder an account."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from trading.config import SessionConfig
from trading.errors import ConfigError
from trading.model.numbers import NS_PER_S

VAR_ENVIRONMENT: Final = "PAPER_SESSION_VAR"
"""Environment variable that names the folder of all sessions; unset: ``var`` where we run."""
KILL_ENVIRONMENT: Final = "PAPER_SESSION_KILL_FILE"
"""Environment variable that names the kill switch; unset: ``kill.txt`` in that folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPaths:
    """``var/<account>/<session_id>/`` and what lies in it."""

    var_dir: Path
    account: str
    session_id: str

    @property
    def account_folder(self) -> Path:
        """Everything of the account."""
        return self.var_dir / self.account

    @property
    def folder(self) -> Path:
        """Everything of the session."""
        return self.account_folder / self.session_id

    @property
    def journal(self) -> Path:
        """The truth."""
        return self.folder / "journal.db"

    @property
    def plan(self) -> Path:
        """What the process was started with."""
        return self.folder / "plan.json"

    @property
    def heartbeat(self) -> Path:
        """The newest sign of progress, replaced every second."""
        return self.folder / "heartbeat.json"

    @property
    def log(self) -> Path:
        """What the process wrote to its standard error, over all attempts."""
        return self.folder / "session.log"

    @property
    def stacks(self) -> Path:
        """Where a process stood when it was found frozen."""
        return self.folder / "stacks.txt"

    @property
    def reserve(self) -> Path:
        """Disk space kept back for the end, while the session runs."""
        return self.folder / "reserve"

    @property
    def exchange_log(self) -> Path:
        """What the embedded exchange wrote to its standard error."""
        return self.folder / "exchange.log"

    @property
    def summary(self) -> Path:
        """The result as JSON."""
        return self.folder / "summary.json"

    @property
    def trades(self) -> Path:
        """The round trips as CSV."""
        return self.folder / "trades.csv"

    @property
    def report(self) -> Path:
        """The result as a person reads it."""
        return self.folder / "report.html"

    @property
    def lock(self) -> Path:
        """Held by the one session that owns the account."""
        return self.account_folder / "lock"

    @property
    def latest(self) -> Path:
        """A link to the account's newest session folder."""
        return self.account_folder / "latest"

    def point_latest(self) -> None:
        """Make ``latest`` this session, in one step; ``latest.txt`` says the same everywhere.

        Where links are not allowed (Windows without the right) only the text file is written.
        """
        pointer = self.account_folder / "latest.txt"
        fresh = self.account_folder / "latest.txt.new"
        fresh.write_text(f"{self.session_id}\n", encoding="utf-8")
        fresh.replace(pointer)
        link = self.account_folder / "latest.new"
        with suppress(OSError):
            link.unlink(missing_ok=True)
            link.symlink_to(self.session_id, target_is_directory=True)
            link.replace(self.latest)


def var_dir() -> Path:
    """Return the folder of all sessions, absolute."""
    return Path(os.environ.get(VAR_ENVIRONMENT) or "var").resolve()


def kill_file(var_dir: Path) -> Path:
    """Return the kill switch: while this file exists nothing trades.

    Raises:
        ConfigError: when the environment names a file relative to who knows where.
    """
    named = os.environ.get(KILL_ENVIRONMENT)
    if not named:
        return var_dir / "kill.txt"
    if not Path(named).is_absolute():
        raise ConfigError(
            KILL_ENVIRONMENT, named, "an absolute path", "every process must mean the same file"
        )
    return Path(named)


def latest_session(var_dir: Path, account: str) -> SessionPaths | None:
    """Return the account's newest session; None for an account that never had one."""
    pointer = var_dir / account / "latest.txt"
    if not pointer.exists():
        return None
    session_id = pointer.read_text(encoding="utf-8").strip()
    return SessionPaths(var_dir=var_dir, account=account, session_id=session_id)


def new_session_id(config: SessionConfig, opened_ns: int, suffix: str) -> str:
    """Return a name that sorts by time and says what it was.

    ``suffix`` keeps two sessions of one second apart.
    """
    at = datetime.fromtimestamp(opened_ns // NS_PER_S, UTC).strftime("%Y%m%dT%H%M%SZ")
    strategy = "".join(c if c.isalnum() or c == "_" else "-" for c in config.strategy)
    return f"{at}-{config.symbol}-{strategy[-40:]}-{suffix}"
