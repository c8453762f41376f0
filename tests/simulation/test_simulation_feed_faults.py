"""Each fault the embedded exchange can make, and what a session must make of it."""

from __future__ import annotations

import pytest

from tests.simulation.feed_faults import ROWS, Row, evidence, wrongs
from tests.support.faulty_session import FaultySession
from tests.support.recorded_session import OPENED_NS
from trading.model.fault_script import KINDS, parse_script
from trading.model.numbers import NS_PER_S

BEFORE_MIDNIGHT_NS = 1_790_035_200 * NS_PER_S - 70 * NS_PER_S
"""70 s before a funding settlement: 2026-09-22 00:00 UTC."""


def played(row: Row) -> FaultySession:
    """Return a row's session, over."""
    session = FaultySession(
        row.script,
        minutes=row.minutes,
        stop_s=row.stop_s,
        opened_ns=BEFORE_MIDNIGHT_NS if row.is_held else OPENED_NS,
        strategy="tests.support.strategies_live:HoldOver" if row.is_held else "pulse",
    )
    session.run()
    return session


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
