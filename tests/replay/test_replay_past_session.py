"""A past session replayed by the same strategy is the same session; by another, another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.recorded_session import record
from trading.errors import JournalError
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import OrderFilled
from trading.model.presets import PRESETS, Preset
from trading.replay.past_session import PastSession
from trading.replay.run import replay
from trading.session.paths import SessionPaths


def fills(journal: Path) -> list[OrderFilled]:
    """Return a journal's fills."""
    with JournalReader(journal) as reader:
        return [each for each in reader.outputs() if isinstance(each, OrderFilled)]


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """A recorded session of a minute, with fills."""
    path = record(tmp_path / "journal.db")
    assert len(fills(path)) >= 4
    return path


def again(
    past: Path, folder: Path, *, seed: int = 1, strategy: str = "", preset: Preset = "neutral"
) -> list[OrderFilled]:
    """Replay it, with another seed, strategy or preset; prove the replay; return its fills."""
    with JournalReader(past) as reader:
        config = replace(reader.opening.setup.config, seed=seed)
    config = replace(config, execution=replace(config.execution, preset=preset))
    if strategy:
        config = replace(config, strategy=strategy, strategy_parameters={})
    paths = SessionPaths(var_dir=folder, account="replay", session_id="again")
    replay(config, PastSession(past), paths)
    assert verify(paths.journal).is_identical
    return fills(paths.journal)


def test_the_same_strategy_trades_the_same(past: Path, tmp_path: Path) -> None:
    """Every fill of the session, to the byte: a replay is no simulation of its own."""
    assert fills(past) == again(past, tmp_path / "var")


def test_another_seed_trades_otherwise(past: Path, tmp_path: Path) -> None:
    """Other latencies, other fills, on the same feed."""
    other = again(past, tmp_path / "var", seed=7)

    assert other
    assert other != fills(past)


def test_another_strategy_may_be_asked(past: Path, tmp_path: Path) -> None:
    """``hold`` holds; the frames are the same, what it makes of them is its own."""
    assert [] == again(past, tmp_path / "var", strategy="hold")


def test_the_same_session_under_other_assumptions(past: Path, tmp_path: Path) -> None:
    """Neutral is what it ran under; the harder the assumptions, the later it trades."""
    found = {preset: again(past, tmp_path / preset, preset=preset) for preset in PRESETS}

    assert found["neutral"] == fills(past)
    arrivals = [found[preset][0].exchange_ns for preset in PRESETS]
    assert sorted(arrivals) == arrivals
    assert arrivals[0] < arrivals[-1]


def test_a_touched_journal_is_not_replayed(past: Path, tmp_path: Path) -> None:
    """One byte of one frame, and the record that holds it is named."""
    data = past.read_bytes()
    at = data.index(b'"depth_book15"', len(data) // 2)
    past.write_bytes(data[: at + 1] + b"D" + data[at + 2 :])
    with pytest.raises(JournalError, match="record"):
        again(past, tmp_path / "var")
