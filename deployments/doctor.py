"""``python -m deployments.doctor``: is everything there, and if not, what is to be done?

Each check is one question; what it cannot find out counts as wrong. Nothing is changed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.settings import get_current_settings

from deployments.automations.apply import changes, ours, places
from deployments.automations.catalogue import Patience, catalogue
from deployments.automations.chosen import add_choices
from deployments.checkout import checkout
from trading.errors import AccountLocked, PaperSessionError, RegisterError, ShippingError
from trading.io.clock import monotonic_ns, wall_ns
from trading.io.postgres import shown
from trading.model.numbers import NS_PER_MS, NS_PER_S
from trading.session.kill_everywhere import killed
from trading.session.paths import var_dir
from trading.session.register import register_of
from trading.session.register.chosen import database_of, lease_s
from trading.session.register.files import STORE_ENVIRONMENT
from trading.session.register.machine import this_machine
from trading.session.ship import SHIP_ENVIRONMENT, target, unshipped
from trading.venues.bitunix import REST_URL

POOL: Final = "paper"
DISK_FREE_MB_LEAST: Final = 1_000
CLOCK_S_MOST: Final = 5.0
WORKER_SILENT_S_MOST: Final = 90.0
NEEDED: Final = frozenset(
    {
        *("10min", "4h", "demo", "adhoc", "fleet"),
        *("rescue", "silence", "reconcile", "alert", "control"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one question."""

    is_well: bool
    found: str
    remedy: str = ""

    def told(self, name: str) -> str:
        """Return it as people read it."""
        line = f"{'ok   ' if self.is_well else 'WRONG'} {name}: {self.found}"
        return line if self.is_well else f"{line}\n      remedy: {self.remedy}"


def well(found: str) -> Finding:
    """Return that all is well."""
    return Finding(is_well=True, found=found)


def wrong(found: str, remedy: str) -> Finding:
    """Return what is wrong, and what to do."""
    return Finding(is_well=False, found=found, remedy=remedy)


async def environment() -> Finding:
    """Are the packages installed the ones of the lock file?"""
    lock = Path(checkout()["directory"]) / "requirements.lock"
    if not lock.is_file():
        return wrong(f"{lock} is missing", "restore it from git")
    locked: dict[str, set[str]] = {}  # one package may be locked in a version for each Python
    for name, at in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE):
        locked.setdefault(name, set()).add(at)
    differ = []
    for name, versions in locked.items():
        try:
            if version(name) not in versions:
                differ.append(f"{name} {version(name)}, not {' or '.join(sorted(versions))}")
        except PackageNotFoundError:
            continue  # for another platform; what is missing here breaks an import at once
    if differ:
        return wrong("; ".join(differ), "make env")
    return well(f"Python {sys.version.split()[0]}, packages as locked")


async def server() -> Finding:
    """Is there a Prefect server that answers, of our own version?"""
    url = get_current_settings().api.url
    if url is None:
        return wrong("PREFECT_API_URL is not set", "make up, or set it to your server's address")
    async with get_client() as client:
        reply = await client._client.get("/admin/version")  # noqa: SLF001 - it has no face for it
        theirs = reply.raise_for_status().json()
    mine = version("prefect")
    if theirs != mine:
        return wrong(
            f"{url} is {theirs}, we are {mine}", "upgrade the older one: deployments/README.md"
        )
    return well(f"{url}, {theirs}")


async def pool_and_worker() -> Finding:
    """Is there a pool, open, and a worker that has beaten lately?"""
    async with get_client() as client:
        pool = await client.read_work_pool(POOL)
        workers = await client.read_workers_for_work_pool(POOL)
    if pool.is_paused:
        return wrong(f"pool {POOL} is paused", f"prefect work-pool resume {POOL}")
    now = datetime.fromtimestamp(wall_ns() / NS_PER_S, UTC)
    oldest = now - timedelta(seconds=WORKER_SILENT_S_MOST)
    beats = [each.last_heartbeat_time for each in workers if each.last_heartbeat_time]
    living = [each for each in beats if each > oldest]
    if not living:
        return wrong(
            f"no worker of pool {POOL} has beaten lately", f"prefect worker start --pool {POOL}"
        )
    return well(f"pool {POOL}, {len(living)} worker(s)")


async def deployed() -> Finding:
    """Is everything deployed, from this version of the checkout?"""
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=["paper"]))
    async with get_client() as client:
        found = {
            each.name: each for each in await client.read_deployments(deployment_filter=tagged)
        }
    missing = sorted(NEEDED - set(found))
    if missing:
        return wrong(f"not deployed: {', '.join(missing)}", "prefect --no-prompt deploy --all")
    here = checkout()["version"]
    others = sorted(name for name, each in found.items() if each.version != here)
    if others:
        return wrong(
            f"of another version than {here}: {', '.join(others)}",
            "between two sessions: prefect --no-prompt deploy --all",
        )
    paused = sorted(name for name, each in found.items() if each.paused)
    return well(f"{len(found)} of {here}" + (f"; paused: {', '.join(paused)}" if paused else ""))


async def automated(notify: str, patience: Patience) -> Finding:
    """Do the automations stand as the catalogue says, and is anybody told?"""
    async with get_client() as client:
        wanted = catalogue(await places(client, notify, patience))
        differs = [each for each in changes(wanted, await ours(client)) if each.what != "keep"]
    if differs:
        return wrong(
            "; ".join(map(str, differs)), "python -m deployments.automations apply [--notify ...]"
        )
    told = notify or f"nobody is told; alerts are kept in {var_dir() / 'alerts.log'}"
    return well(f"{len(wanted)} automations, {told}")


async def venue() -> Finding:
    """Can the venue be reached, and does its clock agree with ours?"""
    async with httpx.AsyncClient(timeout=5.0) as client:
        reply = await client.get(f"{REST_URL}/api/v1/futures/market/tickers?symbols=BTCUSDT")
    reply.raise_for_status()
    theirs = parsedate_to_datetime(reply.headers["Date"]).timestamp()
    off_s = wall_ns() / NS_PER_S - theirs
    if abs(off_s) > CLOCK_S_MOST:
        return wrong(f"this clock is {off_s:.1f} s off the venue's", "synchronise it (NTP)")
    return well(f"{REST_URL}, clock within {abs(off_s):.1f} s (its Date has steps of 1 s)")


async def disk() -> Finding:
    """Is there room for journals, and may we write?"""
    folder = var_dir()
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    free_mb = shutil.disk_usage(folder).free / 1e6
    if free_mb < DISK_FREE_MB_LEAST:
        return wrong(
            f"{free_mb:.0f} MB free in {folder}",
            f"free {DISK_FREE_MB_LEAST} MB, or set PAPER_SESSION_VAR",
        )
    return well(f"{free_mb / 1e3:.1f} GB free in {folder}")


async def accounts() -> Finding:
    """Who owns which account just now?"""
    told = []
    for account in sorted(pointer.parent.name for pointer in var_dir().glob("*/latest.txt")):
        try:
            register_of(var_dir()).look(account, "the doctor")
            told.append(f"{account} free")
        except AccountLocked as error:
            told.append(f"{account}: {error.holder}")
    return well("; ".join(told) or "none yet")


async def account_store() -> Finding:
    """Where are accounts kept, and does it answer?"""
    url = os.environ.get(STORE_ENVIRONMENT)
    since_ns = monotonic_ns()
    await asyncio.to_thread(register_of(var_dir()).words, "the doctor")
    if not url:
        return well(f"files in {var_dir()}: the accounts of this machine alone")
    machine = this_machine(var_dir())
    took_ms = (monotonic_ns() - since_ns) / NS_PER_MS
    return well(
        f"{shown(url)} answers in {took_ms:.0f} ms; an account is leased for {lease_s():g} s; "
        f"this machine is {machine.id[:8]} on {machine.host}"
    )


async def shipping() -> Finding:
    """Where are journals shipped to, does it answer, and what has not arrived?"""
    where = target()
    if where is None:
        return well(f"nowhere; {SHIP_ENVIRONMENT} is not set")
    found = await asyncio.to_thread(where.check)
    waiting = list(unshipped(var_dir(), where))
    return well(f"{shown(where.url)} {found}; {len(waiting)} session(s) have not arrived yet")


async def kill_switch() -> Finding:
    """Is the kill switch set, here or on all machines?"""
    switch = await asyncio.to_thread(killed, var_dir())
    if switch is not None:
        return wrong(
            str(switch),
            "find out why, then: python -m trading.session kill clear --by NAME --reason TEXT",
        )
    return well("not set" if database_of() is None else "not set, here or on all machines")


async def asked(name: str, question: Callable[[], Awaitable[Finding]]) -> Finding:
    """Return the answer to a question; an error is one, too."""
    try:
        return await question()
    except (PaperSessionError, httpx.HTTPError, OSError, RuntimeError) as error:
        remedy = "mend what it says"
        if isinstance(error, RegisterError):
            remedy = f"start that database, or mend {STORE_ENVIRONMENT}"
        elif isinstance(error, ShippingError):
            remedy = f"mend {SHIP_ENVIRONMENT}, or what keeps us out of there"
        if isinstance(error, httpx.TransportError) and name == "venue":
            remedy = "check the network and that the venue may be used from here"
        elif isinstance(error, (httpx.HTTPError, RuntimeError)):
            remedy = "start the server, or set PREFECT_API_URL: make up"
        return wrong(f"{type(error).__name__}: {error}", remedy)


async def examine(notify: str, patience: Patience, *, is_offline: bool) -> bool:
    """Ask everything and say it; return whether all is well."""
    questions: dict[str, Callable[[], Awaitable[Finding]]] = {
        "environment": environment,
        "disk": disk,
        "kill switch": kill_switch,
        "account store": account_store,
        "accounts": accounts,
        "shipping": shipping,
        "server": server,
    }
    if get_current_settings().api.url is not None:  # or Prefect would start a server of its own
        questions |= {
            "pool and worker": pool_and_worker,
            "deployments": deployed,
            "automations": lambda: automated(notify, patience),
        }
    if not is_offline:
        questions["venue and clock"] = venue
    are_well = True
    for name, question in questions.items():
        found = await asked(name, question)
        are_well = are_well and found.is_well
        sys.stdout.write(f"{found.told(name)}\n")
    return are_well


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask; return 0 when all is well, 1 when something is not."""
    parser = argparse.ArgumentParser(prog="python -m deployments.doctor", description=__doc__)
    parser.add_argument("--offline", action="store_true", help="do not ask the venue")
    add_choices(parser)
    chosen = parser.parse_args(arguments)
    return (
        0
        if asyncio.run(
            examine(chosen.notify, Patience(completed=chosen.completed), is_offline=chosen.offline)
        )
        else 1
    )


if __name__ == "__main__":
    sys.exit(main())
