"""Small recordings for tests: frames as the recorded venue sends them, in a raw tape's file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

T0_MS = 1_700_000_000_000

Frame = dict[str, object]
Rows = list[list[str]]


def write_tape(folder: Path, frames: Iterable[Frame]) -> Path:
    """Write frames as a raw tape and return its path."""
    path = folder / "tape.raw.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for frame in frames:
            file.write(f"1680652700423575 {json.dumps(frame)}\n")
    return path


def snapshot(at_ms: int, last_id: int) -> Frame:
    """Return a book of three levels a side around 100.0."""
    return {
        "lastUpdateId": last_id,
        "E": T0_MS + at_ms,
        "T": T0_MS + at_ms,
        "bids": [["100.00", "1.000"], ["99.90", "2.000"], ["99.80", "3.000"]],
        "asks": [["100.10", "1.000"], ["100.20", "2.000"], ["100.30", "3.000"]],
    }


def _stream(name: str, at_ms: int, fields: Frame) -> Frame:
    """Return a stream's frame; ``fields`` may bring stamps of their own."""
    stamps = {"E": T0_MS + at_ms, "T": T0_MS + at_ms, "s": "BTCUSDT"}
    return {"stream": f"btcusdt@{name}", "data": {**stamps, **fields}}


def diff(at_ms: int, ids: tuple[int, int, int], bids: Rows, asks: Rows) -> Frame:
    """Return a depth diff; ``ids`` are first, last and previous."""
    first, last, previous = ids
    return _stream(
        "depth@0ms", at_ms, {"U": first, "u": last, "pu": previous, "b": bids, "a": asks}
    )


def trade(at_ms: int, price: str, quantity: str, *, is_sell: bool, kind: str = "MARKET") -> Frame:
    """Return a public trade."""
    return _stream("trade", at_ms, {"p": price, "q": quantity, "m": is_sell, "X": kind})


def mark(at_ms: int, price: str, rate: str, next_ms: int) -> Frame:
    """Return a mark-price message."""
    fields: Frame = {"p": price, "i": "100.05", "r": rate, "T": T0_MS + next_ms}
    return _stream("markPrice@1s", at_ms, fields)


def small(*more: Frame) -> list[Frame]:
    """Return the frames of a small clean recording of 40 ms, and those that follow."""
    return [
        diff(0, (1, 5, 0), [["99.00", "9.000"]], []),  # older than the snapshot
        snapshot(10, 5),
        trade(20, "100.10", "0.400", is_sell=False),
        diff(20, (4, 7, 3), [], [["100.10", "0.600"]]),  # spans the snapshot
        trade(30, "100.00", "1.000", is_sell=True, kind="INSURANCE_FUND"),
        diff(40, (8, 9, 7), [["100.00", "0.000"]], [["100.40", "4.000"]]),
        *more,
    ]
