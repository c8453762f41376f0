"""Event streams for the benchmarks, read from a file in chunks: nothing is held whole."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from decimal import Decimal
from itertools import repeat
from pathlib import Path

from tests.support.instruments import BTCUSDT
from trading.account.head import AccountHead
from trading.config import RiskConfig, SessionConfig
from trading.engine import EngineSetup
from trading.model.events import CandleUpdate, PublicTrade
from trading.model.numbers import NS_PER_MINUTE, NS_PER_MS
from trading.model.orders import Side

ROWS_A_CHUNK = 10_000
BAR_SD = 5e-4
"""One-minute returns of BTCUSDT had a standard deviation of 3 to 8 bps in 2023 and 2024."""
TICK_MS = 30


def setup(*, builds_candles: bool) -> EngineSetup:
    """Return the issue's scenario: SMA 10/50 cross, bracket 30 bps / 1.5 R, taker 6 bps."""
    config = SessionConfig(
        source="embedded",
        strategy="sma_cross",
        strategy_parameters={"fast_bars": 10, "slow_bars": 50, "stop_bps": 30.0, "reward": 1.5},
        equity_sample_s=86_400.0,
        risk=RiskConfig(notional_max_usdt=1e12),
    )
    return EngineSetup(
        session_id="benchmark",
        config=config,
        instruments=(BTCUSDT,),
        head=AccountHead(wallet=Decimal(10**9)),
        opened_ns=0,
        deadline_ns=1 << 61,
        channels=(),
        builds_candles=builds_candles,
    )


def write_bars(path: Path, rows: int, seed: int = 1) -> None:
    """Write a seeded random walk of one-minute bars: rows of open, high, low, close."""
    rng = random.Random(seed)
    price = 60_000.0
    with path.open("wb") as file:
        for _ in range(rows):
            opened = price
            price = round(min(max(opened * (1 + rng.gauss(0, BAR_SD)), 5_000.0), 500_000.0), 1)
            high = round(max(opened, price) * (1 + abs(rng.gauss(0, 2e-4))), 1)
            low = round(min(opened, price) * (1 - abs(rng.gauss(0, 2e-4))), 1)
            array("d", (opened, high, low, price)).tofile(file)


def write_ticks(path: Path, rows: int, seed: int = 2) -> None:
    """Write a seeded random walk of prints, 30 ms apart: rows of price, quantity."""
    rng = random.Random(seed)
    price = 60_000.0
    with path.open("wb") as file:
        for _ in range(rows):
            price = round(price + rng.choice((-2.4, -0.1, 0.0, 0.0, 0.1, 2.4)), 1)
            array("d", (price, round(rng.expovariate(10) + 0.0001, 4))).tofile(file)


def _chunks(path: Path, columns: int) -> Iterator[list[array[float]]]:
    """Yield the columns of a file, some thousand rows at a time."""
    with path.open("rb") as file:
        while data := file.read(ROWS_A_CHUNK * columns * 8):
            numbers = array("d", data)
            yield [numbers[column::columns] for column in range(columns)]


def bars(path: Path) -> Iterator[CandleUpdate]:
    """Yield closed bars from a file."""
    at = 0
    for opened, high, low, close in _chunks(path, 4):
        opens = [(at + i) * NS_PER_MINUTE for i in range(len(close))]
        closes = [open_ns + NS_PER_MINUTE for open_ns in opens]
        at += len(close)
        yield from map(
            CandleUpdate,
            repeat("BTCUSDT"),
            closes,
            closes,
            repeat(60),
            opens,
            opened,
            high,
            low,
            close,
            repeat(10.0),
            repeat(600_000.0),
            repeat(True),
        )


def ticks(path: Path) -> Iterator[PublicTrade]:
    """Yield prints from a file."""
    at = 0
    for prices, sizes in _chunks(path, 2):
        stamps = [(at + i) * TICK_MS * NS_PER_MS for i in range(len(prices))]
        at += len(prices)
        yield from map(
            PublicTrade, repeat("BTCUSDT"), stamps, stamps, prices, sizes, repeat(Side.BUY)
        )
