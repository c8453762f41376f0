"""Push frames of the protocol notes, to change and to break: real shapes, invented values."""

from __future__ import annotations

import json

RECEIVED_NS = 1_790_000_070_750_000_000
MS = 1_000_000

Json = dict[str, object]


def compact(message: object) -> bytes:
    """Write a message as the venue does, without spaces."""
    return json.dumps(message, separators=(",", ":")).encode()


BOOK: Json = {
    "ch": "depth_book15",
    "symbol": "BTCUSDT",
    "ts": 1790000070690,
    "data": {
        "b": [["86511.1", "2.2740"], ["86511.0", "2.7407"], ["86510.9", "3.0930"]],
        "a": [["86511.2", "0.7095"], ["86511.3", "2.1992"], ["86511.4", "1.4570"]],
    },
}
PRICE: Json = {
    "ch": "price",
    "symbol": "BTCUSDT",
    "ts": 1790000070695,
    "data": {
        "ip": "86540.2",
        "mp": "86509.8",
        "fr": "-0.00077",
        "ft": "2026-09-21T08:00:00Z",
        "nft": "2026-09-21T16:00:00Z",
    },
}
KLINE: Json = {
    "ch": "market_kline_1min",
    "symbol": "BTCUSDT",
    "ts": 1790000070412,
    "data": {
        "o": "86500.4",
        "c": "86511.1",
        "h": "86512.0",
        "l": "86498.7",
        "b": "4.2107",
        "q": "364246.60350",
    },
}
TRADE: Json = {
    "ch": "trade",
    "symbol": "BTCUSDT",
    "ts": 1790000070598,
    "data": [
        {"t": "2026-09-21T14:14:30Z", "p": "86511.1", "v": "0.7142", "s": "buy"},
        {"t": "2026-09-21T14:14:30Z", "p": "86511.0", "v": "0.0018", "s": "sell"},
    ],
}
NO_SUCH_SYMBOL: Json = {
    "ch": "depth_book15",
    "symbol": "NOPEUSDT",
    "ts": 1790000070700,
    "data": {"b": [["", ""]] * 15, "a": [["", ""]] * 15},
}
PUSHES = [BOOK, PRICE, KLINE, TRADE]
CONTROLS: list[Json] = [
    {"op": "connect", "data": {"result": True}},
    {"op": "ping", "pong": 1790000060, "ping": 1790000043},
    {"op": "unsubscribe", "ts": 1790000071016, "data": "success"},
    {"op": "subscribe", "data": None},
    {"op": "something", "data": [1, 2]},
]


def with_data(push: Json, **changes: object) -> bytes:
    """Return a push with some fields of its data replaced."""
    data = push["data"]
    assert isinstance(data, dict)
    return compact({**push, "data": {**data, **changes}})


def without_data(push: Json, name: str) -> bytes:
    """Return a push with one field of its data missing."""
    data = push["data"]
    assert isinstance(data, dict)
    return compact({**push, "data": {k: v for k, v in data.items() if k != name}})
