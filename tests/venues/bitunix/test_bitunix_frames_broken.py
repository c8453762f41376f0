"""Broken push frames: every way one can be wrong is one rejection that says why."""

from __future__ import annotations

import pytest

from tests.venues.bitunix.push_examples import (
    BOOK,
    KLINE,
    NO_SUCH_SYMBOL,
    PRICE,
    PUSHES,
    RECEIVED_NS,
    TRADE,
    Json,
    compact,
    with_data,
    without_data,
)
from trading.model.events import BookUpdate, FrameRejected
from trading.venues.bitunix.frames import decode_frame


def rejection(frame: bytes) -> FrameRejected:
    """Return the one rejection a bad frame gives."""
    (event,) = decode_frame(frame, RECEIVED_NS)
    assert isinstance(event, FrameRejected)
    assert RECEIVED_NS == event.received_ns
    return event


@pytest.mark.parametrize(
    ("frame", "channel", "words"),
    [
        (b"", "unreadable", "truncated"),
        (b"hello", "unreadable", "malformed"),
        (b"<html><body>502 Bad Gateway</body></html>", "unreadable", "HTML instead of JSON"),
        (b"\n <!DOCTYPE html>", "unreadable", "HTML instead of JSON"),
        (b"[]", "unreadable", "Expected `object`"),
        (b"null", "unreadable", "Expected `object`"),
        (b"{}", "unreadable", 'neither "ch" nor "op" in it'),
        (b'{"ch":"price"', "unreadable", "truncated"),
        (b'{"ch":"price"}', "price", "missing required field"),
        (b'{"ch":5}', "unreadable", "Expected `str | null`"),
        (b'{"ch":"price","symbol":"\xff"}', "price", "not UTF-8"),
        (b'{"ch":"price","z":' + b"[" * 99_999, "unreadable", "nested too deeply"),
        (b'{"z":' + b"[" * 99_999, "unreadable", "nested too deeply"),
        (compact({**BOOK, "ch": "depth_books"}), "depth_books", "unknown channel 'depth_books'"),
        (compact({**KLINE, "ch": "mark_kline_1min"}), "mark_kline_1min", "unknown channel"),
        (compact({**PRICE, "ch": "x" * 9_999}), "x" * 157 + "...", "unknown channel"),
        (compact(NO_SUCH_SYMBOL), "depth_book15", "the venue does not push this symbol"),
        (compact({**TRADE, "data": []}), "trade", "no trades in it"),
        (with_data(KLINE, h="86000", l="86001"), "market_kline_1min", "is below low"),
        (with_data(BOOK, b=[["1", "1"], ["2", "1"]]), "depth_book15", "bids are not best first"),
        (with_data(BOOK, b=[["2", "3"], ["2", "1"]]), "depth_book15", "bids are not best first"),
        (with_data(BOOK, a=[["2", "1"], ["1", "1"]]), "depth_book15", "asks are not best first"),
        (with_data(BOOK, a=[["2", "1"], ["2", "3"]]), "depth_book15", "asks are not best first"),
    ],
)
def test_a_frame_that_cannot_be_understood_is_one_rejection(
    frame: bytes, channel: str, words: str
) -> None:
    """The reason is short and the channel is named where it can be."""
    rejected = rejection(frame)

    assert channel == rejected.channel
    assert words in rejected.reason
    assert len(rejected.reason) < 200


BAD_PRICES: list[object] = [
    "NaN",
    "nan",
    "inf",
    "-Infinity",
    "1e400",
    "-1",
    "-0.1",
    "0",
    "",
    "abc",
    "1,5",
    None,
]
BAD_PRICES += [True, [], {}, 0, -1, 1e13]
BAD_SIZES = [value for value in BAD_PRICES if value not in ("0", 0, 1e13)] + ["1e19"]


@pytest.mark.parametrize("value", BAD_PRICES, ids=str)
def test_a_price_that_is_none_is_refused_everywhere(value: object) -> None:
    """Not finite, not positive, not a number: in a book, mark, bar or print alike."""
    frames = [
        with_data(BOOK, b=[[value, "1"]]),
        with_data(BOOK, a=[[value, "1"]]),
        with_data(PRICE, mp=value),
        with_data(PRICE, ip=value),
        *(with_data(KLINE, **{name: value}) for name in "ohlc"),
        compact(
            {**TRADE, "data": [{"t": "2026-09-21T14:14:30Z", "p": value, "v": "1", "s": "buy"}]}
        ),
    ]

    assert 9 == len([rejection(frame) for frame in frames])


@pytest.mark.parametrize("value", BAD_SIZES, ids=str)
def test_a_size_that_is_none_is_refused_everywhere(value: object) -> None:
    """A size may be zero, but not negative, infinite or absent."""
    frames = [
        with_data(BOOK, b=[["1", value]]),
        with_data(BOOK, a=[["1", value]]),
        *(with_data(KLINE, **{name: value}) for name in "bq"),
        compact(
            {**TRADE, "data": [{"t": "2026-09-21T14:14:30Z", "p": "1", "v": value, "s": "buy"}]}
        ),
    ]

    assert 5 == len([rejection(frame) for frame in frames])


@pytest.mark.parametrize("push", PUSHES, ids=lambda p: str(p["ch"]))
@pytest.mark.parametrize(
    "ts",
    [
        *(0, -1, 1_790_000_070, 1_790_000_070_690_000, 946_684_799_999, 4_102_444_800_000),
        *("", "x", "9" * 5_000, None, True, 1.5),
    ],
    ids=lambda ts: str(ts)[:20],
)
def test_a_stamp_outside_this_century_is_refused(push: Json, ts: object) -> None:
    """Seconds, microseconds and nonsense are not milliseconds of the years 2000 to 2099."""
    rejection(compact({**push, "ts": ts}))


@pytest.mark.parametrize("push", PUSHES, ids=lambda p: str(p["ch"]))
@pytest.mark.parametrize("name", ["symbol", "ts", "data"])
def test_a_missing_part_of_the_envelope_is_refused(push: Json, name: str) -> None:
    """Nothing is filled in by guess."""
    frame = compact({key: value for key, value in push.items() if key != name})

    assert f"missing required field `{name}`" in rejection(frame).reason


@pytest.mark.parametrize(
    ("push", "name"),
    [(BOOK, "b"), (BOOK, "a"), (PRICE, "mp"), (PRICE, "ip"), *((KLINE, n) for n in "ohlcbq")],
)
def test_a_missing_field_of_the_data_is_refused(push: Json, name: str) -> None:
    """Only the funding fields of a price may be absent."""
    assert f"missing required field `{name}`" in rejection(without_data(push, name)).reason


@pytest.mark.parametrize("symbol", ["", "X" * 33, 5, None])
def test_a_symbol_that_is_none_is_refused(symbol: object) -> None:
    """A symbol is 1 to 32 characters."""
    rejection(compact({**BOOK, "symbol": symbol}))


@pytest.mark.parametrize("side", ["", "BUY", "Buy", "hold", None, 1])
def test_an_unknown_side_is_refused(side: object) -> None:
    """Sides are written in lower case; anything else is not guessed at."""
    rejection(
        compact({**TRADE, "data": [{"t": "2026-09-21T14:14:30Z", "p": "1", "v": "1", "s": side}]})
    )


@pytest.mark.parametrize(
    "time", ["", "now", "2026-09-21", "1999-01-01T00:00:00Z", "2026-02-30T00:00:00.5Z", 1, None]
)
def test_a_print_without_a_time_is_refused(time: object) -> None:
    """Even where the frame's stamp would be used instead."""
    rejection(compact({**TRADE, "data": [{"t": time, "p": "1", "v": "1", "s": "buy"}]}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("fr", "NaN"), ("fr", "1000"), ("fr", "x"), ("ft", "yesterday"), ("nft", 1790006400000)],
)
def test_a_funding_field_that_is_there_must_be_right(name: str, value: object) -> None:
    """Absent is fine, wrong is not."""
    rejection(with_data(PRICE, **{name: value}))


def test_a_crossed_book_is_left_to_the_engine() -> None:
    """It was understood; whether it may be used is not the codec's judgement."""
    (event,) = decode_frame(with_data(BOOK, b=[["9", "1"]], a=[["8", "1"]]), RECEIVED_NS)

    assert isinstance(event, BookUpdate)


def test_an_empty_side_is_left_to_the_engine() -> None:
    """A window without asks is a fact of the market."""
    (event,) = decode_frame(with_data(BOOK, a=[]), RECEIVED_NS)

    assert isinstance(event, BookUpdate)
    assert () == event.asks
