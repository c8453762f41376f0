"""The embedded exchange without sockets: the same protocol, minutes in seconds, provable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from trading.config import ExchangeConfig, RiskConfig, SessionConfig
from trading.errors import ConfigError
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import (
    CandleClosed,
    FeedStage,
    FeedStageChanged,
    MessageIgnored,
    OrderFilled,
    Output,
)
from trading.replay.offline_market import OfflineMarket
from trading.replay.opening import Recorded, fitted, minutes_of, open_feed, source_of
from trading.replay.past_session import PastSession
from trading.replay.run import replay
from trading.session.paths import SessionPaths

CONFIG = SessionConfig(
    source="embedded",
    strategy="pulse",
    strategy_parameters={"period_s": 15.0, "hold_s": 6.0},
    minutes=4,
    account="replay",
    risk=RiskConfig(entry_interval_s=0),
)


def outputs_of(var: Path, config: SessionConfig) -> list[Output]:
    """Replay, prove, and return everything that came out."""
    folder = var / str(len(list(var.iterdir())))
    paths = SessionPaths(var_dir=folder, account="replay", session_id="a-replay")
    ended = replay(config, OfflineMarket(config), paths)
    assert "completed" == ended.outcome
    assert verify(paths.journal).is_identical
    with JournalReader(paths.journal) as reader:
        return list(reader.outputs())


def fills(outputs: list[Output]) -> list[OrderFilled]:
    """Return the fills among outputs."""
    return [each for each in outputs if isinstance(each, OrderFilled)]


def test_determinism_triple(tmp_path: Path) -> None:
    """Same seeds, same session; another market or another session's chance, another one."""
    other_market = replace(CONFIG, exchange=ExchangeConfig(market_seed=8))
    first = outputs_of(tmp_path, CONFIG)

    assert len(fills(first)) > 10
    assert first == outputs_of(tmp_path, CONFIG)
    assert fills(first) != fills(outputs_of(tmp_path, other_market))
    assert fills(first) != fills(outputs_of(tmp_path, replace(CONFIG, seed=2)))


def test_it_hears_what_a_session_at_the_sockets_would(tmp_path: Path) -> None:
    """Bars confirmed over REST, every channel fresh, nothing that is not understood."""
    outputs = outputs_of(tmp_path, CONFIG)
    bars = [each for each in outputs if isinstance(each, CandleClosed) and not each.is_backfilled]
    stages = [each.stage for each in outputs if isinstance(each, FeedStageChanged)]

    assert len([each for each in bars if each.is_confirmed]) >= 3
    assert FeedStage.DEAD not in stages
    assert [] == [each for each in outputs if isinstance(each, MessageIgnored)]


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (Recorded(path="/nowhere/at.all"), "a recording"),
        (Recorded(funding="rates.csv"), "a file of bars to go with"),
    ],
)
def test_what_is_no_recording_is_refused(recorded: Recorded, said: str) -> None:
    """Before anything is opened."""
    with pytest.raises(ConfigError, match=said):
        source_of(recorded)


def test_a_path_says_what_it_is(tmp_path: Path) -> None:
    """A session's folder is its journal; no path is a made market of an hour."""
    outputs_of(tmp_path, CONFIG)
    folder = Recorded(path=str(tmp_path / "0" / "replay" / "latest"))
    made = Recorded()

    assert "embedded" == source_of(folder)
    assert isinstance(open_feed(fitted(CONFIG, folder), folder), PastSession)
    assert 60.0 == minutes_of(made, source_of(made))
    assert isinstance(open_feed(fitted(CONFIG, made), made), OfflineMarket)
