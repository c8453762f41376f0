"""Whatever befalls a session's process is seen, answered, and loses nothing.

The same stories as a table: ``python -m tests.simulation.process_faults``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulation.process_faults import ROWS, Row, played, why_not, wrongs

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the faults are made with POSIX signals"),
    pytest.mark.timeout(400),
]


IN_THE_SUITE = frozenset(
    {
        "stuck in C code",
        "flow, supervisor and all, killed",
        "kill switch, stuck in C code",
        "memory over its limit",
        "disk full at once",
        "machine asleep for 10 min",
        "page torn at the end",
        "byte flipped",
    }
)
"""What ``test_session_live`` does not tell; the rest vary these, and the command plays them all."""


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.name in IN_THE_SUITE], ids=lambda row: row.name
)
def test_a_fault_of_the_process_is_seen_answered_and_loses_nothing(
    row: Row, tmp_path: Path
) -> None:
    """Its supervisor says what happened; fills, ledger and position are whole afterwards."""
    if why := why_not(row):
        pytest.skip(why)

    assert [] == wrongs(row, played(row, tmp_path))


def test_the_suite_plays_what_it_names() -> None:
    """No row of the short list was renamed away."""
    assert IN_THE_SUITE <= {row.name for row in ROWS}


def test_the_table_in_the_documents_is_the_table(root: Path) -> None:
    """Every row, with its end, is told in ``trading/README.md``."""
    told = (root / "trading" / "README.md").read_text(encoding="utf-8").splitlines()

    for row in ROWS:
        (line,) = (line for line in told if line.startswith(f"| {row.name} | "))
        seen, end, lost = line.removeprefix(f"| {row.name} | ").strip("| ").split(" | ")
        assert (row.seen in seen, end.startswith(row.end), lost) == (True, True, "nothing")
