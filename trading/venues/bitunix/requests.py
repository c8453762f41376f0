"""Bitunix's public GET requests, as values.

Source: Bitunix docs "Market"; documented limit 10 requests a second and address. Spans are paged
backwards by ``endTime`` alone: a reply is the newest rows before it, wherever ``startTime`` lies,
and the documented name of the history's start is a misspelling nobody was seen using.
"""

from __future__ import annotations

from typing import Final

from trading.errors import ConfigError
from trading.model.numbers import NS_PER_MS
from trading.venues.base import Pacing, Purpose, RestRequest
from trading.venues.bitunix.intervals import interval_name

REST_URL: Final = "https://fapi.bitunix.com"
WS_URL: Final = "wss://fapi.bitunix.com/public/"

# A connection is dropped after 27 to 81 s without a client message (captures differ), and at more
# than 5 client messages a second; the vendor's own clients ping every 3 to 10 s.
PACING: Final = Pacing(requests_per_s=10.0, client_messages_per_s=5.0, keepalive_every_s=7.0)

PAGE_ROWS_MAX: Final = 200

_MARKET: Final = "/api/v1/futures/market/"


def candles_request(symbol: str, interval_s: int, start_ns: int, end_ns: int) -> RestRequest:
    """Return the request for the newest page of bars opening in ``[start_ns, end_ns)``.

    Raises:
        ConfigError: when the venue has no such bars, or the span is empty.
    """
    name = interval_name(interval_s)
    _check_span("candles", start_ns, end_ns)
    return RestRequest(
        purpose=Purpose.CANDLES,
        symbol=symbol,
        path=_MARKET + "kline",
        query=(
            ("symbol", symbol),
            ("interval", name.rest),
            # One less is right whether the venue includes the bound (one capture) or not
            # (another, and the docs).
            ("endTime", str(end_ns // NS_PER_MS - 1)),
            ("limit", str(PAGE_ROWS_MAX)),
            ("type", "LAST_PRICE"),
        ),
        interval_s=interval_s,
        start_ns=start_ns,
        end_ns=end_ns,
    )


def funding_rate_request(symbol: str) -> RestRequest:
    """Return the request for the rate of the running funding interval."""
    return RestRequest(
        purpose=Purpose.FUNDING_RATE,
        symbol=symbol,
        path=_MARKET + "funding_rate",
        query=(("symbol", symbol),),
    )


def funding_history_request(symbol: str, start_ns: int, end_ns: int) -> RestRequest:
    """Return the request for the settlements in ``[start_ns, end_ns)``: the newest 200 of them.

    Raises:
        ConfigError: when the span is empty.
    """
    _check_span("funding history", start_ns, end_ns)
    return RestRequest(
        purpose=Purpose.FUNDING_HISTORY,
        symbol=symbol,
        path=_MARKET + "get_funding_rate_history",
        query=(
            ("symbol", symbol),
            # Rounded up, so that a settlement just inside the span is answered whether the venue
            # includes the bound or not; what lies beyond the span is left out by the decoder.
            ("endTime", str(-(-end_ns // NS_PER_MS))),
            ("limit", str(PAGE_ROWS_MAX)),
        ),
        start_ns=start_ns,
        end_ns=end_ns,
    )


def instrument_requests(symbol: str) -> tuple[RestRequest, ...]:
    """Return the requests for a symbol's trading rules and for its margin tiers, in this order."""
    return (
        RestRequest(
            purpose=Purpose.INSTRUMENT,
            symbol=symbol,
            path=_MARKET + "trading_pairs",
            query=(("symbols", symbol),),
        ),
        RestRequest(
            purpose=Purpose.TIERS,
            symbol=symbol,
            path="/api/v1/futures/position/get_position_tiers",
            query=(("symbol", symbol),),
        ),
    )


def _check_span(what: str, start_ns: int, end_ns: int) -> None:
    if not 0 <= start_ns < end_ns:
        raise ConfigError(
            f"{what} span",
            (start_ns, end_ns),
            "0 <= start_ns < end_ns",
            "ask for a span that is not empty",
        )
