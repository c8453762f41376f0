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
    pytest.mark.timeout(180),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_fault_of_the_process_is_seen_answered_and_loses_nothing(
    row: Row, tmp_path: Path
) -> None:
    """Its supervisor says what happened; fills, ledger and position are whole afterwards."""
    if why := why_not(row):
        pytest.skip(why)

    assert [] == wrongs(row, played(row, tmp_path))


def test_the_table_in_the_documents_is_the_table(root: Path) -> None:
    """Every row, with its end, is told in ``trading/README.md``."""
    told = (root / "trading" / "README.md").read_text(encoding="utf-8").splitlines()

    for row in ROWS:
        (line,) = (line for line in told if line.startswith(f"| {row.name} | "))
        seen, end, lost = line.removeprefix(f"| {row.name} | ").strip("| ").split(" | ")
        assert (row.seen in seen, end.startswith(row.end), lost) == (True, True, "nothing")
