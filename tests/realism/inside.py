"""``python -m tests.realism.inside``: what an hour's bar hides, and what its minutes show.

One strategy without an edge plays a month and a half of real hours twice: by the hour's bar alone,
where stop before target is the worse reading of a bar that holds both, and by the sixty minutes it
is made of. The tighter its bracket, the more of its result is the reading's.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from tests.support.recordings import command_on_recordings, is_recorded
from tests.support.walks import KLINES
from trading.config import RiskConfig, SessionConfig
from trading.journal.store import JournalReader
from trading.model.events import BarAmbiguous
from trading.replay.candle_file import BARS, CandleFile
from trading.replay.run import replay
from trading.session.paths import SessionPaths

STOPS_BPS: Final = (20.0, 40.0, 80.0)
HOUR_MS: Final = 3_600_000
_UNLIMITED: Final = RiskConfig(
    risk_pct=0.05, entry_interval_s=0, daily_loss_pct=0, drawdown_pct=0, losses_in_a_row_max=0
)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one run."""

    round_trips: int
    ambiguous_bars: int
    net: Decimal


def hours_of(minutes: Path, folder: Path) -> Path:
    """Write the hours that a file of minutes makes up; return the file."""
    path = folder / "hours.csv"
    rows = pq.read_table(minutes, columns=list(BARS)).to_pylist()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(BARS)
        for hour, parts in groupby(rows, key=lambda row: int(row["open_time_ms"]) // HOUR_MS):
            of_hour = list(parts)
            writer.writerow(
                [
                    hour * HOUR_MS,
                    of_hour[0]["open"],
                    max(row["high"] for row in of_hour),
                    min(row["low"] for row in of_hour),
                    of_hour[-1]["close"],
                    sum(row["volume"] for row in of_hour),
                ]
            )
    return path


def played(path: Path, stop_bps: float, folder: Path) -> Played:
    """Play a file by the hour: a coin's side whenever flat, target as far as stop."""
    config = SessionConfig(
        source="recording",
        strategy="random",
        strategy_parameters={"entry_probability": 1.0, "stop_bps": stop_bps, "reward": 1.0},
        interval_s=HOUR_MS // 1_000,
        minutes=1e6,
        account="inside",
        equity_sample_s=3_600.0,
        risk=_UNLIMITED,
    )
    paths = SessionPaths(var_dir=folder, account="inside", session_id=f"{path.stem}-{stop_bps:g}")
    ended = replay(config, CandleFile(path, config), paths)
    with JournalReader(paths.journal) as reader:
        doubts = sum(isinstance(each, BarAmbiguous) for each in reader.outputs())
    opening = Decimal(repr(config.opening_wallet_usdt))
    return Played(ended.round_trips, doubts, ended.wallet - opening)


def main(words: Sequence[str] | None = None) -> int:
    """Print, for brackets of three sizes, the hours alone beside their minutes."""
    options = command_on_recordings("tests.realism.inside").parse_args(words)
    write = sys.stdout.write
    minutes = options.data / KLINES
    if not is_recorded(minutes):
        return 1
    write("bracket   round trips, bars in doubt, net: by the hour alone; by its minutes\n")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        hours = hours_of(minutes, folder)
        for stop_bps in STOPS_BPS:
            alone, inside = (played(path, stop_bps, folder) for path in (hours, minutes))
            write(f"{stop_bps:3g} bps   {_row(alone)};   {_row(inside)}\n")
    return 0


def _row(found: Played) -> str:
    return f"{found.round_trips:5} {found.ambiguous_bars:5} {found.net:+9.0f}"


if __name__ == "__main__":
    sys.exit(main())
