"""``python -m tests.simulation.soak --sessions 100``: one account, session after session, at speed.

Each session is a process of its own under a real supervisor; exchange and supervisor live through
all of them. What must not grow is measured: memory, open files and threads of both, memory and loop
lag of every child. A table of outcomes, and the account carried from the first to the last.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Final

import psutil

from tasks.exchange import embedded_world
from tests.simulation.judge import complaints
from tests.support.live import BRISK, Lab, busy
from tests.support.unwinding import unwind_on_sigterm
from trading.config import FeedConfig
from trading.errors import PaperSessionError
from trading.exchange.launch import start_exchange, stop_exchange
from trading.exchange.options import ExchangeOptions
from trading.journal.store import JournalReader
from trading.model.events import Outcome
from trading.session.heartbeat import Progress
from trading.session.paths import SessionPaths
from trading.session.supervise import supervise

SPEED: Final = 25.0
MINUTES: Final = 1.0
MB: Final = 1e6
GROWTH_MOST: Final = 0.10
"""Share by which a mean of the last sessions may lie above one of the first."""
GROWTH_MB_LEAST: Final = 8.0
"""Growth below this is noise: an allocator's, not a leak's."""
PATIENT: Final = FeedConfig(stop_s=600.0)
"""24 real seconds: a machine with other work may let nothing happen for two."""
LAG_GROWTH_MS_LEAST: Final = 100.0
WELL: Final = (Outcome.COMPLETED, Outcome.NO_TRADES, Outcome.DEGRADED)
"""How a session may end that nothing befell but a slow machine."""
LAG_MS_MOST: Final = 250.0
"""Loop lag in the mean; the machine has other work, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One session, and the processes around it when it was over."""

    outcome: str
    fills: int
    wallet: Decimal
    child_mb: float
    lag_ms: float
    supervisor_mb: float
    supervisor_files: int
    supervisor_threads: int
    exchange_mb: float
    exchange_files: int
    exchange_threads: int


MEASURES: Final[tuple[tuple[str, Callable[[Sample], float], float], ...]] = (
    ("memory of a session, MB", lambda s: s.child_mb, GROWTH_MB_LEAST),
    ("loop lag of a session, ms", lambda s: s.lag_ms, LAG_GROWTH_MS_LEAST),
    ("memory of the supervisor, MB", lambda s: s.supervisor_mb, GROWTH_MB_LEAST),
    ("open files of the supervisor", lambda s: s.supervisor_files, 0.5),
    ("threads of the supervisor", lambda s: s.supervisor_threads, 1.0),
    ("memory of the exchange, MB", lambda s: s.exchange_mb, GROWTH_MB_LEAST),
    ("open files of the exchange", lambda s: s.exchange_files, 0.5),
    ("threads of the exchange", lambda s: s.exchange_threads, 1.0),
)
"""What must not grow: its name, where it is found, and what growth is noise."""


@dataclass
class Soak:
    """All sessions so far."""

    samples: list[Sample] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _before: tuple[str, str, Decimal] | None = None

    def judge(self, number: int, paths: SessionPaths) -> None:
        """Hold a closed session against the rules, and against the one before it."""
        with JournalReader(paths.journal) as reader:
            opening, last, closing = reader.opening, reader.last(), reader.closing()
        found = judged_apart(paths.journal)
        if not self.samples[-1].outcome.startswith(WELL):
            found.append(f"ended {self.samples[-1].outcome}")
        chain = opening.predecessor
        known = None if chain is None else (chain.session_id, chain.digest)
        if known != (None if self._before is None else self._before[:2]):
            found.append(f"expected predecessor {self._before}, was {known}")
        if self._before is not None and opening.setup.head.wallet != self._before[2]:
            found.append(f"expected wallet {self._before[2]}, was {opening.setup.head.wallet}")
        if closing is not None:
            self._before = (paths.session_id, last.digest.hex(), closing.head.wallet)
        self.complaints += [f"session {number} ({paths.session_id}): {text}" for text in found]

    @property
    def failures(self) -> list[str]:
        """Return everything that is wrong, growth included."""
        found = list(self.complaints)
        for name, value, noise in MEASURES:
            first, last = ends([value(sample) for sample in self.samples])
            if last - first > max(noise, first * GROWTH_MOST):
                found.append(f"{name} grew from {first:.1f} to {last:.1f}")
        lag_ms = fmean(sample.lag_ms for sample in self.samples) if self.samples else 0.0
        if self.samples and not lag_ms:
            found.append("no loop lag was ever measured: the sessions are too short for a beat")
        if lag_ms > LAG_MS_MOST:
            found.append(f"loop lag of {lag_ms:.0f} ms in the mean")
        return found

    def __str__(self) -> str:
        """Return the tables."""
        outcomes = Counter(sample.outcome for sample in self.samples)
        rows = [f"{len(self.samples)} sessions on one account", "", "outcome"]
        rows += [f"  {name:<40}{count:>8}" for name, count in outcomes.most_common()]
        rows += ["", f"{'':<42}{'first':>9}{'last':>9}{'most':>9}"]
        for name, value, _ in MEASURES:
            values = [value(sample) for sample in self.samples]
            first, last = ends(values)
            rows.append(f"  {name:<40}{first:>9.1f}{last:>9.1f}{max(values, default=0):>9.1f}")
        fills = sum(sample.fills for sample in self.samples)
        wallets = [sample.wallet for sample in self.samples] or [Decimal(0)]
        rows += ["", f"{fills} fills, wallet {wallets[0]} -> {wallets[-1]}"]
        rows += [f"{len(self.failures)} failures", *(f"  {text}" for text in self.failures)]
        return "\n".join(rows)


def judged_apart(journal: Path) -> list[str]:
    """Return what is wrong with a journal, judged in a process of its own.

    A replay is no part of what a supervisor does, and its memory none of what is measured.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as judge:
        return judge.submit(complaints, journal).result()


def ends(values: Sequence[float]) -> tuple[float, float]:
    """Return the means of the first and of the last quarter of a series.

    >>> ends([1.0, 3.0, 9.0, 9.0, 9.0, 9.0, 5.0, 7.0])
    (2.0, 6.0)
    """
    if not values:
        return 0.0, 0.0
    count = max(1, len(values) // 4)
    return fmean(values[:count]), fmean(values[-count:])


async def run_soak(sessions: int, folder: Path, say: Callable[[str], object]) -> Soak:
    """Run sessions one after another."""
    soak = Soak()
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    running = await start_exchange(
        ExchangeOptions(speed=SPEED), stderr_path=folder / "exchange.log"
    )
    own, other = psutil.Process(os.getpid()), psutil.Process(running.endpoint.pid)
    try:
        lab = Lab(embedded_world(running.endpoint), folder / "var")
        for number in range(1, sessions + 1):
            try:
                sample, paths = await _session(lab, number, own, other)
            except PaperSessionError as error:
                soak.complaints.append(f"session {number}: {type(error).__name__}: {error}")
                break
            soak.samples.append(sample)
            soak.judge(number, paths)
            say(f"session {number}: {sample.outcome}, {sample.fills} fills, {sample.wallet}\n")
    finally:
        await stop_exchange(running)
    return soak


async def _session(
    lab: Lab, number: int, own: psutil.Process, other: psutil.Process
) -> tuple[Sample, SessionPaths]:
    plan = await lab.plan(busy(MINUTES, seed=number, feed=PATIENT), f"n{number}")
    beats: list[Progress] = []
    result = await supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
    sample = Sample(
        outcome=f"{result.outcome} ({result.reason})",
        fills=result.fills,
        wallet=Decimal(result.wallet),
        child_mb=max((beat.ram_mb for beat in beats), default=0.0),
        lag_ms=max((beat.loop_lag_ms for beat in beats), default=0.0),
        supervisor_mb=own.memory_info().rss / MB,
        supervisor_files=own.num_fds(),
        supervisor_threads=own.num_threads(),
        exchange_mb=other.memory_info().rss / MB,
        exchange_files=other.num_fds(),
        exchange_threads=other.num_threads(),
    )
    return sample, plan.paths


def main() -> int:
    """Run a soak and print what came of it; return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.soak", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paper-session-soak-") as folder:
        soak = asyncio.run(run_soak(chosen.sessions, Path(folder), sys.stderr.write))
    sys.stdout.write(f"{soak}\n")
    return 1 if soak.failures else 0


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
