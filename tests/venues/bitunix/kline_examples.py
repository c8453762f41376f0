"""Kline replies of the protocol notes: newest row first, real shapes, invented values."""

from __future__ import annotations

import msgspec

from trading.model.events import CandleUpdate
from trading.venues.base import RestRequest
from trading.venues.bitunix.klines import decode_candles
from trading.venues.bitunix.requests import candles_request

MS = 1_000_000
MINUTE_MS = 60_000
MINUTE = MINUTE_MS * MS
RECEIVED_NS = 1_790_000_050_000 * MS

Row = dict[str, object]

# The examples of the protocol notes: newest first, the first still forming, the last with an open
# above its high.
FORMING: Row = {
    "open": "86500.4",
    "high": "86512.0",
    "low": "86498.7",
    "close": "86511.1",
    "quoteVol": "364272.28877",
    "baseVol": "4.2107",
    "time": "1790000040000",
}
CLOSED: Row = {
    "open": "86488.9",
    "high": "86503.2",
    "low": "86471.3",
    "close": "86500.4",
    "quoteVol": "1892888.25320",
    "baseVol": "21.8830",
    "time": "1789999980000",
}
OPEN_ABOVE_HIGH: Row = {
    "open": "86495.6",
    "high": "86494.8",
    "low": "86470.0",
    "close": "86488.9",
    "quoteVol": "1473952.48269",
    "baseVol": "17.0421",
    "time": "1789999920000",
}
PAGE = [FORMING, CLOSED, OPEN_ABOVE_HIGH]
REQUEST = candles_request("BTCUSDT", 60, 1_789_999_920_000 * MS, 1_790_000_050_000 * MS)


def reply(rows: object) -> bytes:
    """Write rows as a successful reply."""
    return msgspec.json.encode({"code": 0, "msg": "Success", "data": rows})


def flipped(row: Row) -> Row:
    """Return a row with its volumes under the names they had until mid September 2026."""
    return {**row, "quoteVol": row["baseVol"], "baseVol": row["quoteVol"]}


def bars(request: RestRequest, body: bytes) -> list[CandleUpdate]:
    """Return the bars of a reply that has nothing wrong with it."""
    events = decode_candles(request, body, RECEIVED_NS)
    found = [event for event in events if isinstance(event, CandleUpdate)]
    assert len(found) == len(events)
    return found
