"""What must hold of every session's report, held for every way that one can go."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import lived_sessions
from tests.support.sound_report import report_complaints
from trading.journal.verify import verify

WAYS = (
    lived_sessions.good,
    lived_sessions.idle,
    lived_sessions.halted,
    lived_sessions.crashed,
    lived_sessions.resumed,
    lived_sessions.killed,
    lived_sessions.liquidated,
    lived_sessions.carried,
    lived_sessions.hedged,
)


@pytest.mark.parametrize("live", WAYS, ids=lambda way: way.__name__)
def test_every_way_a_session_goes_adds_up(live: Callable[[Path], Path], tmp_path: Path) -> None:
    """Ledger and attribution agree to the last digit, no fill is impossible, the replay is same."""
    path = live(tmp_path / "journal.db")

    assert [] == report_complaints(path)
    assert verify(path).is_identical
