"""What the engine hands to the next session: a carried position with its worth."""

from pathlib import Path

from tests.support.recorded_session import OPENED_NS, begin, feed, frames, opening
from trading.model.events import EquityMarked
from trading.model.numbers import NS_PER_S

HOLDING_NS = OPENED_NS + 7 * NS_PER_S
"""The strategy holds its first position then."""


def test_a_carried_position_is_handed_over_marked(tmp_path: Path) -> None:
    """While something is held, the head knows what it is worth; flat, there is nothing to know."""
    recorder = begin(tmp_path / "journal.db", opening())
    flat = recorder.machine.engine.head()
    feed(recorder, [item for item in frames(10) if item[1] < HOLDING_NS])
    held = recorder.machine.engine.head()
    recorder.close()
    (position,) = held.positions

    assert flat.marked is None
    assert isinstance(held.marked, EquityMarked)
    assert held.wallet == held.marked.wallet
    assert held.marked.equity == held.wallet + held.marked.unrealised
    assert abs(position.quantity) * 86_000 < held.marked.exposure
