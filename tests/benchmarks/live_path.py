"""The live path in a process of its own: frame, decode, engine, journal.

``python -m tests.benchmarks.live_path burst|paced`` prints one line of JSON. ``burst`` applies
frames as fast as it can; ``paced`` 2,000 a second, each timed from its receipt to its being in the
journal's transaction, committed as the live session does.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from tests.support.recorded_session import begin, frames, opening
from trading.session.run import COMMIT_WITHIN_S

PACED_PER_S = 2_000


def main(mode: str, seconds: float) -> None:
    """Measure and print."""
    waiting = list(frames(seconds))
    with tempfile.TemporaryDirectory() as folder:
        recorder = begin(Path(folder) / "journal.db", opening(minutes=10_000, strategy="sma_cross"))
        took_us: list[float] = []
        began_s = time.perf_counter()
        committed_s = began_s
        for index, (frame, received_ns) in enumerate(waiting):
            if mode == "paced":
                while time.perf_counter() < began_s + index / PACED_PER_S:
                    continue
            at_s = time.perf_counter()
            recorder.frame(frame, received_ns)
            now_s = time.perf_counter()
            took_us.append((now_s - at_s) * 1e6)
            if now_s - committed_s >= COMMIT_WITHIN_S:
                recorder.journal.commit(is_durable=False)
                committed_s = time.perf_counter()
        recorder.journal.commit(is_durable=False)
        total_s = time.perf_counter() - began_s
        began_s = time.perf_counter()
        for frame, _ in waiting:
            msgspec.json.decode(frame)
        floor_s = time.perf_counter() - began_s
    print(
        json.dumps(
            {
                "messages": len(waiting),
                "messages_per_s": round(len(waiting) / total_s),
                "floor_per_s": round(len(waiting) / floor_s),
                "p50_us": round(statistics.median(took_us), 1),
                "p99_us": round(statistics.quantiles(took_us, n=100)[98], 1),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
