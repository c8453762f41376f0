"""What befalls a session's process and its files, told by real ones: one function a fault."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

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
from tests.support.live import Lab, outputs
from tests.support.waiting import until
from trading.config import FeedConfig
from trading.errors import JournalCorrupt
from trading.io.clock import monotonic_ns
from trading.model.events import ControlApplied, Outcome, PositionChanged, SessionEnded
from trading.model.numbers import NS_PER_S
from trading.session.heartbeat import Progress, read_progress
from trading.session.kill_switch import set_switch
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import kill_file, latest_session
from trading.session.plan import SessionPlan
from trading.session.settle import settle_account
from trading.session.supervise import recorded_result

SPEED: Final = 20.0
ROOT: Final = Path(__file__).parents[2]
SUPERVISOR: Final = """
import asyncio, sys
from pathlib import Path
from tests.support.live import run
from trading.session.plan import read_plan
asyncio.run(run(read_plan(Path(sys.argv[1]))))
"""
ORPHAN_S: Final = 2.0
"""How long a session may outlive its supervisor."""
DEAF_MS: Final = 4_000
"""Session milliseconds without a word after which a market is deaf."""
KILL_S: Final = 1.0
"""How long the kill switch may take to be heard, or the process to be gone."""
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
    async with _started(*command, env=os.environ | home, stdout=quiet, stderr=quiet) as flow:
        async with asyncio.timeout(WITHIN_S):
            beat = await _shown(lab.var_dir, holding)
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


async def left(lab: Lab) -> Told:
    """Kill the supervisor of a session that somebody will rescue: left flat, its books open."""
    plan = await lab.plan(calm(), is_rescuable=True)
    took_s = await _bereft(plan, holding)
    found = outputs(plan.paths)
    (word,) = (output for output in found if isinstance(output, ControlApplied))
    lost = [] if _held_at_last(plan) == 0 else ["a position was left open"]
    lost += [f"the child lived for {took_s:.1f} s"] if took_s > ORPHAN_S else []
    told = await gone_on(plan, f"{word.word} by {word.who}: {word.why}")
    return replace(told, lost=(*lost, *told.lost))


async def left_holding(lab: Lab) -> Told:
    """Kill it where nothing can be closed, for nothing is heard: the rescue has the position."""
    config = calm(
        8.0,
        strategy="tests.support.strategies_live:HoldOver",
        strategy_parameters={},
        feed=FeedConfig(stop_s=1_200.0),
    )
    plan = await lab.plan(config, is_rescuable=True)
    await _bereft(plan, lambda beat: holding(beat) and (beat.feed_age_ms or 0) > DEAF_MS)
    said = plan.paths.log.read_text(encoding="utf-8").strip().rpartition("\n")[2]
    lost = [] if _held_at_last(plan) else ["there was no position to leave"]
    told = await gone_on(plan, said)
    return replace(told, lost=(*lost, *told.lost))


async def _bereft(plan: SessionPlan, at: Callable[[Progress], bool]) -> float:
    """Run a session until a beat shows what is awaited, kill its supervisor alone, and see it go.

    Returns how many real seconds the session's process outlived it.
    """
    async with _started(sys.executable, "-c", SUPERVISOR, str(plan.paths.plan)) as supervisor:
        async with asyncio.timeout(WITHIN_S):
            beat = await _shown(plan.paths.var_dir, at)
        supervisor.kill()
        since_ns = monotonic_ns()
        await asyncio.to_thread(until, lambda: is_gone(beat.pid), WITHIN_S, "the child's end")
        took_s = seconds_since(since_ns)
    assert recorded_result(plan.paths, 1) is None, "its books were closed"
    return took_s


@asynccontextmanager
async def _started(*words: str, **named: Any) -> AsyncIterator[asyncio.subprocess.Process]:  # noqa: ANN401
    """Run a process from the project's folder; a story that fails leaves none behind."""
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, **named)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _held_at_last(plan: SessionPlan) -> Decimal:
    """Return the position that the newest change of it has left."""
    changes = (each for each in outputs(plan.paths) if isinstance(each, PositionChanged))
    *_, position = changes
    return position.quantity


async def _shown(var_dir: Path, what: Callable[[Progress], bool]) -> Progress:
    """Return the first beat of an account's newest session that shows what is awaited."""
    while (beat := _beat(var_dir)) is None or not what(beat):  # noqa: ASYNC110 - a file
        await asyncio.sleep(0.05)
    return beat


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
    plans = [await lab.plan(calm(), suffix) for suffix in ("one", "two")]
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
        is_named = any(plan.paths.session_id in text for text in refused)
        lost += [] if is_named else ["the holder is not named"]
    seen = refused[0].partition(" (process")[0] if refused else "nothing"
    for plan in traded:
        seen = seen.replace(plan.paths.session_id, "ONE")
    return Told(seen=seen, end="one traded", lost=tuple(lost))


async def _left(child: asyncio.subprocess.Process) -> tuple[int, str]:
    """Wait for a child whose life line stays whole; return exit code and last words."""
    assert child.stderr is not None
    said = await child.stderr.read()
    return await child.wait(), said.decode().strip()
