"""``python -m tests.simulation.dst --seeds 1000`` or ``--seed N``: whole sessions, made to fail.

The real codec, engine, inbox, recorder and journal under a virtual clock, with a venue and faults
drawn from one seed: no socket, no process, no real time. A seed that breaks an invariant is printed
and gives the very same session again.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.simulated import Result, simulate
from trading.io.clock import monotonic_ns
from trading.model.numbers import NS_PER_S


def main() -> int:
    """Run many seeds, or one; return 1 when an invariant broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.dst", description=__doc__)
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    if chosen.seed is not None:
        result = simulate(chosen.seed)
        sys.stdout.write(f"{result}\n")
        return 1 if result.complaints else 0
    begun_ns = monotonic_ns()
    with ProcessPoolExecutor(chosen.workers) as pool:
        seeds = range(chosen.first, chosen.first + chosen.seeds)
        results = list(pool.map(simulate, seeds, chunksize=8))
    took_s = (monotonic_ns() - begun_ns) / NS_PER_S
    sys.stdout.write(f"{told(results)}\n{len(results) / took_s * 60:.0f} sessions a minute\n")
    return 1 if any(result.complaints for result in results) else 0


def told(results: list[Result]) -> str:
    """Return the tables: outcomes, what happened, and every seed that broke an invariant."""
    outcomes = Counter(result.outcome for result in results)
    counts = sum((result.counts for result in results), Counter())
    records = sum(result.records for result in results)
    rows = [f"{len(results)} sessions, {records} records"]
    rows += [f"  {name:<40}{count:>7}" for name, count in outcomes.most_common()]
    rows += [
        "what happened",
        *(f"  {name:<40}{count:>7}" for name, count in sorted(counts.items())),
    ]
    broken = [result for result in results if result.complaints]
    rows.append(f"{len(broken)} broken")
    for result in broken:
        rows += [f"  --seed {result.seed}: {text}" for text in result.complaints[:2]]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
