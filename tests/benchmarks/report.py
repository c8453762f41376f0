"""The report's page: time and size beside its peers' (``python -m tests.benchmarks.report``).

Two sessions: ten minutes that the engine lived on the embedded market, and one of 100,000 round
trips, tiled from an hour of ninety. Measured are the rendering of a story already folded and
weighed, the page's size, and, in a browser where there is one, the time from opening it until its
tables answer.

``--peers PYTHON`` names an interpreter that has plotly and backtesting.py; they then draw as much
of the same (bars, equity, entries and exits; no tables) in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from msgspec import structs

from reports.entries import entries
from reports.excursions import Excursions
from reports.findings import Findings, find
from reports.fold import fold_session
from reports.page import render_session
from reports.story import EquityStory, SessionStory
from reports.tape.read import read_tape
from reports.verdict import Judgement, judge
from tests.support.browser import running_browser
from tests.support.busy_session import busy_session
from tests.support.lived_sessions import good
from trading.journal.store import JournalReader
from trading.model.events import RoundTripClosed

TRIPS: Final = 100_000
BUDGETS: Final = {"ten minutes": (0.050, 250_000), "100,000 trips": (0.5, 10_000_000)}
INTERACTIVE_S: Final = 1.0
RUNS: Final = 5
TABLE: Final = "document.querySelector('#trips-table')"
PEERS: Final = """
import json, sys, tempfile, time, warnings
from pathlib import Path
import numpy as np, pandas as pd
import plotly.graph_objects as go
from backtesting import Backtest, Strategy
from plotly.subplots import make_subplots

warnings.simplefilter("ignore")
trips = int(sys.argv[1])
bars = max(600, 4 * trips)
close = 86_480 + np.cumsum(np.random.default_rng(7).normal(0, 5, bars))
opened = np.concatenate(([close[0]], close[:-1]))
data = pd.DataFrame(
    {"Open": opened, "High": np.maximum(opened, close) + 1,
     "Low": np.minimum(opened, close) - 1, "Close": close, "Volume": 1.0},
    index=pd.date_range("2026-11-21T04:00", periods=bars, freq="1s"),
)

def plotly():
    met = data.iloc[np.linspace(0, bars - 2, trips).astype(int)]
    begun = time.perf_counter()
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True)
    bar = go.Candlestick(x=data.index, open=data.Open, high=data.High, low=data.Low,
                         close=data.Close)
    figure.add_trace(bar, row=1, col=1)
    for symbol in ("triangle-up", "x"):
        marks = go.Scatter(x=met.index, y=met.Close, mode="markers", marker={"symbol": symbol})
        figure.add_trace(marks, row=1, col=1)
    figure.add_trace(go.Scatter(x=data.index, y=data.Close), row=2, col=1)
    page = figure.to_html(include_plotlyjs=True)
    return time.perf_counter() - begun, len(page)

class Pulse(Strategy):
    def init(self):
        self.count = 0
    def next(self):
        self.count += 1
        if self.count % 4 == 0:
            self.buy(size=1)
        elif self.count % 4 == 2:
            self.position.close()

def backtesting():
    test = Backtest(data, Pulse, cash=10_000_000, finalize_trades=True)
    test.run()
    path = Path(tempfile.mkdtemp()) / "report.html"
    begun = time.perf_counter()
    test.plot(filename=str(path), open_browser=False)
    return time.perf_counter() - begun, path.stat().st_size

for name, draw in (("plotly", plotly), ("backtesting.py", backtesting)):
    took_s, size = draw()
    told = {"page": name, "render_ms": round(took_s * 1e3), "kb": round(size / 1e3)}
    print(json.dumps(told), flush=True)
"""


def told(write: Callable[[Path], Path]) -> tuple[SessionStory, Findings]:
    """Return a session's story, and what it came to."""
    with tempfile.TemporaryDirectory() as folder:
        journal = write(Path(folder) / "journal.db")
        with JournalReader(journal) as reader:
            story = fold_session(reader)
            return story, find(story, read_tape(reader))


def tiled(story: SessionStory, trips: int) -> SessionStory:
    """Return a story that repeats another, an hour later each time, for so many round trips."""
    turns = range(-(-trips // len(story.trips)))
    length = story.span.length_ns
    fills, orders, lines = len(story.fills), len(story.orders), len(story.ledger)
    return replace(
        story,
        trips=tuple(_later(trip, t, story) for t in turns for trip in story.trips)[:trips],
        fills=tuple(
            structs.replace(
                fill,
                fill_id=fill.fill_id + t * fills,
                order_id=fill.order_id + t * orders,
                at_ns=fill.at_ns + t * length,
                exchange_ns=fill.exchange_ns + t * length,
            )
            for t in turns
            for fill in story.fills
        ),
        orders=tuple(
            replace(
                order,
                order_id=order.order_id + t * orders,
                submitted_ns=order.submitted_ns + t * length,
                arrival_ns=order.arrival_ns + t * length,
                ended_ns=None if order.ended_ns is None else order.ended_ns + t * length,
            )
            for t in turns
            for order in story.orders
        ),
        ledger=tuple(
            structs.replace(line, line=line.line + t * lines, at_ns=line.at_ns + t * length)
            for t in turns
            for line in story.ledger
        ),
        positions=tuple(
            structs.replace(p, at_ns=p.at_ns + t * length) for t in turns for p in story.positions
        ),
        bars=tuple(
            structs.replace(bar, open_ns=bar.open_ns + t * length)
            for t in turns
            for bar in story.bars
        ),
        equity=_worth(story, turns, length),
        ending=replace(story.ending, at_ns=story.ending.at_ns + turns[-1] * length),
    )


def _later(trip: RoundTripClosed, turn: int, story: SessionStory) -> RoundTripClosed:
    length = story.span.length_ns
    return structs.replace(
        trip,
        trip_id=trip.trip_id + turn * len(story.trips),
        at_ns=trip.at_ns + turn * length,
        opened_ns=trip.opened_ns + turn * length,
        closed_ns=trip.closed_ns + turn * length,
    )


def _worth(story: SessionStory, turns: range, length: int) -> EquityStory:
    equity = story.equity
    return replace(
        equity,
        times=array("q", (at_ns + turn * length for turn in turns for at_ns in equity.times)),
        values=array("d", list(equity.values) * len(turns)),
        exposures=array("d", list(equity.exposures) * len(turns)),
    )


def weighed(story: SessionStory, hour: Findings) -> Findings:
    """Return findings of a tiled story; what is not drawn by the thousand stays the hour's."""
    went, count = hour.excursions, len(story.trips)
    assert went is not None
    turns = -(-count // len(went.adverse_bps))
    sides = ((side * turns)[:count] for side in (went.adverse_bps, went.favourable_bps))
    return replace(hour, entries=entries(story), excursions=Excursions(*sides))


def measured(story: SessionStory, findings: Findings, judgement: Judgement) -> dict[str, float]:
    """Return the least time of some renderings, the page's size, and its time in a browser.

    Real time and that of the processor (in the browser, of the thread that draws and runs): where
    the machine has other work, the second can be compared. ``floor_ms`` is what a bare loop over
    ten million numbers takes beside it.
    """
    took_ms, cpu_ms, page = [], [], ""
    for _ in range(RUNS):
        begun, used = time.perf_counter(), time.process_time()
        page = render_session(story, findings, judgement)
        took_ms.append((time.perf_counter() - begun) * 1e3)
        cpu_ms.append((time.process_time() - used) * 1e3)
    begun = time.process_time()
    sum(range(10_000_000))
    found: dict[str, float] = {
        "render_ms": round(min(took_ms)),
        "cpu_ms": round(min(cpu_ms)),
        "floor_ms": round((time.process_time() - begun) * 1e3),
        "kb": round(len(page.encode()) / 1e3),
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        suppress(pytest.skip.Exception),
        running_browser() as browser,
    ):
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8")
        with browser.open(path) as opened:
            opened.until(f"{TABLE}.dataset.alive")
            found["interactive_ms"] = float(str(opened.run(f"Number({TABLE}.dataset.alive)")))
            found["browser_cpu_ms"] = round(opened.busy_s * 1e3)
    return found


def peers(python: str, trips: int) -> list[dict[str, object]]:
    """Return what the peers took for a session of so many round trips."""
    done = subprocess.run(
        [python, "-c", PEERS, str(trips)], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> int:
    """Print one line of JSON a page; return 1 when ours is over a budget."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.report", description=__doc__)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the peers")
    chosen = parser.parse_args()
    ten, ten_found = told(partial(good, minutes=10.0))
    hour, hour_found = told(busy_session)
    many = tiled(hour, TRIPS)
    is_over = False
    for name, story, findings in (
        ("ten minutes", ten, ten_found),
        ("100,000 trips", many, weighed(many, hour_found)),
    ):
        judgement = judge(story, findings, "identical")
        found = measured(story, findings, judgement)
        limit_s, limit_bytes = BUDGETS[name]
        is_over |= found["cpu_ms"] > limit_s * 1e3 or found["kb"] > limit_bytes / 1e3
        is_over |= found.get("browser_cpu_ms", 0.0) > INTERACTIVE_S * 1e3
        lines: list[dict[str, object]] = [{"page": "ours", **found}]
        if chosen.peers:
            lines += peers(chosen.peers, len(story.trips))
        for line in lines:
            sys.stdout.write(f"{json.dumps({'session': name, **line})}\n")
            sys.stdout.flush()
    return 1 if is_over else 0


if __name__ == "__main__":
    sys.exit(main())
