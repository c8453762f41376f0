"""Requests as values."""

from __future__ import annotations

import pytest

from trading.errors import ConfigError
from trading.venues.base import Purpose
from trading.venues.bitunix.requests import (
    PACING,
    candles_request,
    funding_history_request,
    funding_rate_request,
    instrument_requests,
)

T0 = 1_789_999_920_000_000_000
MINUTE = 60_000_000_000


def test_candles_are_asked_for_backwards_from_the_end() -> None:
    """One less than the span's end is right under both readings of endTime; no start is sent."""
    request = candles_request("BTCUSDT", 60, T0, T0 + 3 * MINUTE)

    assert "/api/v1/futures/market/kline" == request.path
    assert (
        ("symbol", "BTCUSDT"),
        ("interval", "1m"),
        ("endTime", "1790000099999"),
        ("limit", "200"),
        ("type", "LAST_PRICE"),
    ) == request.query
    assert (Purpose.CANDLES, 60, T0, T0 + 3 * MINUTE) == (
        request.purpose,
        request.interval_s,
        request.start_ns,
        request.end_ns,
    )


def test_a_wrong_interval_never_reaches_the_venue() -> None:
    """It would be answered with success and an empty list."""
    with pytest.raises(ConfigError, match="interval_s"):
        candles_request("BTCUSDT", 180, T0, T0 + MINUTE)


@pytest.mark.parametrize(("start_ns", "end_ns"), [(T0, T0), (T0 + 1, T0), (-1, T0)])
def test_an_empty_span_is_refused(start_ns: int, end_ns: int) -> None:
    """Nobody can want no bars and no settlements."""
    with pytest.raises(ConfigError, match="candles span"):
        candles_request("BTCUSDT", 60, start_ns, end_ns)
    with pytest.raises(ConfigError, match="funding history span"):
        funding_history_request("BTCUSDT", start_ns, end_ns)


def test_a_settlement_just_inside_the_span_is_asked_for() -> None:
    """The end is rounded up to whole milliseconds: exclusive or not, the settlement is answered."""
    request = funding_history_request("BTCUSDT", T0, T0 + 1)

    assert dict(request.query)["endTime"] == "1789999920001"
    assert {"startTime", "starTime"}.isdisjoint(dict(request.query))


def test_the_other_requests_name_the_documented_paths() -> None:
    """Paths and parameters are those of the venue's pages."""
    pairs, tiers = instrument_requests("BTCUSDT")

    assert ("/api/v1/futures/market/trading_pairs", (("symbols", "BTCUSDT"),)) == (
        pairs.path,
        pairs.query,
    )
    assert ("/api/v1/futures/position/get_position_tiers", (("symbol", "BTCUSDT"),)) == (
        tiers.path,
        tiers.query,
    )
    assert "/api/v1/futures/market/funding_rate" == funding_rate_request("BTCUSDT").path
    assert (
        "/api/v1/futures/market/get_funding_rate_history"
        == funding_history_request("BTCUSDT", T0, T0 + 1).path
    )


def test_the_pacing_stays_inside_the_documented_limits() -> None:
    """Ten requests and five messages a second; a ping well before the shortest seen idle drop."""
    assert 10.0 == PACING.requests_per_s
    assert 5.0 == PACING.client_messages_per_s
    assert 5.0 <= PACING.keepalive_every_s <= 10.0
