"""The whole venue behind the face that others see."""

from __future__ import annotations

import json

import pytest

from trading.errors import ConfigError, TransientVenueError
from trading.model.events import CandleUpdate, FrameRejected, FundingRate, FundingSettled
from trading.venues.base import Purpose, Venue
from trading.venues.bitunix import Bitunix

VENUE: Venue = Bitunix()
T0 = 1_789_999_920_000_000_000
MINUTE = 60_000_000_000


def test_one_message_subscribes_every_channel() -> None:
    """Book, mark price, bars of the asked length and trades, in the documented shape."""
    (message,) = VENUE.subscriptions("BTCUSDT", 3_600)

    assert {
        "op": "subscribe",
        "args": [
            {"symbol": "BTCUSDT", "ch": "depth_book15"},
            {"symbol": "BTCUSDT", "ch": "price"},
            {"symbol": "BTCUSDT", "ch": "market_kline_60min"},
            {"symbol": "BTCUSDT", "ch": "trade"},
        ],
    } == json.loads(message)


def test_bars_the_venue_has_not_are_never_subscribed() -> None:
    """The venue would pass over the wrong name in silence."""
    with pytest.raises(ConfigError, match="interval_s"):
        VENUE.subscriptions("BTCUSDT", 61)


def test_the_keepalive_is_the_venues_own_ping_in_seconds() -> None:
    """Not a ping of the WebSocket protocol, which the venue hangs up on."""
    assert b'{"op":"ping","ping":1790000060}' == VENUE.keepalive(1_790_000_060_999_999_999)


def test_its_own_messages_give_no_events() -> None:
    """An echo of what we say is not market data."""
    assert () == VENUE.decode_frame(VENUE.keepalive(T0), T0)


def test_each_reply_is_decoded_by_what_was_asked() -> None:
    """The purpose of the request decides."""
    candle = (
        b'{"code":0,"data":[{"time":"1789999920000","open":"1","high":"2","low":"1","close":"2",'
        b'"quoteVol":"3","baseVol":"2"}]}'
    )
    rate = (
        b'{"code":0,"data":{"symbol":"BTCUSDT","fundingRate":"0.01","fundingInterval":8,'
        b'"nextFundingTime":"1790006400000"}}'
    )
    past = (
        b'{"code":0,"data":[{"fundingRate":"0.0001","fundingTime":"1789999920000",'
        b'"markPrice":"86301.4"}]}'
    )
    cases = [
        (VENUE.candles_request("BTCUSDT", 60, T0, T0 + MINUTE), candle, CandleUpdate),
        (VENUE.funding_rate_request("BTCUSDT"), rate, FundingRate),
        (VENUE.funding_history_request("BTCUSDT", T0, T0 + 1), past, FundingSettled),
    ]

    for request, body, expected in cases:
        VENUE.check_reply(request, 200, body)
        assert [expected] == [type(event) for event in VENUE.decode_reply(request, body, T0)]


def test_a_reply_without_events_says_so() -> None:
    """Trading rules are not market events; they have a decoder of their own."""
    pairs, _ = VENUE.instrument_requests("BTCUSDT")

    (event,) = VENUE.decode_reply(pairs, b'{"code":0,"data":[]}', T0)

    assert Purpose.INSTRUMENT is pairs.purpose
    assert isinstance(event, FrameRejected)
    assert "holds no events" in event.reason


def test_the_instrument_needs_one_reply_a_request() -> None:
    """Replies belong to ``instrument_requests`` in order; an unusable one is named."""
    with pytest.raises(TransientVenueError, match="instrument of BTCUSDT"):
        VENUE.decode_instrument("BTCUSDT", (b"", b""), taker_fee_bps=6, maker_fee_bps=2)


def test_decoding_twice_gives_the_same() -> None:
    """A journal that kept the bytes can be decoded again to the very same events."""
    frame = (
        b'{"ch":"trade","symbol":"BTCUSDT","ts":1790000070598,'
        b'"data":[{"t":"2026-09-21T14:14:30Z","p":"1","v":"1","s":"buy"}]}'
    )

    assert VENUE.decode_frame(frame, T0) == Bitunix().decode_frame(frame, T0)
