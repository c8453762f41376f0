"""One measured replay in a process of its own: ``python -m tests.benchmarks.replay bars FILE``.

Prints one line of JSON: events per second of the whole engine, of the floor (a bare loop over the
same stream that only moves two averages), and the peak memory of the process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.streams import bars, setup, ticks
from trading.engine import Engine
from trading.model.events import CandleUpdate, PublicTrade


def engine_s(events: Iterator[CandleUpdate] | Iterator[PublicTrade], engine: Engine) -> float:
    """Return the seconds the engine takes for a stream."""
    step = engine.step
    began_s = time.process_time()
    for event in events:
        step(event)
    return time.process_time() - began_s


def floor_s(prices: Iterator[float]) -> float:
    """Return the seconds of the least one could do: two averages over the same stream."""
    began_s = time.process_time()
    window: deque[float] = deque(maxlen=50)
    fast = slow = 0.0
    crossings = 0
    is_above = False
    for price in prices:
        if len(window) == 50:
            slow -= window[0]
            fast -= window[-10]
        window.append(price)
        slow += price
        fast += price
        if (fast * 5 > slow) is not is_above:
            is_above = not is_above
            crossings += 1
    return time.process_time() - began_s


def main(kind: str, path: Path) -> None:
    """Measure and print."""
    is_bars = kind == "bars"
    engine = Engine(setup(builds_candles=not is_bars))
    took_s = engine_s(bars(path) if is_bars else ticks(path), engine)
    floor = floor_s((e.close for e in bars(path)) if is_bars else (e.price for e in ticks(path)))
    count = sum(1 for _ in (bars(path) if is_bars else ticks(path)))
    print(
        json.dumps(
            {
                "events": count,
                "events_per_s": round(count / took_s),
                "floor_per_s": round(count / floor),
                "round_trips": engine.account.round_trips,
                "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
