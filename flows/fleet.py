"""``fleet``: one session an account, from a table; started, waited for, and summarised.

``python -m flows.fleet TABLE`` runs it here; the sessions run wherever the workers are.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import anyio
from prefect import State, flow, get_run_logger, runtime
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import StateType
from prefect.settings import get_current_settings
from prefect.states import Cancelled, Completed, Failed

from flows import cli
from flows.naming import due, var_dir
from flows.table import Row, read_table
from reports import formats
from tasks.cancellation import heard
from tasks.fleet import Ended, fleet_session, ready
from tasks.progress import artifact_key
from tasks.report import report_url
from tasks.tags import tag_run
from trading.config.checks import check_number
from trading.errors import ConfigError, PaperSessionError
from trading.session.paths import SessionPaths
from trading.session.register import AccountState, register_of

DEPLOYMENT: Final = "paper-session/adhoc"
"""Through which a fleet starts its sessions."""
TAKEN_WITHIN_S: Final = 300.0
GOOD: Final = frozenset({StateType.COMPLETED, StateType.CANCELLED})
"""States of a session for which nobody need look, unless it is Cancelled for nobody took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One account of the summary."""

    row: Row
    ended: Ended
    before: AccountState | None
    after: AccountState | None

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to look: it ended badly, or not at all, or nobody took it."""
        return self.ended.kind not in GOOD or not self.ended.is_taken

    @property
    def change(self) -> Decimal | None:
        """What the session did to the wallet; None where that is not known."""
        if self.after is None or self.after == self.before:
            return None
        config = self.row.config
        began = self.before.head.wallet if self.before else Decimal(str(config.opening_wallet_usdt))
        return self.after.head.wallet - began


def fleet_name() -> str:
    """Return the name of the running fleet: its table, and its slot (UTC)."""
    return f"fleet {Path(runtime.flow_run.parameters['table']).stem} {due():%Y-%m-%d %H:%M}"


@flow(name="fleet", flow_run_name=fleet_name, retries=0, persist_result=False)
async def fleet(
    table: str = "fleet.toml",
    deployment: str = DEPLOYMENT,
    taken_within_s: float = TAKEN_WITHIN_S,
) -> State[None]:
    """Run one session for each account of a table, as many at once as the limit allows.

    Cancelling it ends every session it has started: each flat, and with its report.

    Args:
        table: Path of a TOML or CSV file on the worker's machine, absolute or as seen from the
            checkout: a row for each account. deployments/README.md has an example.
        deployment: The deployment of paper-session through which each session is started.
        taken_within_s: Seconds that a worker may take to begin a session whose turn it is. One that
            nobody begins is called off (Skipped), and the fleet is Failed.
    """
    path = Path(table)
    try:
        rows = read_table(path)  # in no thread: Python 3.11 may parse source in one only
        check_number("taken_within_s", taken_within_s, above=0, most=86_400)
        await ready(deployment)
    except ConfigError as error:
        return Failed(message=f"nothing was started: {error}")
    name = f"fleet-{path.stem}"
    await tag_run(name, *sorted({row.config.symbol for row in rows}))
    before = await asyncio.to_thread(_states, rows)
    running = [asyncio.create_task(_ended(row, deployment, name, taken_within_s)) for row in rows]
    is_cancelled = False
    try:
        async with heard():
            await asyncio.gather(*running)
    except asyncio.CancelledError:
        is_cancelled = True  # and so is every one of them, which ends its session first
    with anyio.CancelScope(shield=True):
        await asyncio.wait(running)
        lines = await _lines(rows, before, [each.result() for each in running])
        await acreate_markdown_artifact(
            markdown(path.stem, lines), key=artifact_key("paper", name), description="PAPER fleet"
        )
        await tag_run(*sorted({line.ended.state.lower() for line in lines}))
    return state_of(lines, is_cancelled=is_cancelled)


async def _lines(
    rows: Sequence[Row], before: Mapping[str, AccountState | None], ends: Sequence[Ended]
) -> list[Line]:
    after = await asyncio.to_thread(_states, rows)
    return [
        Line(row=row, ended=end, before=before[row.account], after=after[row.account])
        for row, end in zip(rows, ends, strict=True)
    ]


def state_of(lines: Sequence[Line], *, is_cancelled: bool = False) -> State[None]:
    """Return the state of a fleet: Failed if anybody has to look, whatever became of the rest."""
    told = sentence(lines)
    if is_cancelled:
        return Cancelled(message=f"cancelled: {told}")
    return (Failed if any(line.is_bad for line in lines) else Completed)(message=told)


async def _ended(row: Row, deployment: str, name: str, taken_within_s: float) -> Ended:
    # Prefect's overload forgets that the state of an async task is awaited.
    state: State[Ended] = await fleet_session(  # type: ignore[misc]
        row.account, deployment, row.parameters, (name,), taken_within_s, return_state=True
    )
    found: object = await state.aresult(raise_on_failure=False)
    if isinstance(found, Ended):
        return found
    return Ended(
        account=row.account,
        flow_run_id="",
        kind=StateType.FAILED,
        state="Failed",
        said=f"not started: {type(found).__name__}: {found}",
    )


def _states(rows: Sequence[Row]) -> dict[str, AccountState | None]:
    """Return how each account stands, as far as the register tells."""
    register = register_of(var_dir())
    found: dict[str, AccountState | None] = {}
    for row in rows:
        try:
            found[row.account] = register.state(row.account)
        except PaperSessionError as error:
            found[row.account] = None
            get_run_logger().warning("%s: %s", row.account, error)
    return found


def sentence(lines: Sequence[Line]) -> str:
    """Return one line: how many ended how, what came of it, and why those that did not complete."""
    counts = dict.fromkeys(line.ended.state for line in lines)
    told = ", ".join(
        f"{sum(line.ended.state == state for line in lines)} {state}" for state in counts
    )
    known = [line.change for line in lines if line.change is not None]
    told_why = sorted(
        (line for line in lines if line.ended.kind is not StateType.COMPLETED),
        key=lambda line: not line.is_bad,
    )
    bad = [f"{line.row.account}: {line.ended.said}" for line in told_why]
    total = f"; {formats.signed(sum(known, Decimal(0)))} USDT over {len(known)} accounts"
    return f"{told}{total if known else ''}{'; '.join(['', *bad])}"


def markdown(name: str, lines: Sequence[Line]) -> str:
    """Return the summary as Prefect shows it."""
    head = [
        f"# PAPER fleet {name}",
        "",
        sentence(lines),
        "",
        # What it said is last: it may be long, and pushes out of sight what is behind it.
        "| account | symbol | strategy | state | change | wallet | report | what it said |",
        "|---|---|---|---|--:|--:|---|---|",
    ]
    return "\n".join([*head, *map(_told, lines)]) + "\n"


def _told(line: Line) -> str:
    config, after = line.row.config, line.after
    wallet = f"{after.head.wallet:f}" if after else "not known"
    change = "" if line.change is None else formats.signed(line.change)
    report = ""
    if after is not None and after.predecessor is not None and line.change is not None:
        paths = SessionPaths(
            var_dir=var_dir(), account=config.account, session_id=after.predecessor.session_id
        )
        report = f"[open]({report_url(paths)})"
    said = line.ended.said.replace("|", "\\|").replace("\n", " ")
    cells = (config.account, config.symbol, config.strategy, line.ended.state)
    return f"| {' | '.join((*cells, change, wallet, report, said))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the flow as the arguments say; return 0, 1 when a session ended badly, 2 for an error."""
    parser = argparse.ArgumentParser(prog="python -m flows.fleet", description=__doc__)
    parser.add_argument("table", type=Path, help="a TOML or CSV file, one session an account")
    parser.add_argument("--deployment", default=DEPLOYMENT, help=f"(default: {DEPLOYMENT})")
    parser.add_argument(
        "--taken-within-s",
        type=float,
        default=TAKEN_WITHIN_S,
        metavar="S",
        help=f"seconds that a worker may take to begin a session (default: {TAKEN_WITHIN_S:g})",
    )
    parser.add_argument("--check", action="store_true", help="read the table, and start nothing")
    chosen = parser.parse_args(arguments)
    try:
        rows = read_table(chosen.table)
    except ConfigError as error:
        cli.say(str(error))
        return 2
    if chosen.check:
        cli.say("\n".join(f"{row.account}: {row.parameters}" for row in rows))
        return 0
    if get_current_settings().api.url is None:
        cli.say("a fleet needs a server and its workers: make up, or set PREFECT_API_URL")
        return 2
    cli.quieten()
    state = asyncio.run(_run(chosen.table, chosen.deployment, chosen.taken_within_s))
    cli.say(state.message or str(state.name))
    return 0 if state.is_completed() else 1


async def _run(table: Path, deployment: str, taken_within_s: float) -> State[None]:
    return await fleet(  # type: ignore[return-value]
        str(table), deployment, taken_within_s, return_state=True
    )


if __name__ == "__main__":
    sys.exit(main())
