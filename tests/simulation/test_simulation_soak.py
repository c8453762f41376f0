"""A soak finds what grows, and does not take noise for growth.

The soak itself, a hundred sessions: ``python -m tests.simulation.soak``.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.simulation.soak import MEASURES, Sample, Soak

SAMPLE = Sample(
    outcome="completed (deadline)",
    fills=8,
    wallet=Decimal("10000.00"),
    child_mb=50.0,
    lag_ms=5.0,
    supervisor_mb=100.0,
    supervisor_files=12,
    supervisor_threads=3,
    exchange_mb=47.0,
    exchange_files=7,
    exchange_threads=1,
)
FIELDS = {
    "child_mb": ("memory of a session, MB", 10.0),
    "lag_ms": ("loop lag of a session, ms", 80.0),
    "supervisor_mb": ("memory of the supervisor, MB", 15.0),
    "supervisor_files": ("open files of the supervisor", 4),
    "supervisor_threads": ("threads of the supervisor", 4),
    "exchange_mb": ("memory of the exchange, MB", 10.0),
    "exchange_files": ("open files of the exchange", 4),
    "exchange_threads": ("threads of the exchange", 4),
}


def soaked(field: str, growth: float) -> list[str]:
    """Return what is wrong after eight sessions over which one measure grew evenly."""
    start = getattr(SAMPLE, field)
    return Soak(
        samples=[replace(SAMPLE, **{field: start + growth * n / 7}) for n in range(8)]
    ).failures


@pytest.mark.parametrize("field", FIELDS)
def test_what_grows_is_named(field: str) -> None:
    """By the means of the first and the last quarter."""
    name, growth = FIELDS[field]

    assert [name] == [found.partition(" grew from")[0] for found in soaked(field, 2 * growth)]
    assert [] == soaked(field, 0.1 * growth)


def test_every_measure_is_tried_here() -> None:
    """None was added to the soak and forgotten."""
    assert {name for name, _ in FIELDS.values()} == {name for name, _, _ in MEASURES}


def test_sessions_without_a_beat_prove_nothing() -> None:
    """A lag of zero in the mean is one that nobody measured."""
    found = Soak(samples=[replace(SAMPLE, lag_ms=0.0)]).failures

    assert ["no loop lag was ever measured: the sessions are too short for a beat"] == found


def test_the_table_tells_first_last_and_most() -> None:
    """One line a measure."""
    table = str(Soak(samples=[SAMPLE, replace(SAMPLE, child_mb=51.0)]))

    assert f"  {'memory of a session, MB':<40}{50.0:>9.1f}{51.0:>9.1f}{51.0:>9.1f}" in table
    assert f"  {'completed (deadline)':<40}{2:>8}" in table
