"""Every fault of a session's process, and what must come of it: one table.

``python -m tests.simulation.process_faults`` lets each happen to real processes and prints what
came of it. A full disk is a real one, in a mount that only its story's process sees.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tests.simulation import machine_stories as machine
from tests.simulation import process_stories as stories
from tests.simulation.befallen import WITHIN_S, Story, Told
from tests.support.live import Lab, exchange
from tests.support.unwinding import unwind_on_sigterm
from trading.exchange.options import ExchangeOptions

MODULE: Final = "tests.simulation.process_faults"
DISK_MB: Final = 240
"""A little more than preflight asks for."""
OWN_MOUNTS: Final = ("unshare", "-Urm", "sh", "-c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault: what is done, what must be seen of it, and how it must end."""

    name: str
    story: Story
    seen: str
    end: str
    market: str = ""
    """What befalls the market meanwhile: a fault script."""
    needs_small_disk: bool = False
    needs_linux: bool = False


ROWS: Final = (
    Row(name="SIGKILL", story=stories.killed, seen="ended by signal 9", end="resumed, "),
    Row(
        name="SIGSTOP",
        story=stories.stopped,
        seen="; no stacks: the process is stopped",
        end="resumed, ",
    ),
    Row(
        name="stuck in C code",
        story=stories.stuck,
        seen="; stacks: ",
        end="abandoned, position carried",
    ),
    Row(
        name="SIGTERM",
        story=stories.asked_to_end,
        seen="by SIGTERM: the process was asked to end",
        end="completed (stopped)",
    ),
    Row(
        name="flow, supervisor and all, killed",
        story=stories.orphaned,
        seen="by life line: the supervisor is gone",
        end="completed (stopped)",
    ),
    Row(
        name="supervisor killed, rescue awaited",
        story=stories.left,
        seen="leave by life line: the supervisor is gone",
        end="resumed, ",
    ),
    Row(
        name="the same on a deaf market",
        story=stories.left_holding,
        seen="Orphaned: the supervisor is gone; not all is closed",
        end="resumed, ",
        market="connection:2+30s deaf for 280s",
    ),
    Row(
        name="kill switch",
        story=stories.kill_switch,
        seen="by kill switch: enough (set by a test",
        end="killed (killed)",
    ),
    Row(
        name="kill switch, stuck in C code",
        story=stories.kill_switch_unheard,
        seen="killed: it did not hear the kill switch; stacks: ",
        end="killed, position carried",
    ),
    Row(
        name="memory over its limit",
        story=machine.memory,
        seen="by limits: memory: ",
        end="degraded (limit)",
    ),
    Row(
        name="memory far over it, stuck in C code",
        story=machine.memory_stuck,
        seen="MB, and it did not end by itself; stacks: ",
        end="abandoned, position carried",
    ),
    Row(
        name="descriptors over their limit",
        story=machine.descriptors,
        seen="by limits: descriptors: ",
        end="degraded (limit)",
    ),
    Row(
        name="descriptors gone at once",
        story=machine.descriptors_gone,
        seen="Too many open files",
        end="resumed, ",
    ),
    Row(
        name="disk filling up",
        story=machine.disk_filling,
        seen="by limits: disk: ",
        end="degraded (limit)",
        needs_small_disk=True,
    ),
    Row(
        name="disk full at once",
        story=machine.disk_full,
        seen="by limits: ",
        end="degraded (limit)",
        needs_small_disk=True,
    ),
    Row(
        name="disk full, reserve gone",
        story=machine.disk_full_for_good,
        seen="the disk is full, 0 MB free",
        end="abandoned, position carried",
        needs_small_disk=True,
    ),
    Row(
        name="wall clock set back 1 h",
        story=machine.clock_back,
        seen="heartbeats 1 h apart",
        end="completed (deadline)",
    ),
    Row(
        name="wall clock set 1 h ahead",
        story=machine.clock_ahead,
        seen="heartbeats 1 h apart",
        end="completed (deadline)",
    ),
    Row(
        name="machine asleep for 10 min",
        story=machine.asleep,
        seen="the machine slept for 600 s",
        end="resumed, ",
        needs_linux=True,
    ),
    Row(name="page torn at the end", story=stories.torn_page, seen="bytes torn", end="resumed, "),
    Row(
        name="byte flipped",
        story=stories.flipped_byte,
        seen="its content does not match its digest",
        end="refused until a person has looked",
    ),
    Row(
        name="started twice at once, two checkouts",
        story=stories.two_checkouts,
        seen="account 'lab' is held by session ONE",
        end="one traded",
    ),
)


def wrongs(row: Row, told: Told) -> list[str]:
    """Return what is wrong with what came of a story; nothing, where all is right."""
    found = [] if row.seen in told.seen else [f"expected {row.seen!r}, saw {told.seen!r}"]
    found += [] if told.end.startswith(row.end) else [f"expected {row.end!r}, was {told.end!r}"]
    return [*found, *told.lost]


def played(row: Row, folder: Path) -> Told:
    """Tell a row's story in a folder of its own, on a small disk where it needs one."""
    return _on_small_disk(row, folder) if row.needs_small_disk else asyncio.run(_in(row, folder))


async def _in(row: Row, folder: Path) -> Told:
    options = ExchangeOptions(speed=stories.SPEED, faults=row.market)
    async with exchange(folder / "exchange", options) as world:
        return await row.story(Lab(world, folder / "var"))


# --- a small disk -----------------------------------------------------------------------------


def why_not(row: Row) -> str:
    """Return why a row's fault cannot be made here; empty where it can."""
    if row.needs_linux and sys.platform != "linux":
        return "only Linux tells how long it has slept"
    return _why_no_small_disk() if row.needs_small_disk else ""


def _why_no_small_disk() -> str:
    if shutil.which("unshare") is None:
        return "a small disk needs a mount of its own (Linux, unshare)"
    tried = subprocess.run(
        [*OWN_MOUNTS, "mount -t tmpfs none /tmp"],
        capture_output=True,
        check=False,
    )
    return "" if tried.returncode == 0 else f"no mount of one's own: {tried.stderr.decode()[:80]}"


def _on_small_disk(row: Row, folder: Path) -> Told:
    """Tell the story in a process whose ``folder`` is a disk of ``DISK_MB``; gone with it."""
    folder.mkdir(parents=True, exist_ok=True)
    script = f'mount -t tmpfs -o size={DISK_MB}m none "$0" && exec "$@"'
    words = [sys.executable, "-m", MODULE, "--row", row.name, "--folder", str(folder)]
    found = subprocess.run(
        [*OWN_MOUNTS, script, str(folder), *words],
        cwd=stories.ROOT,
        capture_output=True,
        check=False,
        timeout=2 * WITHIN_S,
    )
    if found.returncode:
        raise AssertionError(f"{row.name}: {found.stderr.decode()}")
    return msgspec.json.decode(found.stdout, type=Told)


def main() -> int:
    """Tell one story, or all of them as a table; return 1 when anything was lost or unseen."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.process_faults")
    parser.add_argument("--row", choices=[row.name for row in ROWS], help="one story, as JSON")
    parser.add_argument("--folder", type=Path, help="where its files go")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paper-session-faults-") as spare:
        folder = chosen.folder or Path(spare)
        if chosen.row:
            (row,) = (row for row in ROWS if row.name == chosen.row)
            sys.stdout.write(msgspec.json.encode(asyncio.run(_in(row, folder))).decode())
            return 0
        return _table(folder)


def _table(folder: Path) -> int:
    is_wrong = False
    sys.stdout.write("| fault | what was seen | end | lost |\n|---|---|---|---|\n")
    for number, row in enumerate(ROWS):
        if why := why_not(row):
            sys.stderr.write(f"{row.name}: left out, {why}\n")
            continue
        told = played(row, folder / f"{number}")
        found = wrongs(row, told)
        is_wrong = is_wrong or bool(found)
        seen = re.sub(r"\S*/(?=stacks)", "", told.seen.partition("; it left no words")[0])
        lost = "; ".join(found) or "nothing"
        sys.stdout.write(f"| {row.name} | {seen} | {told.end} | {lost} |\n")
        sys.stdout.flush()
    return is_wrong


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
