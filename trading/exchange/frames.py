"""The push channels: their names, their cadence, and their frames.

Source: bitunix.md 2.3. Every number is a string, ``ts`` is the instant of the push, and there is
no sequence, bar time or closed flag anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, Literal

import msgspec

from trading.exchange.book import BookSide
from trading.exchange.contract import Contract, plain
from trading.exchange.history import Bar
from trading.exchange.intervals import PUSH_INTERVALS, Interval
from trading.exchange.market import Market, Print
from trading.model.numbers import NS_PER_MS, NS_PER_S

TradeTimes = Literal["seconds", "nanoseconds"]


class Kind(Enum):
    """What a channel carries."""

    DEPTH = auto()
    PRICE = auto()
    TICKER = auto()
    KLINE = auto()
    MARK_KLINE = auto()
    TRADE = auto()


PERIOD_NS: Final = {
    Kind.DEPTH: 310 * NS_PER_MS,
    Kind.PRICE: 500 * NS_PER_MS,
    Kind.TICKER: 1_430 * NS_PER_MS,
    Kind.KLINE: 500 * NS_PER_MS,
    Kind.MARK_KLINE: 500 * NS_PER_MS,
}
"""Cadence of the timed channels in session time; trades are pushed when there are some."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel by its wire name; ``levels`` of a depth channel is None for the whole book."""

    name: str
    kind: Kind
    levels: int | None = None
    interval: Interval = 1


_DEPTHS: Final = {"depth_book1": 1, "depth_book5": 5, "depth_book15": 15, "depth_books": None}
_PLAIN: Final = {"price": Kind.PRICE, "ticker": Kind.TICKER, "trade": Kind.TRADE}
_KLINE: Final = re.compile(r"(market|mark)_kline_(\w+)")


def channel_named(name: str) -> Channel | None:
    """Return the channel of a wire name, or None if there is no such channel.

    >>> channel_named("market_kline_60min").interval
    60
    >>> channel_named("market_kline_1m") is None
    True
    """
    if name in _DEPTHS:
        return Channel(name, Kind.DEPTH, levels=_DEPTHS[name])
    if name in _PLAIN:
        return Channel(name, _PLAIN[name])
    match = _KLINE.fullmatch(name)
    if match is None or match[2] not in PUSH_INTERVALS:
        return None
    kind = Kind.KLINE if match[1] == "market" else Kind.MARK_KLINE
    return Channel(name, kind, interval=PUSH_INTERVALS[match[2]])


def iso_seconds(ns: int) -> str:
    """Return an instant in whole seconds, as the venue writes it.

    >>> iso_seconds(1_680_652_800_999_999_999)
    '2023-04-05T00:00:00Z'
    """
    return datetime.fromtimestamp(ns // NS_PER_S, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _levels(contract: Contract, side: BookSide, count: int | None) -> list[list[str]]:
    """Return levels as the wire has them."""
    return [[contract.price(p), contract.quantity(s)] for p, s in side.levels(count)]


def _bar(contract: Contract, bar: Bar) -> dict[str, str]:
    """Return a forming bar; ``b`` is the coin volume, ``q`` the USDT turnover."""
    return {
        "o": contract.price(bar.open),
        "c": contract.price(bar.close),
        "h": contract.price(bar.high),
        "l": contract.price(bar.low),
        "b": contract.quantity(bar.volume),
        "q": contract.turnover(bar.turnover),
    }


def _price(market: Market) -> dict[str, str]:
    """Return the price channel's data; ``fr`` was settled at ``ft`` and is in percent."""
    record = market.record
    funding = record.funding
    return {
        "ip": record.contract.fair(record.index),
        "mp": record.contract.fair(record.mark),
        "fr": plain(funding.last_rate * 100),
        "ft": iso_seconds(funding.last_ns),
        "nft": iso_seconds(funding.next_ns),
    }


def _ticker(market: Market) -> dict[str, str]:
    """Return the rolling day; ``r`` is its change in percent."""
    contract, day = market.record.contract, market.record.candles.last_day()
    return {
        "s": contract.symbol,
        "o": contract.price(day.open),
        "la": contract.price(day.close),
        "h": contract.price(day.high),
        "l": contract.price(day.low),
        "b": contract.quantity(day.volume),
        "q": contract.turnover(day.turnover),
        "r": f"{(day.close / day.open - 1) * 100:.7f}",
    }


def _trades(contract: Contract, prints: list[Print], times: TradeTimes) -> list[dict[str, str]]:
    """Return prints as the trade channel has them."""
    rows = []
    for one in prints:
        stamp = iso_seconds(one.ns)
        if times == "nanoseconds":
            stamp = f"{stamp[:-1]}.{one.ns % NS_PER_S:09d}Z"
        rows.append(
            {
                "t": stamp,
                "p": contract.price(one.price),
                "v": contract.quantity(one.quantity),
                "s": "buy" if one.is_buy else "sell",
            }
        )
    return rows


def frame(
    channel: Channel, market: Market, now_ns: int, prints: list[Print], times: TradeTimes
) -> bytes | None:
    """Return a channel's frame as of now, or None while there is nothing to say."""
    contract, book = market.record.contract, market.book
    data: object
    match channel.kind:
        case Kind.DEPTH:
            if not book.is_known():
                return None
            data = {
                "b": _levels(contract, book.bids, channel.levels),
                "a": _levels(contract, book.asks, channel.levels),
            }
        case Kind.PRICE:
            data = _price(market)
        case Kind.TICKER:
            data = _ticker(market)
        case Kind.KLINE:
            data = _bar(contract, market.record.candles.current(channel.interval))
        case Kind.MARK_KLINE:
            data = _bar(contract, market.record.mark_candles.current(channel.interval))
        case Kind.TRADE:
            if not prints:
                return None
            data = _trades(contract, prints, times)
    return envelope(channel, contract.symbol, now_ns, data)


def empty_book(channel: Channel, symbol: str, now_ns: int) -> bytes:
    """Return the one frame a depth channel sends for a symbol the venue does not list."""
    levels = [["", ""]] * (channel.levels or 1)
    return envelope(channel, symbol, now_ns, {"b": levels, "a": levels})


def envelope(channel: Channel, symbol: str, now_ns: int, data: object) -> bytes:
    """Return a push frame; ``ts`` is the push's instant in milliseconds."""
    return msgspec.json.encode(
        {"ch": channel.name, "symbol": symbol, "ts": now_ns // NS_PER_MS, "data": data}
    )
