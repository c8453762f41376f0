"""A tape is played as it was recorded, and what is wrong with it is said."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.exchange.tapes import diff, mark, small, trade, write_tape
from trading.errors import ConfigError, FeedError
from trading.exchange.market import Print
from trading.exchange.recorded.market import RecordedMarket
from trading.exchange.recorded.tape import TapeDiff, TapeEvent, TapeTrade, in_order, open_tape

MS = 1_000_000
T0_NS = 1_700_000_000_000 * MS
MIDNIGHT_NS = 1_680_652_800_000 * MS


def play(path: Path, symbol: str | None = None, rate: Decimal | None = None) -> RecordedMarket:
    """Return a tape's market at its start."""
    return RecordedMarket(open_tape(path, symbol), seed=1, funding_rate=rate)


# --- small tapes --------------------------------------------------------------------------------


def test_book_and_prints_come_at_their_own_times(tmp_path: Path) -> None:
    """Each event is there at its exchange stamp, and not a nanosecond earlier."""
    market = play(write_tape(tmp_path, small()))

    assert T0_NS + 40 * MS == market.end_ns
    assert [] == market.advance(T0_NS + 20 * MS - 1)
    assert 1_000 * 10 == market.book.asks.levels(1)[0].size

    prints = market.advance(T0_NS + 20 * MS)

    assert [Print(T0_NS + 20 * MS, 1_001, 4_000, is_buy=True)] == prints
    assert (1_001, 6_000) == market.book.asks.levels(1)[0]

    assert [] == market.advance(T0_NS + 100_000 * MS)  # the insurance fund trades in private
    assert 999 == market.book.bids.best()
    assert (1_004, 40_000) == market.book.asks.levels()[-1]
    assert T0_NS + 40 * MS == market.record.now_ns


def test_feeds_that_overtook_each_other_are_put_in_order() -> None:
    """A trade that arrived two seconds late is played at its time, before the book of that time."""
    done, change = TapeTrade(1, 1, is_buy=True), TapeDiff((), (), 1, 1, 0)
    late, early = 3_000 * MS, 1_000 * MS
    arrived = [TapeEvent(late, change), TapeEvent(early, done), TapeEvent(late, done)]

    assert [(early, done), (late, done), (late, change)] == list(in_order(arrived))


def test_an_event_that_is_too_late_is_an_error() -> None:
    """What cannot be put in order any more is not played out of order."""
    one = TapeTrade(1, 1, is_buy=True)
    events = [TapeEvent(second * 1_000 * MS, one) for second in (0, 3, 9, 1)]

    with pytest.raises(FeedError, match="late; at most 5 s can be put in order"):
        list(in_order(events))


def test_a_gap_in_the_diffs_is_an_error(tmp_path: Path) -> None:
    """A book with an update missing is no book."""
    market = play(write_tape(tmp_path, small(diff(60, (30, 31, 29), [], []))))
    market.advance(T0_NS + 59 * MS)

    with pytest.raises(FeedError, match="expected the depth diff after update 9, was one after 29"):
        market.advance(T0_NS + 60 * MS)


@pytest.mark.parametrize(
    ("price", "size", "complaint"),
    [
        ("100.123456", "1.0", "expected a multiple of 0.1, was '100.123456'"),
        ("-100.0", "1.0", "expected a price above 0"),
        ("100.0", "-1.0", "expected a size of at least 0"),
        ("nan", "1.0", "expected a number, was 'nan'"),
        ("100.0", "inf", "expected a number, was 'inf'"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    tmp_path: Path, price: str, size: str, complaint: str
) -> None:
    """NaN, infinity, negative numbers and prices off the lattice end the tape, loudly."""
    frame = diff(60, (10, 11, 9), [[price, size]], [])

    with pytest.raises(FeedError, match=f"line 7: {complaint}"):
        play(write_tape(tmp_path, small(frame)))


def test_a_settlement_takes_rate_and_mark_of_its_first_message(tmp_path: Path) -> None:
    """Before it the old rate holds; the estimate is never what is settled."""
    due = 3_000
    tail = [
        mark(1_000, "100.00000000", "0.00010000", due),
        mark(2_000, "100.50000000", "0.00020000", due),
        mark(3_010, "101.25000000", "0.00030000", due),
        mark(4_000, "102.00000000", "0.00040000", due + 28_800_000),
    ]
    market = play(write_tape(tmp_path, small(*tail)))
    funding = market.record.funding
    market.advance(T0_NS + 3_000 * MS)

    assert T0_NS + due * MS == funding.next_ns
    assert Decimal("0.0002") == funding.estimate
    assert funding.last_ns < T0_NS

    market.advance(T0_NS + 3_010 * MS)
    settled = funding.page(from_ns=0, to_ns=2**63, limit=1)[0]

    assert (T0_NS + due * MS, Decimal("0.0003"), "101.25") == (
        settled.ns,
        settled.rate,
        settled.mark,
    )

    market.advance(T0_NS + 4_000 * MS)

    assert T0_NS + (due + 28_800_000) * MS == funding.next_ns
    assert Decimal("0.0004") == funding.estimate
    assert 102.0 == market.record.mark


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"not gzip at all", "a readable gzip file"),
        (None, "a readable gzip file"),
    ],
)
def test_a_file_that_is_no_tape_is_refused(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    """A missing or foreign file is a wrong setting, said before anything listens."""
    path = tmp_path / "x.raw.jsonl.gz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=complaint):
        open_tape(path, None)


def test_a_cut_off_tape_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    """The file is read through once before it is played."""
    path = write_tape(tmp_path, small())
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(ConfigError, match="a readable gzip file"):
        open_tape(path, None)


def test_a_tape_without_book_or_of_another_symbol_is_refused(tmp_path: Path) -> None:
    """Its facts must be there, and agree with what was asked for."""
    trades_only = write_tape(tmp_path, [trade(0, "100.0", "1.0", is_sell=True)])
    with pytest.raises(ConfigError, match="a depth snapshot and a trade"):
        open_tape(trades_only, None)

    with pytest.raises(ConfigError, match="expected BTCUSDT, was 'ETHUSDT'"):
        open_tape(write_tape(tmp_path, small()), "ETHUSDT")


# --- Parquet ------------------------------------------------------------------------------------


def write_parquet(folder: Path, *, names: str = "my") -> None:
    """Write a book of two levels and two trades, as a user would."""
    t0 = T0_NS // MS
    book = {
        "ts_ms": [t0, t0 + 100],
        "bp0": [100.0, 100.1], "bq0": [1.0, 2.0], "bp1": [99.9, float("nan")], "bq1": [3.0, 4.0],
        "ap0": [100.2, 100.3], "aq0": [1.5, 2.5],
    }  # fmt: skip
    trades = {
        "ts_ms": [t0 + 50, t0 + 150],
        "price": [100.2, 100.1],
        "qty": [0.5, 0.25],
        "buyer_is_maker": [False, True],
    }
    pq.write_table(pa.table(book), folder / f"{names}_book.parquet")
    pq.write_table(pa.table(trades), folder / f"{names}_trades.parquet")


def test_a_users_own_parquet_pair_is_played(tmp_path: Path) -> None:
    """A book and a trades file are enough; without mark prices the formula gives the mark."""
    write_parquet(tmp_path)
    market = play(tmp_path, "BTCUSDT", Decimal("0.0002"))

    assert [Print(T0_NS + 50 * MS, 1_002, 5_000, is_buy=True)] == market.advance(T0_NS + 99 * MS)
    assert [(1_000, 10_000), (999, 30_000)] == market.book.bids.levels()
    assert [Print(T0_NS + 150 * MS, 1_001, 2_500, is_buy=False)] == market.advance(2**63)
    assert [(1_001, 20_000)] == market.book.bids.levels()
    assert T0_NS + 150 * MS == market.end_ns
    assert Decimal("0.0002") == market.record.funding.estimate


def test_a_pair_that_does_not_name_its_symbol_needs_it_said(tmp_path: Path) -> None:
    """Nothing is guessed."""
    write_parquet(tmp_path)

    with pytest.raises(ConfigError, match="say --symbols"):
        open_tape(tmp_path, None)

    named = tmp_path / "named"
    named.mkdir()
    write_parquet(named, names="feed_XRPUSDT_may")

    assert "XRPUSDT" == open_tape(named, None).facts.contract.symbol


def test_an_ambiguous_or_incomplete_directory_is_refused(tmp_path: Path) -> None:
    """The error says what was found and what to do."""
    with pytest.raises(ConfigError, match=r"exactly one \*book\*.parquet \(found: none\)"):
        open_tape(tmp_path, "BTCUSDT")
    write_parquet(tmp_path, names="a")
    write_parquet(tmp_path, names="b")
    with pytest.raises(ConfigError, match=r"found: a_book.parquet, b_book.parquet"):
        open_tape(tmp_path, "BTCUSDT")

    assert 1_000 < open_tape(tmp_path / "a", "BTCUSDT").facts.first_price

    pq.write_table(pa.table({"ts_ms": [1], "price": [1.0]}), tmp_path / "a_trades.parquet")
    with pytest.raises(ConfigError, match="columns qty, buyer_is_maker"):
        open_tape(tmp_path / "a", "BTCUSDT")


def test_a_single_foreign_file_is_refused(tmp_path: Path) -> None:
    """A CSV is no tape."""
    path = tmp_path / "trades.csv"
    path.write_text("x", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"a \*.raw.jsonl.gz file"):
        open_tape(path, None)


# --- the real recordings ------------------------------------------------------------------------


def test_the_tape_of_2023_settles_as_it_was_recorded(tape_2023: Path) -> None:
    """Rate and mark are those of the message 10 ms after midnight, not the estimate before."""
    market = play(tape_2023)
    funding = market.record.funding
    market.advance(MIDNIGHT_NS + 9 * MS)

    assert MIDNIGHT_NS == funding.next_ns
    assert Decimal("0.00002754") == funding.estimate

    market.advance(MIDNIGHT_NS + 10 * MS)
    settled = funding.page(from_ns=0, to_ns=2**63, limit=1)[0]

    assert MIDNIGHT_NS == settled.ns
    assert Decimal("0.0000276") == settled.rate
    assert "28155.1" == settled.mark
    assert MIDNIGHT_NS + 28_800_000 * MS == funding.next_ns


def test_the_tape_of_2023_is_played_whole(tape_2023: Path) -> None:
    """All public trades, no crossed book, and silence for five seconds after midnight."""
    market = play(tape_2023)
    prints: list[Print] = []
    now_ns = market.record.now_ns
    while now_ns < market.end_ns:
        now_ns += 100 * MS
        prints += market.advance(now_ns)
        if market.book.is_known():
            assert market.book.bids.best() < market.book.asks.best()

    assert 1_680_653_214_681 * MS == market.end_ns
    assert 12_934 == len(prints)  # one of the 12,935 is the insurance fund's
    assert all(one.ns <= other.ns for one, other in pairwise(prints))
    pause = [one.ns for one in prints if MIDNIGHT_NS - 35 * MS < one.ns < MIDNIGHT_NS + 4_962 * MS]
    assert [] == pause


def test_raw_and_derived_tapes_agree(tape_2023: Path, derived_2023: Path) -> None:
    """The same recording in both formats gives the same prints and the same top of the book."""
    raw, derived = play(tape_2023), play(derived_2023)
    prints_raw: list[Print] = []
    prints_derived: list[Print] = []
    for now_ns in range(1_680_652_701_000 * MS, 1_680_653_214_600 * MS, 500 * MS):
        prints_raw += raw.advance(now_ns - 1)  # a derived window holds what was before its stamp
        prints_derived += derived.advance(now_ns)
        assert raw.book.bids.levels(20) == derived.book.bids.levels()
        assert raw.book.asks.levels(20) == derived.book.asks.levels()

    end_ns = 1_680_653_214_600 * MS
    assert prints_raw + raw.advance(end_ns) == prints_derived + derived.advance(end_ns)
    assert raw.record.funding.page(from_ns=0, to_ns=2**63, limit=2) == (
        derived.record.funding.page(from_ns=0, to_ns=2**63, limit=2)
    )


def test_the_tape_of_2024_gets_mark_and_funding_by_formula(tape_2024: Path) -> None:
    """It records neither: the mark keeps to the mid, and the given rate is settled at midnight."""
    midnight_ns = 1_721_347_200_000 * MS
    market = play(tape_2024, rate=Decimal("0.00005"))
    market.advance(midnight_ns)
    mid = market.book.mid() * market.record.contract.tick
    settled = market.record.funding.page(from_ns=0, to_ns=2**63, limit=1)[0]

    assert pytest.approx(mid, rel=1e-4) == market.record.mark
    assert (midnight_ns, Decimal("0.00005")) == (settled.ns, settled.rate)
