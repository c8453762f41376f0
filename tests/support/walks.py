"""Closed bars made of a seed, and of the recorded klines where they are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pyarrow.parquet as pq

from tests.support.market import SYMBOL, T0_NS
from tests.support.recordings import recording
from trading.model.events import CandleClosed
from trading.model.numbers import NS_PER_MINUTE, NS_PER_MS

KLINES = "klines/binance_um_BTCUSDT_1m_20240101_20240215.parquet"


def walk(seed: int, count: int, *, start: float = 50_000.0) -> list[CandleClosed]:
    """Return bars of a random walk whose moves come in calm and wild spells; prices on a tick."""
    rng = Random(seed)
    bars = []
    close = start
    for index in range(count):
        scale = 8.0 if index // 40 % 2 else 25.0
        opened = close
        path = [opened]
        for _ in range(6):
            path.append(round(max(path[-1] + rng.gauss(0, scale), 1.0), 1))
        close = path[-1]
        volume = round(rng.expovariate(0.2), 3)
        bars.append(
            CandleClosed(
                at_ns=T0_NS + (index + 1) * NS_PER_MINUTE,
                symbol=SYMBOL,
                interval_s=60,
                open_ns=T0_NS + index * NS_PER_MINUTE,
                open=opened,
                high=max(path),
                low=min(path),
                close=close,
                volume=volume,
                turnover=volume * close,
            )
        )
    return bars


def bars_csv(path: Path, bars: Sequence[CandleClosed]) -> Path:
    """Write bars as a file that can be replayed."""
    lines = ["open_time_ms,open,high,low,close,volume"]
    lines += [
        f"{b.open_ns // NS_PER_MS},{b.open},{b.high},{b.low},{b.close},{b.volume}" for b in bars
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def recorded_bars(count: int) -> list[CandleClosed]:
    """Return the first one-minute bars of January 2024, or skip where there is no recording."""
    return [
        CandleClosed(
            at_ns=int(row["open_time_ms"]) * NS_PER_MS + NS_PER_MINUTE,
            symbol=SYMBOL,
            interval_s=60,
            open_ns=int(row["open_time_ms"]) * NS_PER_MS,
            open=row["open"],
            high=row["high"],
            low=row["low"],
            close=row["close"],
            volume=row["volume"],
            turnover=row["volume"] * row["close"],
        )
        for row in pq.read_table(recording(KLINES)).slice(0, count).to_pylist()
    ]
