"""A file of bars replayed: trades, funding and proof; and every way a file can be wrong."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.walks import bars_csv, walk
from trading.config import RiskConfig, SessionConfig
from trading.errors import ConfigError, FeedError
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import (
    BarAmbiguous,
    CandleUpdate,
    LedgerPosted,
    LedgerReason,
    OrderFilled,
    Output,
    SessionEnded,
)
from trading.model.numbers import NS_PER_MS, NS_PER_S, money
from trading.replay.candle_file import CandleFile
from trading.replay.run import replay
from trading.session.paths import SessionPaths
from trading.venues.recording import Recording

D = Decimal
BARS = 1_500
T0_MS = walk(1, 1)[0].open_ns // NS_PER_MS
HOUR_MS = 3_600_000
FIRST_MS = T0_MS // HOUR_MS * HOUR_MS
"""The last whole hour before the first bar: the settlement that tells of the next."""
CONFIG = SessionConfig(
    source="recording",
    strategy="random",
    strategy_parameters={"entry_probability": 0.1, "stop_bps": 40.0},
    minutes=BARS,
    account="replay",
    equity_sample_s=600.0,
    risk=RiskConfig(entry_interval_s=0, daily_loss_pct=0, drawdown_pct=0, losses_in_a_row_max=0),
)


def written(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    """Write a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def bars_file(folder: Path, seed: int = 1) -> Path:
    """Write a walk as a file of bars."""
    return bars_csv(folder / f"bars{seed}.csv", walk(seed, BARS))


def settlements_file(folder: Path) -> Path:
    """Write hourly settlements, the rate growing by a basis point each hour."""
    return written(
        folder / "settlements.csv",
        ["settlement_ms", "funding_rate", "mark_price"],
        [[FIRST_MS + i * HOUR_MS, f"{i / 10_000:.4f}", 50_000 + i] for i in range(30)],
    )


def run(var: Path, config: SessionConfig, feed: CandleFile) -> tuple[SessionEnded, list[Output]]:
    """Replay, prove, and return the last record and everything that came out."""
    paths = SessionPaths(
        var_dir=var, account="replay", session_id=f"s{len(list(var.glob('replay/s*')))}"
    )
    ended = replay(config, feed, paths)
    assert verify(paths.journal).is_identical
    with JournalReader(paths.journal) as reader:
        return ended, list(reader.outputs())


def test_bars_are_traded_and_proven(tmp_path: Path) -> None:
    """Fills both ways, flat at the end, a ledger that adds up, an identical second run."""
    ended, outputs = run(tmp_path, CONFIG, CandleFile(bars_file(tmp_path), CONFIG))
    fills = [each for each in outputs if isinstance(each, OrderFilled)]
    lines = [each.amount for each in outputs if isinstance(each, LedgerPosted)]

    assert "completed" == ended.outcome
    assert ended.round_trips > 20
    assert D(0) == sum(each.side.sign * each.quantity for each in fills)
    assert money(D(10_000)) + sum(lines) == ended.wallet


def test_determinism_triple(tmp_path: Path) -> None:
    """Same seed, same outputs; another seed or other bars, others; each of them whole."""
    file = bars_file(tmp_path)
    other_seed = replace(CONFIG, seed=2)
    _, first = run(tmp_path, CONFIG, CandleFile(file, CONFIG))
    _, again = run(tmp_path, CONFIG, CandleFile(file, CONFIG))
    _, seeded = run(tmp_path, other_seed, CandleFile(file, other_seed))
    _, moved = run(tmp_path, CONFIG, CandleFile(bars_file(tmp_path, 2), CONFIG))

    def fills(outputs: list[Output]) -> list[OrderFilled]:
        return [each for each in outputs if isinstance(each, OrderFilled)]

    assert fills(first) == fills(again)
    assert fills(first) != fills(seeded)
    assert fills(first) != fills(moved)


def test_funding_is_that_of_the_file(tmp_path: Path) -> None:
    """Each settlement over which something was held: once, by its own rate and mark."""
    feed = CandleFile(bars_file(tmp_path), CONFIG, settlements_file(tmp_path))
    _, outputs = run(tmp_path, CONFIG, feed)
    paid = [
        each
        for each in outputs
        if isinstance(each, LedgerPosted) and each.reason is LedgerReason.FUNDING
    ]
    held, expected = D(0), []
    settlements = [(FIRST_MS + i * HOUR_MS) * NS_PER_MS for i in range(30)]
    fills = [each for each in outputs if isinstance(each, OrderFilled)]
    for index, at_ns in enumerate(settlements[1:], start=1):
        held = sum(
            (each.side.sign * each.quantity for each in fills if each.exchange_ns < at_ns), D(0)
        )
        if held:
            expected.append(money(-held * (50_000 + index) * D(index) / 10_000))

    assert len(expected) > 3
    assert expected == [each.amount for each in paid]


def test_a_replay_may_be_shorter_than_its_file(tmp_path: Path) -> None:
    """The config's minutes bound it."""
    short = replace(CONFIG, minutes=200.0)
    feed = CandleFile(bars_file(tmp_path), short)
    ended, _ = run(tmp_path, short, feed)

    assert feed.start_ns + 200 * 60 * 10**9 == feed.end_ns
    assert "deadline" == ended.reason


def five_minutes(path: Path) -> tuple[SessionConfig, CandleFile]:
    """Return a file of minutes as a strategy of five minutes plays it."""
    tight: dict[str, float | int | bool | str] = {"entry_probability": 1.0, "stop_bps": 16.0}
    config = replace(CONFIG, interval_s=300, strategy_parameters=tight)
    return config, CandleFile(path, config)


def bars_heard(feed: CandleFile) -> list[CandleUpdate]:
    """Return the bars a feed tells, in order."""
    codec = Recording()
    told = [
        codec.decode_frame(frame, at_ns)
        for at_ns, frame in feed.heard()
        if isinstance(frame, bytes)
    ]
    return [bar for events in told for bar in events if isinstance(bar, CandleUpdate)]


def test_minutes_make_up_the_bars_of_a_slower_strategy(tmp_path: Path) -> None:
    """Five at a time, each after its parts: their extremes, first open, last close, summed volume.

    What the file's first and last bar share with minutes that are not there is not told.
    """
    minutes = walk(1, BARS)
    _, feed = five_minutes(bars_file(tmp_path))
    told = bars_heard(feed)
    wholes = [bar for bar in told if bar.interval_s == 300]
    assert [bar.open_ns for bar in minutes] == [bar.open_ns for bar in told if bar.interval_s == 60]

    first = next(n for n, bar in enumerate(minutes) if bar.open_ns % (300 * NS_PER_S) == 0)
    assert first > 0
    for index, bar in enumerate(wholes):
        parts = minutes[first + 5 * index : first + 5 * index + 5]
        assert bar.open_ns == parts[0].open_ns
        assert bar.received_ns == parts[-1].open_ns + 60 * NS_PER_S
        assert (bar.open, bar.close) == (parts[0].open, parts[-1].close)
        assert (bar.high, bar.low) == (max(p.high for p in parts), min(p.low for p in parts))
        assert bar.volume == pytest.approx(sum(p.volume for p in parts))
    assert (BARS - first) // 5 == len(wholes)
    assert sorted(told, key=lambda bar: (bar.received_ns, bar.interval_s)) == told


def test_a_bar_around_a_hole_is_made_of_what_there_is(tmp_path: Path) -> None:
    """Two minutes of five: one bar of both, told at its end."""
    path = written(
        tmp_path / "hole.csv",
        ["open_time_ms", "open", "high", "low", "close", "volume"],
        [[n * 60_000, 10 + n, 20 + n, 5 + n, 11 + n, 1] for n in (0, 1, 5, 6, 7, 8, 9)],
    )
    first, second = (bar for bar in bars_heard(five_minutes(path)[1]) if bar.interval_s == 300)

    assert (10, 21, 5, 12, 2, 300 * NS_PER_S) == (
        *(first.open, first.high, first.low, first.close, first.volume),
        first.received_ns,
    )
    assert 5 == second.volume


def test_the_inside_of_a_bar_is_traded_and_proven(tmp_path: Path) -> None:
    """From the inside fewer bars are in doubt, and the second run is the same."""
    config, inside = five_minutes(bars_file(tmp_path))
    rows: list[list[object]] = [
        [b.open_ns // NS_PER_MS, b.open, b.high, b.low, b.close, b.volume]
        for b in bars_heard(inside)
        if b.interval_s == 300
    ]
    header = ["open_time_ms", "open", "high", "low", "close", "volume"]
    alone = CandleFile(written(tmp_path / "alone.csv", header, rows), config)
    (_, blind), (ended, seen) = run(tmp_path, config, alone), run(tmp_path, config, inside)

    def doubts(outputs: list[Output]) -> int:
        return sum(isinstance(each, BarAmbiguous) for each in outputs)

    assert doubts(seen) < doubts(blind) / 2
    assert ended.round_trips > 20


@pytest.mark.parametrize(
    ("header", "rows", "error", "said"),
    [
        (["open_time_ms", "open"], [[1, 2]], ConfigError, "it lacks high, low, close, volume"),
        (None, [], ConfigError, "at least 2 rows"),
        (None, [[0, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1]], FeedError, "row 2: open_time_ms 0 is not"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 1, "x", 1, 1, 1]], FeedError, "row 2: could not"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 1, "nan", 1, 1, 1]], FeedError, "row 2: high is nan"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 1, "inf", 1, 1, 1]], FeedError, "row 2: high is inf"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 1, 1, 0, 1, 1]], FeedError, "row 2: low is 0.0, exp"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 1, 1, 1, -1, 1]], FeedError, "row 2: close is -1.0"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 1, 1, 1, 1, -1]], FeedError, "row 2: volume is -1.0"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 2, 2, 3, 2, 1]], FeedError, "row 2: low is 3.0, exp"),
        (None, [[0, 1, 1, 1, 1, 1], [60_000, 2, 2, 1, 3, 1]], FeedError, "row 2: close is 3.0, e"),
        (None, [[0, 1, 1, 1, 1, 1], [300_000, 1, 1, 1, 1, 1]], ConfigError, "expected 300, the"),
        (None, [[0, 1, 1, 1, 1, 1], [500, 1, 1, 1, 1, 1]], ConfigError, "expected 0.5, the"),
        (None, [[0, 1, 1, 1, 1, 1], [7_000, 1, 1, 1, 1, 1]], ConfigError, "or a multiple of it"),
    ],
)
def test_a_bad_file_is_refused_in_words(
    tmp_path: Path,
    header: list[str] | None,
    rows: list[list[object]],
    error: type[Exception],
    said: str,
) -> None:
    """Which file, which row, what is wrong: nothing is guessed and nothing mended."""
    columns = header or ["open_time_ms", "open", "high", "low", "close", "volume"]
    path = written(tmp_path / "bad.csv", columns, rows)
    with pytest.raises(error, match=said):
        CandleFile(path, CONFIG)


def test_settlements_must_begin_before_the_bars(tmp_path: Path) -> None:
    """Else the first one's interval would have to be guessed."""
    late = written(
        tmp_path / "late.csv",
        ["settlement_ms", "funding_rate", "mark_price"],
        [[FIRST_MS + 2 * HOUR_MS, "0.0001", 50_000]],
    )
    with pytest.raises(ConfigError, match="a settlement at or before the first bar"):
        CandleFile(bars_file(tmp_path), CONFIG, late)


def test_a_path_that_is_none_is_refused(tmp_path: Path) -> None:
    """Neither a missing file nor one of another kind."""
    for name in ("missing.csv", "notes.txt"):
        with pytest.raises(ConfigError, match=r"a \.parquet or \.csv file"):
            CandleFile(tmp_path / name, CONFIG)


def test_another_symbol_is_refused(tmp_path: Path) -> None:
    """A recording of one contract is not another's."""
    feed = CandleFile(bars_file(tmp_path), CONFIG)
    with pytest.raises(ConfigError, match="name the symbol of the recording"):
        run(tmp_path, replace(CONFIG, symbol="ETHUSDT"), feed)
