"""The recordings outside the project that some of the exchange's tests play."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recordings import recording


@pytest.fixture
def tape_2023() -> Path:
    """Return the raw tape of 4/5 April 2023, which records mark prices."""
    return recording("l2_raw/binance_um_BTCUSDT_20230404T2358_20230405T0006.raw.jsonl.gz")


@pytest.fixture
def tape_2024() -> Path:
    """Return the raw tape of 18/19 July 2024, which records none."""
    return recording("l2_raw/binance_um_BTCUSDT_20240718T2357_20240719T0005.raw.jsonl.gz")


@pytest.fixture
def derived_2023() -> Path:
    """Return the path prefix of the Parquet files derived from the tape of 2023."""
    return recording("l2_derived/binance_um_BTCUSDT_20230404_2358_0006")
