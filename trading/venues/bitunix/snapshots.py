"""The market at one instant, by REST: what preflight looks at before anything is pushed.

Source: Bitunix docs "Get tickers" and "Get depth"; captures 2026-09: neither reply has a time, a
ticker has no bid or ask, and ``limit`` of a depth is one of ``1, 5, 15, 50, max``.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field
from msgspec.json import Decoder

from trading.errors import CallerVenueError, TransientVenueError
from trading.venues.base import Depth, Purpose, RestRequest, Ticker
from trading.venues.bitunix.replies import payload
from trading.venues.bitunix.wire import UNREADABLE, Levels, Price, Quantity, Symbol, bounded

DEPTH_LEVELS: Final = (1, 5, 15, 50)

_MARKET: Final = "/api/v1/futures/market/"


class _TickerRow(Struct, gc=False):
    """A row of ``tickers``; here ``quoteVol`` is USDT, whatever the klines call it."""

    symbol: Symbol
    last: Price = field(name="lastPrice")
    mark: Price = field(name="markPrice")
    turnover: Quantity = field(name="quoteVol")


class _DepthData(Struct, gc=False):
    """``depth``: asks ascending, bids descending."""

    asks: Levels
    bids: Levels


_TICKERS: Final = Decoder(list[_TickerRow], strict=False)
_DEPTH: Final = Decoder(_DepthData, strict=False)


def ticker_request(symbol: str) -> RestRequest:
    """Return the request for one symbol's ticker."""
    return RestRequest(
        purpose=Purpose.TICKER,
        symbol=symbol,
        path=_MARKET + "tickers",
        query=(("symbols", symbol),),
    )


def depth_request(symbol: str, levels: int) -> RestRequest:
    """Return the request for the best levels of a symbol's book.

    Raises:
        CallerVenueError: when the venue offers no such number of levels.
    """
    if levels not in DEPTH_LEVELS:
        raise CallerVenueError(
            f"depth of {symbol}: expected one of {DEPTH_LEVELS} levels, was {levels}; ask for one"
        )
    return RestRequest(
        purpose=Purpose.DEPTH,
        symbol=symbol,
        path=_MARKET + "depth",
        query=(("symbol", symbol), ("limit", str(levels))),
    )


def decode_ticker(symbol: str, body: bytes) -> Ticker:
    """Return a symbol's ticker.

    Raises:
        TransientVenueError: when the reply does not hold a usable one.
    """
    try:
        rows = _TICKERS.decode(payload(body))
    except UNREADABLE as error:
        raise TransientVenueError(f"ticker of {symbol}: {bounded(str(error))}") from error
    for row in rows:
        if row.symbol.upper() == symbol.upper():
            return Ticker(last=row.last, mark=row.mark, turnover=row.turnover)
    raise TransientVenueError(f"ticker of {symbol}: the reply holds {len(rows)} others")


def decode_depth(symbol: str, body: bytes) -> Depth:
    """Return the best levels of a symbol's book, best first on both sides.

    Raises:
        TransientVenueError: when a side is empty, or the book is crossed or unreadable.
    """
    try:
        data = _DEPTH.decode(payload(body))
    except UNREADABLE as error:
        raise TransientVenueError(f"depth of {symbol}: {bounded(str(error))}") from error
    if not (data.bids and data.asks):
        raise TransientVenueError(f"depth of {symbol}: one side of the book is empty")
    if data.bids[0][0] >= data.asks[0][0]:
        raise TransientVenueError(f"depth of {symbol}: the book is crossed")
    return Depth(bids=data.bids, asks=data.asks)
