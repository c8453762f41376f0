"""Which feed a path is: a past session, a file of bars, a tape, or no path and a made market."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from trading.config import MINUTES_MOST, AnySource, SessionConfig
from trading.errors import ConfigError
from trading.model.numbers import seconds_to_ns
from trading.replay.candle_file import SUFFIXES, CandleFile
from trading.replay.feed import Feed
from trading.replay.offline_market import OfflineMarket
from trading.replay.past_session import PastSession

JOURNAL = "journal.db"
MADE_MINUTES = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a replay is given: a path, and a file of settlements to go with bars."""

    path: str = ""
    """A session's folder or journal, a .parquet or .csv of bars, or a tape; empty: synthetic."""
    funding: str = ""
    """Settlements of the bars' time, for a file of bars."""


def source_of(recorded: Recorded) -> AnySource:
    """Return the source a config for this recording has.

    Raises:
        ConfigError: when there is no such path, or settlements are given to what has its own.
        JournalError: when a past session's journal cannot be read.
    """
    path = Path(recorded.path)
    is_bars = _is_bars(path)
    if recorded.path and not path.exists() and not list(path.parent.glob(path.name + "*")):
        raise ConfigError(
            "path", recorded.path, "a recording", "name a journal, a file of bars or a tape"
        )
    if recorded.funding and not is_bars:
        raise ConfigError(
            "funding",
            recorded.funding,
            "a file of bars to go with",
            "leave it out: sessions and markets bring their own settlements",
        )
    if is_bars:
        return "recording"
    journal = _journal(path) if recorded.path else None
    return PastSession(journal).source if journal is not None else "embedded"


def minutes_of(recorded: Recorded, source: AnySource) -> float:
    """Return how long a replay lasts that was not told: all of it, or an hour of a made market."""
    return float(MINUTES_MOST[source]) if recorded.path else MADE_MINUTES


def fitted(config: SessionConfig, recorded: Recorded) -> SessionConfig:
    """Return the config as the recording needs it.

    A tape becomes the market to be played; on a file of bars equity is marked no more often than
    there are bars, for nothing is known in between.
    """
    path = Path(recorded.path)
    if _is_bars(path):
        return replace(
            config, equity_sample_s=max(config.equity_sample_s, float(config.interval_s))
        )
    if not recorded.path or _journal(path) is not None:
        return config
    return replace(config, exchange=replace(config.exchange, market="recorded", tape=recorded.path))


def open_feed(config: SessionConfig, recorded: Recorded) -> Feed:
    """Open what a config made by ``fitted`` plays.

    Raises:
        ConfigError: when recording and config do not fit.
        FeedError: when a recording cannot be read.
        JournalError: when a past session's journal cannot be.
    """
    path = Path(recorded.path)
    journal = _journal(path) if recorded.path else None
    if journal is not None:
        return PastSession(journal, most_ns=seconds_to_ns(config.duration_s))
    if _is_bars(path):
        return CandleFile(path, config, Path(recorded.funding) if recorded.funding else None)
    return OfflineMarket(config)


def _is_bars(path: Path) -> bool:
    return path.suffix in SUFFIXES and path.is_file()


def _journal(path: Path) -> Path | None:
    """Return the journal a path means, a session's folder being as good."""
    if path.is_dir() and (path / JOURNAL).is_file():
        return path / JOURNAL
    return path if path.name == JOURNAL and path.is_file() else None
