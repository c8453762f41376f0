"""The plan of a session: everything its process needs, fixed before it starts, in one file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from trading.errors import JournalError
from trading.journal.record import Opening
from trading.model.events import ControlReceived
from trading.session.paths import SessionPaths
from trading.session.world import World
from trading.venues.base import RestRequest


class SessionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What ``python -m trading.session PLAN`` runs.

    ``replies`` are what preflight and warm-up fetched, ``words`` what a person said to the account
    since its last session; they become the journal's first inputs.
    """

    opening: Opening
    world: World
    var_dir: str
    replies: tuple[tuple[RestRequest, bytes], ...]
    words: tuple[ControlReceived, ...] = ()
    is_rescuable: bool = False
    """Somebody watches over the supervisor: a session that loses it is left open, to be resumed."""

    @property
    def paths(self) -> SessionPaths:
        """Where the session's files are."""
        return SessionPaths(
            var_dir=Path(self.var_dir),
            account=self.opening.setup.config.account,
            session_id=self.opening.setup.session_id,
        )

    @property
    def deadline_ns(self) -> int:
        """Absolute end, in session time; no restart moves it."""
        return self.opening.setup.deadline_ns


def read_plan(path: Path) -> SessionPlan:
    """Return a plan from its file.

    Raises:
        JournalError: when it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=SessionPlan)
    except (OSError, ValueError, RecursionError) as error:
        raise JournalError(f"{path} is not a readable session plan: {error}") from error
