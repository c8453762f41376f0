"""From kill to trading again, by the length of the session: ``python -m tests.benchmarks.resume``.

Journals of synthetic frames, 25 records a second, as a kill leaves them: with a tail behind the
newest snapshot. What is measured is a whole process, from its start until it stands where the
journal ends and would connect. Beside it, in the same run, the floor: a Python that does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tests.support.recorded_session import begin, feed, frames, opening

BUDGET_MS: Final = 250.0
RUNS: Final = 7
TAIL_S: Final = 29.0
"""Just before the next snapshot is due: the longest tail there is."""
CHILD: Final = """
import sys
from pathlib import Path
from trading.session.__main__ import loaded_child
loaded_child()
from trading.journal.store import JournalReader
from trading.session.resume import resume
with JournalReader(Path(sys.argv[1])) as reader:
    resumed = resume(reader)
print(resumed.snapshot, resumed.replayed)
"""


def recorded(path: Path, seconds: float) -> int:
    """Record so much of a session as a live one does; return the number of its records."""
    recorder = begin(path, opening(minutes=seconds / 60 + 5, strategy="sma_cross"))
    journal = recorder.journal
    whole_s = seconds // 60 * 60
    for number, item in enumerate(frames(whole_s + TAIL_S), 1):
        feed(recorder, [item])
        if number % 20 == 0:
            if recorder.is_snapshot_due:
                recorder.snapshot()
            if number % 2_000 == 0:
                journal.commit(is_durable=False)
    journal.commit(is_durable=True)
    return journal.sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What a process took over all runs, in milliseconds, and what it printed.

    Where the machine has other work, the processor's and the least are what can be compared.
    """

    median_ms: float
    least_ms: float
    cpu_ms: float
    said: str


def timed(*words: str) -> Timed:
    """Run a Python process several times."""
    # A session's machine keeps compiled modules, whatever this one was told.
    cached = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    took_ms, cpu_ms = [], []
    said = ""
    for _ in range(RUNS):
        begun, used = time.perf_counter(), _children_s()
        said = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, check=True, env=cached
        ).stdout
        took_ms.append((time.perf_counter() - begun) * 1e3)
        cpu_ms.append((_children_s() - used) * 1e3)
    return Timed(median_ms=median(took_ms), least_ms=min(took_ms), cpu_ms=median(cpu_ms), said=said)


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> int:
    """Print one line of JSON a length; return 1 when one is over the budget."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.resume", description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 60, 1_440])
    chosen = parser.parse_args()
    floor = timed("-c", "pass")
    is_over = False
    for minutes in chosen.minutes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "journal.db"
            records = recorded(path, minutes * 60)
            took = timed("-c", CHILD, str(path))
            snapshot, replayed = map(int, took.said.split())
            size_mb = sum(each.stat().st_size for each in Path(folder).iterdir()) / 1e6
        is_over = is_over or took.median_ms > BUDGET_MS
        found = {
            "minutes": minutes,
            "records": records,
            "journal_mb": round(size_mb, 1),
            "from_snapshot": snapshot,
            "run_again": replayed,
            "resume_ms": round(took.median_ms),
            "least_ms": round(took.least_ms),
            "cpu_ms": round(took.cpu_ms),
            "floor_cpu_ms": round(floor.cpu_ms),
            "budget_ms": BUDGET_MS,
        }
        sys.stdout.write(f"{json.dumps(found)}\n")
        sys.stdout.flush()
    return 1 if is_over else 0


if __name__ == "__main__":
    sys.exit(main())
