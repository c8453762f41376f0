"""What befalls a session's process, told by real ones: one function a fault.

The stories of a full disk need one, a small one: ``process_faults`` sees to that.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import psutil

from tests.simulation.befallen import (
    WITHIN_S,
    Told,
    at_stake,
    calm,
    crashed,
    ended,
    gone_on,
    holding,
    is_gone,
    over,
    seconds_since,
    settled,
    struck,
)
from tests.simulation.judge import complaints
from tests.support.live import BRISK, Lab, outputs
from tests.support.waiting import until
from trading.config import LimitsConfig
from trading.errors import JournalCorrupt
from trading.io.clock import monotonic_ns
from trading.model.events import ControlApplied, Outcome, SessionEnded
from trading.model.numbers import NS_PER_S
from trading.session.heartbeat import Progress, read_progress
from trading.session.kill_switch import set_switch
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import kill_file, latest_session
from trading.session.settle import settle_account
from trading.session.supervise import supervise

SPEED: Final = 20.0
ROOT: Final = Path(__file__).parents[2]
ORPHAN_S: Final = 2.0
"""How long a session may outlive its supervisor."""
KILL_S: Final = 1.0
"""How long the kill switch may take to be heard, or the process to be gone."""
SMALL_DISK_MB: Final = 500
"""A larger disk is not filled: others need it."""
_COMPILED: Final = shutil.ignore_patterns("__pycache__")


async def killed(lab: Lab) -> Told:
    """End the process at once."""
    plan = await lab.plan(calm())
    crash = crashed(await struck(plan, lambda beat: os.kill(beat.pid, signal.SIGKILL)))
    assert crash.is_retryable
    return await gone_on(plan, crash.reason)


async def stopped(lab: Lab) -> Told:
    """Freeze the process from outside: it cannot even say where it stands."""
    plan = await lab.plan(calm())
    crash = crashed(await struck(plan, lambda beat: os.kill(beat.pid, signal.SIGSTOP)))
    assert crash.is_retryable
    return await gone_on(plan, crash.reason)


async def stuck(lab: Lab) -> Told:
    """Freeze it from inside, in C code: its stacks name the place."""
    plan = await lab.plan(at_stake("Stuck"))
    crash = crashed(await struck(plan))
    assert "strategies_stuck.py" in plan.paths.stacks.read_text(encoding="utf-8")
    return settled(lab, plan, crash.reason)


async def asked_to_end(lab: Lab) -> Told:
    """Ask it to end, as an operating system does that shuts down."""
    plan = await lab.plan(calm())
    result = ended(await struck(plan, lambda beat: os.kill(beat.pid, signal.SIGTERM)))
    return over(plan, result.detail, result)


async def orphaned(lab: Lab) -> Told:
    """Kill the whole flow, supervisor and owner of the exchange, at once."""
    command = [
        *(sys.executable, "-m", "flows.paper_session", "--source=embedded", "--account=lab"),
        *("--strategy=pulse", "--minutes=60", f"--speed={SPEED:g}", f"--var-dir={lab.var_dir}"),
        *("--set=strategy_parameters.period_s=9", "--set=strategy_parameters.hold_s=40"),
        "--set=risk.entry_interval_s=0",
    ]
    home = {"PREFECT_HOME": str(lab.var_dir.parent / "home")}
    quiet = subprocess.DEVNULL
    flow = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ | home, stdout=quiet, stderr=quiet
    )
    async with asyncio.timeout(WITHIN_S):
        while (beat := _beat(lab.var_dir)) is None or not holding(beat):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.05)
    paths = latest_session(lab.var_dir, "lab")
    assert paths is not None
    family = [each.pid for each in psutil.Process(flow.pid).children()]
    flow.kill()
    since_ns = monotonic_ns()
    await asyncio.to_thread(until, lambda: is_gone(beat.pid), WITHIN_S, "the child's end")
    took_s = seconds_since(since_ns)
    await asyncio.to_thread(until, lambda: all(map(is_gone, family)), WITHIN_S, "the others' end")
    (end,) = (output for output in outputs(paths) if isinstance(output, SessionEnded))
    lost = complaints(paths.journal)
    lost += [f"the child lived for {took_s:.1f} s"] if took_s > ORPHAN_S else []
    lost += ["a position was left open"] if "carried" in end.detail else []
    return Told(seen=end.detail, end=f"{end.outcome} ({end.reason})", lost=tuple(lost))


def _beat(var_dir: Path) -> Progress | None:
    paths = latest_session(var_dir, "lab")
    return None if paths is None else read_progress(paths.heartbeat)


async def kill_switch(lab: Lab) -> Told:
    """Set the kill switch."""
    plan = await lab.plan(calm())
    set_ns: list[int] = []

    def strike(_beat: Progress) -> None:
        set_ns.append(lab.world.clock().now_ns())
        set_switch(kill_file(lab.var_dir), who="a test", why="enough")

    result = ended(await struck(plan, strike))
    (heard,) = (each for each in outputs(plan.paths) if isinstance(each, ControlApplied))
    late_s = (heard.at_ns - set_ns[0]) / NS_PER_S / SPEED
    told = over(plan, result.detail, result)
    late = (f"heard after {late_s:.2f} s",) if late_s > KILL_S else ()
    return replace(told, lost=told.lost + late)


async def kill_switch_unheard(lab: Lab) -> Told:
    """Set the kill switch while the process is stuck in C code: it is ended from outside."""
    plan = await lab.plan(at_stake("Stuck"))
    took_s: list[float] = []

    def strike(beat: Progress) -> None:
        until(lambda: "stuck" in plan.paths.log.read_text(encoding="utf-8"), WITHIN_S, "its words")
        since_ns = monotonic_ns()
        set_switch(kill_file(lab.var_dir), who="a test", why="enough")
        until(lambda: is_gone(beat.pid), WITHIN_S, "its end")
        took_s.append(seconds_since(since_ns))

    crash = crashed(await struck(plan, strike, at=lambda _: True))
    assert not crash.is_retryable
    told = settled(lab, plan, crash.reason)
    late = (f"gone after {took_s[0]:.2f} s",) if took_s[0] > KILL_S else ()
    return replace(told, lost=told.lost + late)


async def memory(lab: Lab) -> Told:
    """Let it take more memory than it may."""
    plan = await lab.plan(at_stake("Greedy", 6.0, limits=LimitsConfig(memory_mb_max=150.0)))
    result = ended(await struck(plan))
    return over(plan, result.detail, result)


async def memory_stuck(lab: Lab) -> Told:
    """Let it take far more, at once, and then not listen."""
    config = at_stake(
        "Stuck",
        strategy_parameters={"ballast_mb": 400},
        limits=LimitsConfig(memory_mb_max=250.0),
    )
    plan = await lab.plan(config)
    return settled(lab, plan, crashed(await struck(plan)).reason)


async def disk_filling(lab: Lab) -> Told:
    """Let something else fill the disk, down to less than must be free."""
    plan = await lab.plan(calm())
    result = ended(await struck(plan, lambda _: _fill(lab.var_dir, leave_mb=30)))
    return over(plan, result.detail, result)


async def disk_full(lab: Lab) -> Told:
    """Let something else take every byte, between two looks at the disk."""
    plan = await lab.plan(calm(limits=LimitsConfig(disk_free_mb_least=0)))
    result = ended(await struck(plan, lambda _: _fill(lab.var_dir, leave_mb=0)))
    return over(plan, result.detail, result)


async def disk_full_for_good(lab: Lab) -> Told:
    """Take every byte, and the reserve as well: nothing can be written any more."""
    plan = await lab.plan(calm())

    def strike(_beat: Progress) -> None:
        plan.paths.reserve.unlink()
        _fill(lab.var_dir, leave_mb=0)

    crash = crashed(await struck(plan, strike))
    assert not crash.is_retryable
    (lab.var_dir / "filler").unlink()
    return settled(lab, plan, crash.reason)


def _fill(folder: Path, leave_mb: int) -> None:
    """Fill the disk but for so much."""
    if shutil.disk_usage(folder).total > SMALL_DISK_MB * 1_000_000:
        raise AssertionError(f"{folder} is on a disk that others need")
    with (folder / "filler").open("wb", buffering=0) as filler:
        while shutil.disk_usage(folder).free > leave_mb * 1_000_000:
            try:
                filler.write(b"\xff" * 65_536)
            except OSError:
                return


async def clock_back(lab: Lab) -> Told:
    """Set the wall clock back by an hour."""
    return await _stepped(lab, -3_600.0)


async def clock_ahead(lab: Lab) -> Told:
    """Set the wall clock an hour ahead."""
    return await _stepped(lab, 3_600.0)


async def _stepped(lab: Lab, step_s: float) -> Told:
    plan = await lab.plan(at_stake("Stepped", 1.0, strategy_parameters={"step_s": step_s}))
    seen: list[float] = []
    async with asyncio.timeout(WITHIN_S):
        result = await supervise(
            plan.paths,
            attempt=1,
            on_progress=lambda beat: seen.append(beat.unix_ts),
            patience=BRISK,
        )
    jump_s = max(abs(b - a) for a, b in pairwise(seen))
    assert jump_s > 3_000, "the clock was not set"
    told = over(plan, f"heartbeats {jump_s / 3_600:.0f} h apart by the wall clock", result)
    (end,) = (output for output in outputs(plan.paths) if isinstance(output, SessionEnded))
    is_late = not 0 <= end.at_ns - plan.deadline_ns < 21 * NS_PER_S
    return replace(told, lost=told.lost + (("the deadline was missed",) if is_late else ()))


async def asleep(lab: Lab) -> Told:
    """Let the machine sleep for ten minutes."""
    plan = await lab.plan(at_stake("Asleep"))
    crash = crashed(await struck(plan))
    assert crash.is_retryable
    return await gone_on(plan, crash.reason)


async def torn_page(lab: Lab) -> Told:
    """Die while a page is being written: half a frame at the end of the log."""
    plan = await lab.plan(calm())
    half = (32 + 24 + 4_096) // 2

    def strike(beat: Progress) -> None:
        os.kill(beat.pid, signal.SIGSTOP)
        with plan.paths.journal.with_name("journal.db-wal").open("rb+") as log:
            frame = log.read(half)
            log.seek(0, os.SEEK_END)
            log.write(frame)
        os.kill(beat.pid, signal.SIGKILL)

    crash = crashed(await struck(plan, strike))
    return await gone_on(plan, f"{crash.reason.partition(';')[0]}, {half} bytes torn")


async def flipped_byte(lab: Lab) -> Told:
    """Change one byte of the newest record of a session that died."""
    plan = await lab.plan(calm())
    crashed(await struck(plan, lambda beat: os.kill(beat.pid, signal.SIGKILL)))
    with sqlite3.connect(plan.paths.journal) as database:
        sequence, data = database.execute(
            "SELECT sequence, input FROM record ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        changed = bytes([data[0] ^ 1]) + data[1:]
        database.execute("UPDATE record SET input = ? WHERE sequence = ?", (changed, sequence))
    database.close()
    crash = crashed(await struck(plan))
    assert not crash.is_retryable
    lost = [] if f"record {sequence}:" in crash.reason else [f"record {sequence} is not named"]
    try:
        settle_account(lab.var_dir, "lab")
        lost += ["its books were closed"]
    except JournalCorrupt as error:
        seen = str(error)[str(error).index("record ") :].replace(f"{sequence}", "N")
        return Told(seen=seen, end="refused until a person has looked", lost=tuple(lost))
    return Told(seen=crash.reason, end="closed", lost=tuple(lost))


async def two_checkouts(lab: Lab) -> Told:
    """Start two sessions at once, from two checkouts that share one var folder."""
    other = lab.var_dir.parent / "checkout"
    await asyncio.to_thread(shutil.copytree, ROOT / "trading", other / "trading", ignore=_COMPILED)
    plans = [await lab.plan(calm(0.5), suffix) for suffix in ("one", "two")]
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "trading.session", str(plan.paths.plan)),
            cwd=checkout,
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for plan, checkout in zip(plans, (ROOT, other), strict=True)
    ]
    async with asyncio.timeout(WITHIN_S):
        codes = await asyncio.gather(*(_left(child) for child in children))
    refused = [text for code, text in codes if code == EXIT_CODES[Outcome.REFUSED]]
    traded = [
        plan
        for plan, (code, _) in zip(plans, codes, strict=True)
        if code != EXIT_CODES[Outcome.REFUSED]
    ]
    lost = [] if (1, 1) == (len(refused), len(traded)) else [f"exit codes and words: {codes}"]
    for plan in traded:
        lost += complaints(plan.paths.journal)
        lost += [] if plan.paths.session_id in refused[0] else ["the holder is not named"]
    seen = refused[0].partition(" (process")[0] if refused else "nothing"
    for plan in traded:
        seen = seen.replace(plan.paths.session_id, "ONE")
    return Told(seen=seen, end="one traded", lost=tuple(lost))


async def _left(child: asyncio.subprocess.Process) -> tuple[int, str]:
    """Wait for a child whose life line stays whole; return exit code and last words."""
    assert child.stderr is not None
    said = await child.stderr.read()
    return await child.wait(), said.decode().strip()
