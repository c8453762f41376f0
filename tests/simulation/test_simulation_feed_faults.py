"""Each fault the embedded exchange can make, and what a session must make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.feed_faults import ROWS, Row, evidence, played, wrongs
from tests.support.faulty_session import FaultySession
from trading.model.fault_script import KINDS, parse_script


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_fault_is_seen_answered_and_loses_nothing(row: Row) -> None:
    """The journal shows the fault and the answer to it; money, fills and positions are whole."""
    session = played(row)

    seen = evidence(session.outputs)
    assert [] == wrongs(row, session.outputs, session.setup.head.wallet), dict(seen)


def test_the_same_script_gives_the_same_session() -> None:
    """A fault is no excuse: the outputs are equal, and another script's are not."""
    lossy, again, other = (
        FaultySession(script, minutes=0.6).run()
        for script in ("5s lossy 20", "5s lossy 20", "5s lossy 90")
    )

    assert lossy == again
    assert lossy != other


def test_every_kind_of_fault_has_a_row() -> None:
    """A fault without a stated consequence is no test; slow REST is the sockets' own."""
    used = {fault.kind for row in ROWS for fault in parse_script(row.script)}

    assert set(KINDS) - {"slow"} == used


def test_the_table_in_the_documents_is_the_table(root: Path) -> None:
    """Every row, with its script and its end, is told in ``trading/README.md``."""
    told = (root / "trading" / "README.md").read_text(encoding="utf-8").splitlines()

    for row in ROWS:
        script = f"`{row.script}`" if row.script else ""
        (line,) = (line for line in told if line.startswith(f"| {row.name} | {script} |"))
        *_, end, lost = line.strip("| ").split(" | ")
        assert (end in row.outcomes, lost) == (True, "nothing")
