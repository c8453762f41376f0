"""``python -m tests.simulation.machines``: accounts that two machines share, under a real Prefect.

A PostgreSQL for Prefect and for the accounts, one server, and two workers, each with a folder of
its own: two machines. Judged by the API, by the journals and by what was shipped; one line a case,
for the runbook. Takes about six minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from tests.support.live import assert_sound
from tests.support.postgres import running_postgres
from tests.support.prefect_server import FlowRun, Server, running_server, running_worker
from tests.support.supervised import LIVELY, POOL, begin, deploy, make_pool, over
from tests.support.unwinding import unwind_on_sigterm
from tests.support.waiting import until
from trading.io.clock import monotonic_ns
from trading.journal.store import JournalReader
from trading.session.heartbeat import read_progress
from trading.session.paths import VAR_ENVIRONMENT, SessionPaths, latest_session
from trading.session.register.chosen import LEASE_ENVIRONMENT
from trading.session.register.files import STORE_ENVIRONMENT, state_in
from trading.session.register.leases import Database, SharedRegister
from trading.session.ship import SHIP_ENVIRONMENT

LEASE_S: Final = 10.0
ACCOUNTS: Final = ("one", "two", "three", "four")
MACHINES: Final = ("here", "there")
FREE: Final = ("entry_interval_s", "losses_in_a_row_max", "daily_loss_pct", "drawdown_pct")
"""Limits that would keep an account from trading in every round."""


class Stage:
    """A server whose accounts live in a database, and two machines for its sessions."""

    def __init__(self, folder: Path, url: str, stack: ExitStack) -> None:
        """Start the server; no machine works yet."""
        self.folder = folder
        self.database = Database(url=url.replace("+asyncpg", ""), lease_s=LEASE_S)
        self.server = stack.enter_context(running_server(folder, database=url))
        make_pool(self.server)
        deploy(self.server)

    @contextmanager
    def working(self, *machines: str) -> Iterator[dict[str, int]]:
        """Let machines take runs while the block lasts; yield their workers' process ids."""
        with ExitStack() as stack:
            pids = {}
            for name in machines:
                worker = running_worker(self.seen_by(name), POOL, name)
                pids[name] = stack.enter_context(worker).pid
            yield pids

    def seen_by(self, machine: str) -> Server:
        """Return the server with the environment of a machine."""
        environment = {
            **self.server.environment,
            VAR_ENVIRONMENT: str(self.var(machine)),
            STORE_ENVIRONMENT: self.database.url,
            LEASE_ENVIRONMENT: f"{LEASE_S}",
            SHIP_ENVIRONMENT: f"file://{self.folder}/far",
        }
        return replace(self.server, environment=environment)

    def var(self, machine: str) -> Path:
        """Return where a machine keeps its sessions."""
        return self.folder / machine

    def sessions(self, account: str) -> list[tuple[str, SessionPaths]]:
        """Return an account's sessions on all machines, oldest first, with where they ran."""
        found = [
            (name, SessionPaths(var_dir=self.var(name), account=account, session_id=each.name))
            for name in MACHINES
            for each in (self.var(name) / account).glob("2*")
        ]
        return sorted(found, key=lambda each: each[1].session_id)


def fleets(stage: Stage) -> str:
    """Run a fleet of four accounts on one machine, on the other, and on both."""
    table = stage.folder / "four.toml"
    shared = 'source = "embedded"\nminutes = 1\nspeed = 4\nstrategy = "pulse"\n'
    shared += "strategy_parameters = { period_s = 4.0, hold_s = 3.0 }\n"
    shared += "".join(f"risk.{name} = 0\n" for name in FREE)
    each = "".join(f'[[session]]\naccount = "{name}"\n' for name in ACCOUNTS)
    table.write_text(f"[defaults]\n{shared}{each}", encoding="utf-8")
    said = []
    for machines in (("here",), ("there",), MACHINES):
        with stage.working(*machines):
            run = begin(stage.server, "fleet/fleet", table=str(table))
            said.append(over(stage.server, run, 300.0).state.message or "")
    where = Counter(chain_of(stage, account) for account in ACCOUNTS)
    shipped = len(list((stage.folder / "far").glob("*/*/journal.db")))
    told = ", ".join(f"{count} accounts {way}" for way, count in where.items())
    return (
        f"{'; '.join(said)}; {told}; every chain holds, every replay identical; {shipped} shipped"
    )


def chain_of(stage: Stage, account: str) -> str:
    """Hold an account's sessions against each other; return where they ran."""
    sessions = stage.sessions(account)
    assert 3 == len(sessions), sessions
    last = None
    for _, paths in sessions:
        assert_sound(paths)
        with JournalReader(paths.journal) as reader:
            opening = reader.opening
        if last is not None:
            assert last.predecessor == opening.predecessor
            assert last.head == opening.setup.head
        last = state_in(paths.journal)
    assert last == SharedRegister(stage.database, stage.var("here")).state(account)
    return " > ".join(name for name, _ in sessions)


def paused(stage: Stage) -> str:
    """Stop a machine in mid-session for longer than its lease; let another one go on meanwhile."""
    register = SharedRegister(stage.database, stage.var("there"))
    with stage.working("here") as pids:
        first = begun(stage, 20.0)
        paths = until(lambda: traded(stage, register), 90.0, "a fill and a checkpoint")
        stopped = [psutil.Process(pids["here"])]
        stopped += stopped[0].children(recursive=True)
        for each in stopped:
            each.suspend()
        try:
            with stage.working("there"):
                skipped = 0
                while (taken := over(stage.server, begun(stage, 1.0)).state).name == "Skipped":
                    skipped += 1
        finally:
            for each in stopped:
                each.resume()
        lost = over(stage.server, first).state
    second = latest_session(stage.var("there"), "paused")
    assert second is not None
    assert_sound(paths)
    assert_sound(second)
    assert state_in(second.journal) == register.state("paused")
    return (
        f"the other machine, after {skipped} Skipped: {taken.message}; "
        f"the first, once awake: {lost.name}, {lost.message}"
    )


def begun(stage: Stage, minutes: float) -> FlowRun:
    """Begin a session of the account that is to change machines."""
    return begin(
        stage.server,
        "paper-session/adhoc",
        source="embedded",
        strategy="pulse",
        account="paused",
        minutes=minutes,
        speed=4,
        settings=LIVELY,
    )


def traded(stage: Stage, register: SharedRegister) -> SessionPaths | None:
    """Return the session that is to be stopped, once it has traded and has a checkpoint."""
    paths = latest_session(stage.var("here"), "paused")
    beat = read_progress(paths.heartbeat) if paths else None
    found = register._standing("paused")  # noqa: SLF001 - what no owner is told
    is_known = found is not None and found.checkpoint is not None
    return paths if beat is not None and beat.fills > 0 and is_known else None


CASES: Final = {"fleets": fleets, "paused": paused}


def main(arguments: Sequence[str] | None = None) -> None:
    """Tell the cases that are asked for, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.machines")
    parser.add_argument("--case", choices=CASES, action="append")
    wanted = parser.parse_args(arguments).case or list(CASES)
    with (
        tempfile.TemporaryDirectory(prefix="machines-", ignore_cleanup_errors=True) as name,
        running_postgres() as url,
        ExitStack() as stack,
    ):
        if url is None:
            sys.exit("no PostgreSQL is installed here (initdb, postgres)")
        stage = Stage(Path(name), url, stack)
        for each in wanted:
            since_ns = monotonic_ns()
            found = CASES[each](stage)
            sys.stdout.write(f"{each} ({(monotonic_ns() - since_ns) / 1e9:.0f} s): {found}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    unwind_on_sigterm()
    main()
