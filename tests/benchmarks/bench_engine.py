"""What has a budget, measured: ``make bench``. Nothing here fails for being slow; it prints.

Each measurement runs in a process of its own, beside its floor in the same run. The floor of a
replay is a bare loop that moves two averages and does nothing else; the floor of the live path is
plain JSON decoding of the same frames.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.streams import write_bars, write_ticks
from trading.session.recorder import SNAPSHOT_EVERY_RECORDS

RUNS = 3


def measured(module: str, *arguments: str) -> dict[str, float]:
    """Return the run with the median rate of ``RUNS``."""
    runs: list[dict[str, float]] = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append(json.loads(done.stdout))
    rate = "events_per_s" if "events_per_s" in runs[0] else "messages_per_s"
    return sorted(runs, key=lambda run: run[rate])[RUNS // 2]


@pytest.mark.timeout(600)
def test_replay_of_bars(tmp_path: Path) -> None:
    """1M bars through the whole engine: budget 0.4M bars/s, 300 MiB."""
    write_bars(tmp_path / "bars.bin", 1_000_000)
    run = measured("replay", "bars", str(tmp_path / "bars.bin"))
    print(f"\nbars: {run}, {run['floor_per_s'] / run['events_per_s']:.1f} x the floor's time")
    assert run["round_trips"] > 1_000


@pytest.mark.timeout(600)
def test_replay_of_ticks(tmp_path: Path) -> None:
    """2M ticks through the whole engine: budget 0.6M ticks/s, 300 MiB."""
    write_ticks(tmp_path / "ticks.bin", 2_000_000)
    run = measured("replay", "ticks", str(tmp_path / "ticks.bin"))
    print(f"\nticks: {run}, {run['floor_per_s'] / run['events_per_s']:.1f} x the floor's time")
    assert run["round_trips"] > 5


@pytest.mark.timeout(600)
def test_live_path() -> None:
    """Frame to journal: budget 50k messages/s in a burst, p50 under 120 us at 2,000 a second."""
    burst = measured("live_path", "burst", "3000")
    paced = measured("live_path", "paced", "900")
    print(f"\nburst: {burst}, {burst['floor_per_s'] / burst['messages_per_s']:.1f} x the floor")
    print(f"paced: {paced}")
    assert burst["messages"] > 10_000


@pytest.mark.timeout(600)
def test_resume() -> None:
    """From kill to where the journal ends: budget 250 ms, the same for an hour as for minutes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.resume", "--minutes", "5", "60"],
        capture_output=True,
        text=True,
        check=False,
    )
    short, long = (json.loads(line) for line in done.stdout.splitlines())
    print(f"\nresume: {short}\n        {long}")
    assert long["records"] > 5 * short["records"]
    assert max(short["run_again"], long["run_again"]) <= SNAPSHOT_EVERY_RECORDS
    assert long["cpu_ms"] < 2 * short["cpu_ms"]
