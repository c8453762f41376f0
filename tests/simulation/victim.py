"""``python -m tests.simulation.victim PLAN --step NAME``: a session that kills itself at a step.

It is the session's own child process with a watch around the journal's connection and the
recorder: at the n-th time of the named step it sends itself SIGKILL. What the disk has promised
is noted in a file beside the plan, so that a loss can be seen. No production code knows of it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

from trading.engine import Engine
from trading.journal.machine import Machine
from trading.journal.record import RecordKind
from trading.journal.store import JournalWriter
from trading.model.numbers import NS_PER_S
from trading.model.orders import OrderRole, OrderStatus
from trading.session import recorder
from trading.session.__main__ import main as session_main
from trading.session.recorder import Recorder

P = ParamSpec("P")
R = TypeVar("R")

WRITING = ("insert.before", "insert.after", "snapshot.before", "snapshot.after", "commit.before")
"""Steps between append and commit: a write in progress."""
SNAPSHOT_STEPS = ("snapshot.before", "snapshot.after")
JOURNAL_STEPS = ("begin.before", "insert.before", "insert.after", "commit.before", "commit.after")
BEGINNING_STEPS = (
    "create table.after",
    "opening.before",
    "opening.after",
    "journal.db.before",
    "journal.db.after",
    "reply.before",
    "reply.after",
    "latest.txt.before",
    "latest.txt.after",
)
ENDING_STEPS = ("closing.before", "closing.after", "checkpoint.before", "checkpoint.after")
RESUME_STEPS = ("replay", "reopen", "resumed", "heartbeat.json.before")
STATES = ("state in flight", "state position", "state partial", "state owed")
STEPS = (*JOURNAL_STEPS, *SNAPSHOT_STEPS, *BEGINNING_STEPS, *ENDING_STEPS, *RESUME_STEPS, *STATES)

_STATEMENTS = {
    "CREATE": "create table",
    "BEGIN": "begin",
    "COMMIT": "commit",
    "PRAGMA wal_checkpoint": "checkpoint",
    "INSERT INTO snapshot": "snapshot",
}


SNAPSHOT_EVERY_NS = 8 * NS_PER_S
"""Session time: so that most resumes begin at one, and dying while one is written is likely."""


def acknowledged_file(plan: Path) -> Path:
    """Return the file that holds the newest sequence number a commit has returned for."""
    return plan.with_name("acknowledged")


class Trap:
    """Counts the times of one step and kills the process at the chosen one."""

    def __init__(self, step: str, times: int, plan: Path) -> None:
        """Wait for ``step`` to come the ``times``-th time."""
        self.step = step
        self._left = times
        self._journal = plan.with_name("journal.db")
        self._file = os.open(acknowledged_file(plan), os.O_WRONLY | os.O_CREAT)
        self.written = -1

    def reach(self, step: str) -> None:
        """Pass a step, or die at it."""
        if step == self.step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def acknowledge(self) -> None:
        """Note that everything written up to here was promised to be safe."""
        if self._journal.exists():  # before that there is no journal that could promise anything
            os.pwrite(self._file, f"{self.written:>20}".encode(), 0)


def watched_connection(trap: Trap) -> type[sqlite3.Connection]:
    """Return a connection class that passes through the trap before and after each statement."""

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401
            name = next((n for head, n in _STATEMENTS.items() if sql.lstrip().startswith(head)), "")
            trap.reach(f"{name}.before")
            cursor = super().execute(sql, parameters)
            if name == "commit":
                trap.acknowledge()
            trap.reach(f"{name}.after")
            return cursor

        def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
            rows = list(parameters)
            trap.reach("insert.before")
            cursor = super().executemany(sql, rows)
            trap.written = rows[-1][0]
            trap.reach("insert.after")
            return cursor

    return Watched


def states_of(engine: Engine) -> set[str]:
    """Return which of the states worth dying in an engine is in."""
    head = engine.head()
    found = set()
    for order in head.orders:
        if order.status is OrderStatus.IN_FLIGHT:
            found.add("state in flight")
        if order.request.role is OrderRole.ENTRY and order.status is OrderStatus.PART_FILLED:
            found.add("state partial")
    if head.positions:
        found.add("state position")
    if head.owed:
        found.add("state owed")
    return found


def main() -> int:
    """Run a session under the trap; return its exit code if it survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.victim")
    parser.add_argument("plan", type=Path)
    parser.add_argument("--attempt", type=int, default=1)
    parser.add_argument("--step", choices=STEPS, default=None, help="none: wait to be killed")
    parser.add_argument("--times", type=int, default=1, help="die at this time of the step")
    chosen = parser.parse_args()
    trap = Trap(chosen.step or "", chosen.times, chosen.plan)
    watched = watched_connection(trap)
    connect = sqlite3.connect

    def connect_watched(*arguments: Any, **named: Any) -> sqlite3.Connection:  # noqa: ANN401
        return connect(*arguments, **named, factory=watched)

    with (
        patch.object(sqlite3, "connect", connect_watched),
        patch.object(recorder, "SNAPSHOT_EVERY_NS", SNAPSHOT_EVERY_NS),
        patch.object(JournalWriter, "append", _append(trap, JournalWriter.append)),
        patch.object(JournalWriter, "reopen", _passed(trap, "reopen", JournalWriter.reopen)),
        patch.object(Machine, "again", _passed(trap, "replay", Machine.again)),
        patch.object(Recorder, "_record", _record(trap, Recorder._record)),  # noqa: SLF001
        patch.object(Path, "replace", _replace(trap, Path.replace)),
    ):
        return session_main([str(chosen.plan), "--attempt", str(chosen.attempt)])


def _passed(trap: Trap, step: str, call: Callable[P, R]) -> Callable[P, R]:
    @wraps(call)
    def passed(*arguments: P.args, **named: P.kwargs) -> R:
        returned = call(*arguments, **named)
        trap.reach(step)
        return returned

    return passed


def _append(
    trap: Trap, append: Callable[[JournalWriter, RecordKind, int, bytes, bytes], None]
) -> Callable[[JournalWriter, RecordKind, int, bytes, bytes], None]:
    def appended(
        self: JournalWriter, kind: RecordKind, received_ns: int, data: bytes, outputs: bytes
    ) -> None:
        trap.reach(f"{kind}.before")
        append(self, kind, received_ns, data, outputs)
        trap.reach(f"{kind}.after")

    return appended


def _record(trap: Trap, record: Callable[..., None]) -> Callable[..., None]:
    def recorded(self: Recorder, kind: RecordKind, *rest: Any) -> None:  # noqa: ANN401
        record(self, kind, *rest)
        if kind is RecordKind.EVENT and b'"SessionResumed"' in rest[1]:
            trap.reach("resumed")
        if trap.step in STATES and trap.step in states_of(self.machine.engine):
            trap.reach(trap.step)

    return recorded


def _replace(trap: Trap, replace: Callable[[Path, Any], Path]) -> Callable[[Path, Any], Path]:
    def replaced(self: Path, target: Any) -> Path:  # noqa: ANN401
        name = Path(target).name
        trap.reach(f"{name}.before")
        returned = replace(self, target)
        trap.reach(f"{name}.after")
        return returned

    return replaced


if __name__ == "__main__":
    sys.exit(main())
