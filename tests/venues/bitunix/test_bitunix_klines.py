"""Kline replies: which bars are closed, and which volume is which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.venues.bitunix.kline_examples import (
    CLOSED,
    FORMING,
    MINUTE,
    MS,
    OPEN_ABOVE_HIGH,
    PAGE,
    RECEIVED_NS,
    REQUEST,
    Row,
    bars,
    flipped,
    reply,
)
from trading.model.events import CandleUpdate, FrameRejected
from trading.venues.base import RestRequest
from trading.venues.bitunix.klines import (
    REST_KLINE,
    decode_candles,
    is_quote_vol_usdt,
    next_candles_request,
)
from trading.venues.bitunix.requests import candles_request
from trading.venues.bitunix.wire import KlineRow


def rejections(request: RestRequest, body: bytes) -> list[str]:
    """Return what a reply is rejected for."""
    events = decode_candles(request, body, RECEIVED_NS)
    return [event.reason for event in events if isinstance(event, FrameRejected)]


# --- one page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("orient", [dict, flipped], ids=["natural names", "legacy names"])
def test_closed_bars_come_oldest_first_whatever_the_names(orient: type[Row]) -> None:
    """Both orientations give the same bars; the forming one is left out."""
    body = reply([orient(row) for row in PAGE])

    assert [
        CandleUpdate(
            "BTCUSDT",
            1_789_999_980_000 * MS,
            RECEIVED_NS,
            60,
            1_789_999_920_000 * MS,
            86495.6,
            86494.8,
            86470.0,
            86488.9,
            17.0421,
            1473952.48269,
            is_closed=True,
        ),
        CandleUpdate(
            "BTCUSDT",
            1_790_000_040_000 * MS,
            RECEIVED_NS,
            60,
            1_789_999_980_000 * MS,
            86488.9,
            86503.2,
            86471.3,
            86500.4,
            21.883,
            1892888.2532,
            is_closed=True,
        ),
    ] == bars(REQUEST, body)


def test_a_bar_is_closed_from_its_last_nanosecond_on() -> None:
    """It counts when the span's end has reached the bar's, and not one nanosecond before."""
    start_ns = 1_790_000_040_000 * MS
    early = candles_request("BTCUSDT", 60, start_ns, start_ns + MINUTE - 1)
    due = candles_request("BTCUSDT", 60, start_ns, start_ns + MINUTE)

    assert [] == bars(early, reply(PAGE))
    assert [start_ns] == [bar.open_ns for bar in bars(due, reply(PAGE))]


def test_bars_before_the_span_are_left_out() -> None:
    """A page is the newest rows, however far back they reach."""
    request = candles_request("BTCUSDT", 60, 1_789_999_920_001 * MS, 1_790_000_050_000 * MS)

    assert [1_789_999_980_000 * MS] == [bar.open_ns for bar in bars(request, reply(PAGE))]


def test_an_empty_page_gives_nothing() -> None:
    """The end of the history is no error."""
    assert () == decode_candles(REQUEST, reply([]), RECEIVED_NS)


def test_numbers_in_place_of_strings_are_read_too() -> None:
    """The docs' examples print numbers, and may come true one day."""
    row = {
        key: int(str(value)) if key == "time" else float(str(value))
        for key, value in CLOSED.items()
    }

    assert bars(REQUEST, reply([CLOSED])) == bars(REQUEST, reply([row]))


def test_order_and_repetition_on_the_wire_do_not_matter() -> None:
    """Each bar is given once, oldest first."""
    shuffled = [OPEN_ABOVE_HIGH, FORMING, CLOSED]
    events = decode_candles(REQUEST, reply([*shuffled, CLOSED]), RECEIVED_NS)

    assert tuple(bars(REQUEST, reply(PAGE))) == events[:2]
    assert (
        FrameRejected(RECEIVED_NS, REST_KLINE, "1 of 4 rows: a bar that was there already"),
    ) == events[2:]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"high": "86471.2"}, "high is below low"),
        ({"close": "NaN"}, "Expected `float` > 0.0 - at `$.close`"),
        ({"open": "0"}, "Expected `float` > 0.0 - at `$.open`"),
        ({"low": "-1"}, "Expected `float` > 0.0 - at `$.low`"),
        ({"high": "1e999"}, "out of range"),
        ({"high": "inf"}, "Expected `float` < "),
        ({"quoteVol": "-1"}, "Expected `float` >= 0.0"),
        ({"quoteVol": None}, "Expected `float`, got `null`"),
        ({"time": "111111"}, "Expected `int` >= 946684800000"),
        ({"time": "1789999980001"}, "not a multiple of the interval"),
    ],
)
def test_a_broken_row_costs_only_itself(changes: Row, words: str) -> None:
    """The other bars are given, and the fault is told of with its count."""
    body = reply([FORMING, {**CLOSED, **changes}, OPEN_ABOVE_HIGH])

    events = decode_candles(REQUEST, body, RECEIVED_NS)

    assert [1_789_999_920_000 * MS] == [e.open_ns for e in events if isinstance(e, CandleUpdate)]
    (reason,) = rejections(REQUEST, body)
    assert reason.startswith("1 of 3 rows: ")
    assert words in reason


def test_a_thousand_faults_of_one_kind_are_one_rejection() -> None:
    """What is told stays short."""
    body = reply([{**CLOSED, "open": "NaN"}] * 1_000)

    assert ["1000 of 1000 rows: Expected `float` > 0.0 - at `$.open`"] == rejections(REQUEST, body)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"code":0,"data":{}}', b'{"code":2,"data":[]}', b"[" * 99_999]
)
def test_an_unreadable_reply_is_one_rejection_and_ends_the_paging(body: bytes) -> None:
    """Nothing raises, and nobody asks on from it."""
    (event,) = decode_candles(REQUEST, body, RECEIVED_NS)

    assert isinstance(event, FrameRejected)
    assert REST_KLINE == event.channel
    assert next_candles_request(REQUEST, body) is None


# --- volumes ----------------------------------------------------------------------------------


def kline(price: float, quote_vol: float, base_vol: float, *, width: float = 0.001) -> KlineRow:
    """Return a row around a price."""
    return KlineRow(
        time=1_789_999_980_000,
        open=price,
        high=price * (1 + width),
        low=price * (1 - width),
        close=price,
        quote_vol=quote_vol,
        base_vol=base_vol,
    )


@pytest.mark.parametrize(
    ("price", "quote_vol", "base_vol", "expected"),
    [
        (60_000.0, 60_000.0, 1.0, True),
        (60_000.0, 1.0, 60_000.0, False),
        (0.00001, 1.0, 100_000.0, True),
        (0.00001, 100_000.0, 1.0, False),
        (1.02, 102.0, 100.0, True),
        (1.02, 100.0, 102.0, False),
        (1.0, 5.0, 5.0, None),
        (60_000.0, 0.0, 0.0, None),
        (60_000.0, 60_000.0, 0.0, None),
        (60_000.0, 7.0, 5.0, None),
    ],
)
def test_the_volume_that_is_usdt_is_found_by_its_size(
    price: float, quote_vol: float, base_vol: float, *, expected: bool | None
) -> None:
    """USDT over coin is the bar's price; the names are not asked."""
    assert expected is is_quote_vol_usdt(kline(price, quote_vol, base_vol))


@given(
    price=st.floats(1e-6, 1e6),
    coins=st.floats(1e-3, 1e6),
    place=st.floats(-1, 1),
    width=st.floats(1e-4, 0.05),
)
def test_both_orientations_of_a_row_are_opposite(
    price: float, coins: float, place: float, width: float
) -> None:
    """Renaming the columns turns the answer, wherever in its range the bar was traded."""
    usdt = coins * price * (1 + place * width)
    natural = is_quote_vol_usdt(kline(price, usdt, coins, width=width))
    legacy = is_quote_vol_usdt(kline(price, coins, usdt, width=width))

    if usdt == coins:
        assert natural is None
        assert legacy is None
    elif not 0.85 < price < 1.15:
        assert natural is True
        assert legacy is False


def test_a_row_that_fits_neither_is_kept_and_read_like_the_others() -> None:
    """Its prices are right; the others tell which column is which, and the fault is told of."""
    odd = {**flipped(OPEN_ABOVE_HIGH), "baseVol": "999.5", "quoteVol": "17.0421"}
    body = reply([flipped(FORMING), flipped(CLOSED), odd])

    events = decode_candles(REQUEST, body, RECEIVED_NS)

    assert [(17.0421, 999.5), (21.883, 1892888.2532)] == [
        (e.volume, e.turnover) for e in events if isinstance(e, CandleUpdate)
    ]
    assert ["1 of 3 rows: volumes fit neither orientation, bar kept"] == rejections(REQUEST, body)


def test_a_bar_without_trades_is_no_fault() -> None:
    """Both volumes are zero whatever their names."""
    quiet = {**CLOSED, "quoteVol": "0", "baseVol": "0"}

    assert [(0.0, 0.0)] == [(b.volume, b.turnover) for b in bars(REQUEST, reply([quiet]))]
