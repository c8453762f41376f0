"""What a report computes, measured: ``make bench``. Nothing here fails for being slow; it prints.

The floor is one pass over the journal's records that does nothing with them. Rendering is another
matter, and not measured here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np
import pytest

from reports.band import repeat
from reports.baselines import TripPlan, random_entries
from reports.findings import find
from reports.fold import fold_session
from reports.history.store import remember
from reports.inference.bootstrap import mean_interval
from reports.session import assess
from reports.tape.path import PricePath
from reports.tape.read import read_tape
from trading.config import RiskConfig, SessionConfig
from trading.journal.store import JournalReader
from trading.replay.opening import Recorded, open_feed
from trading.replay.run import replay
from trading.session.paths import SessionPaths

T = TypeVar("T")


def timed(name: str, work: Callable[[], T]) -> T:
    """Print how long something took."""
    began = time.perf_counter()
    result = work()
    print(f"{name}: {(time.perf_counter() - began) * 1e3:,.0f} ms")
    return result


@pytest.mark.timeout(600)
def test_ten_minutes(tmp_path: Path) -> None:
    """A lively session of ten minutes on the synthetic market: fold, tape, findings, band."""
    config = SessionConfig(
        source="embedded",
        strategy="pulse",
        minutes=10.0,
        risk=RiskConfig(entry_interval_s=0.0, risk_pct=0.05, losses_in_a_row_max=0),
    )
    paths = SessionPaths(var_dir=tmp_path, account="bench", session_id="ten")
    replay(config, open_feed(config, Recorded(path="", funding="")), paths)
    with JournalReader(paths.journal) as reader:
        print(f"\n{reader.last().sequence:,} records")
        timed("floor: every record read", lambda: sum(1 for _ in reader.records()))
        story = timed("fold", lambda: fold_session(reader))
        tape = timed("tape", lambda: read_tape(reader))
    timed("findings", lambda: find(story, tape))
    band = timed("band, three replays", lambda: repeat(paths.journal, story))
    assessed = assess(paths.journal, "")
    timed("history", lambda: remember(tmp_path, assessed, paths.folder))

    assert len(story.trips) > 10
    assert band is not None


def test_a_hundred_thousand_round_trips() -> None:
    """Intervals and random entries of as many trips as a year of bars may give."""
    rng = Random(1)
    nets = np.array([rng.gauss(0.0, 1.0) for _ in range(100_000)])
    moves = np.cumsum([rng.gauss(0.0, 1e-4) for _ in range(50_000)])
    times = np.arange(50_000, dtype=np.int64) * 10**9
    path = PricePath.of_quotes(times, 1e4 * np.exp(moves))
    plans = [
        TripPlan(sign=1, quantity=1.0, stop=0.001, target=0.002, hold_ns=None, cost=0.0)
    ] * 100_000
    print()
    found = timed("interval", lambda: mean_interval(nets, Random(2)))
    drawn = timed("random entries", lambda: random_entries(path, plans, 0.0, Random(3)))

    assert found is not None
    assert drawn.draws == 100
