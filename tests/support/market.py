"""Small builders of market events. Times are milliseconds after ``T0_NS``, a whole minute.

``at_ms`` is the venue's stamp; the event arrives ``delay_ms`` later on the session's clock.
"""

from __future__ import annotations

from decimal import Decimal

from trading.model.events import (
    BookUpdate,
    CandleUpdate,
    ControlReceived,
    ControlWord,
    FundingRate,
    FundingSettled,
    MarkPrice,
    PublicTrade,
    TimerFired,
)
from trading.model.numbers import NS_PER_MS, NS_PER_S
from trading.model.orders import Side

T0_NS = 1_790_000_040 * NS_PER_S
"""2026-09-21 14:14:00 UTC."""
SYMBOL = "BTCUSDT"

Levels = tuple[tuple[float, float], ...]


def ns(at_ms: float) -> int:
    """Return the instant so many milliseconds after the beginning."""
    return T0_NS + round(at_ms * NS_PER_MS)


def trade(
    price: float,
    quantity: float = 1.0,
    *,
    at_ms: float = 0,
    taker: Side = Side.BUY,
    delay_ms: float = 0,
    symbol: str = SYMBOL,
) -> PublicTrade:
    """Return a print."""
    return PublicTrade(symbol, ns(at_ms), ns(at_ms + delay_ms), price, quantity, taker)


def book(
    bids: Levels | float,
    asks: Levels | float,
    *,
    at_ms: float = 0,
    size: float = 10.0,
    delay_ms: float = 0,
    symbol: str = SYMBOL,
) -> BookUpdate:
    """Return a book; one price for a side means one level of ``size``."""
    return BookUpdate(
        symbol,
        ns(at_ms),
        ns(at_ms + delay_ms),
        bids if isinstance(bids, tuple) else ((bids, size),),
        asks if isinstance(asks, tuple) else ((asks, size),),
    )


def mark(
    price: float,
    *,
    at_ms: float = 0,
    next_funding_ms: float | None = None,
    delay_ms: float = 0,
    symbol: str = SYMBOL,
    index: float | None = None,
) -> MarkPrice:
    """Return the mark price, the index with it, and the venue's word on its next settlement."""
    next_ns = None if next_funding_ms is None else ns(next_funding_ms)
    return MarkPrice(
        symbol,
        ns(at_ms),
        ns(at_ms + delay_ms),
        price,
        price if index is None else index,
        None,
        None,
        next_funding_ns=next_ns,
    )


def bar(
    index: int,
    open_: float,
    high: float | None = None,
    low: float | None = None,
    close: float | None = None,
    *,
    is_closed: bool = True,
    interval_s: int = 60,
    at_ms: float | None = None,
    delay_ms: float = 0,
    symbol: str = SYMBOL,
) -> CandleUpdate:
    """Return the bar that opens ``index`` intervals after the beginning; flat unless told."""
    end = open_ if close is None else close
    open_ns = T0_NS + index * interval_s * NS_PER_S
    stamp_ns = open_ns + interval_s * NS_PER_S if at_ms is None else ns(at_ms)
    return CandleUpdate(
        symbol,
        stamp_ns,
        stamp_ns + round(delay_ms * NS_PER_MS),
        interval_s,
        open_ns,
        open_,
        max(open_, end) if high is None else high,
        min(open_, end) if low is None else low,
        end,
        1_000.0,
        1_000.0 * end,
        is_closed,
    )


def forming(index: int, price: float, *, at_ms: float, delay_ms: float = 0) -> CandleUpdate:
    """Return a push of a bar that is not over."""
    return bar(index, price, is_closed=False, at_ms=at_ms, delay_ms=delay_ms)


def timer(at_ms: float) -> TimerFired:
    """Return plain time."""
    return TimerFired(ns(at_ms))


def control(word: ControlWord, at_ms: float, why: str = "a test") -> ControlReceived:
    """Return a control word as a person says it."""
    return ControlReceived(ns(at_ms), word, "tester", why)


def rate(
    next_ms: float, *, at_ms: float = 0, interval_h: int = 8, symbol: str = SYMBOL
) -> FundingRate:
    """Return the venue's estimate of the next settlement."""
    return FundingRate(symbol, ns(at_ms), Decimal("0.0001"), interval_h, ns(next_ms))


def settled(
    settlement_ms: float,
    *,
    at_ms: float,
    rate: str = "0.0001",
    mark: str = "50000",
    symbol: str = SYMBOL,
) -> FundingSettled:
    """Return a settlement out of the venue's history."""
    return FundingSettled(symbol, ns(at_ms), ns(settlement_ms), Decimal(rate), Decimal(mark))
