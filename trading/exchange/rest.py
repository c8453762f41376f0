"""The public REST desk: a GET's path and query in, a reply out. Opens no socket, reads no clock.

Source: bitunix.md 1. Business errors are HTTP 200 with a code and ``data: null``; numbers are
strings; lists are newest first. There is no private path here: whatever is not in the table is
code 404, the time paths included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from trading.exchange.contract import DELISTED, Contract, plain
from trading.exchange.floor import Floor
from trading.exchange.history import Bar
from trading.exchange.intervals import MINUTE_MS, REST_INTERVALS
from trading.exchange.limits import REQUESTS_PER_S, RateLimit
from trading.exchange.market import Market
from trading.exchange.outbound import Reply
from trading.model.numbers import NS_PER_MS

VolumeNames = Literal["current", "legacy"]

_PAGE_DEFAULT: Final = 100
_PAGE_MAX: Final = 200
_DEPTH_LIMITS: Final = {"1": 1, "5": 5, "15": 15, "50": 50, "max": None}
_FAR_MS: Final = 2**62 // NS_PER_MS

Query = dict[str, str]


class _Refused(Exception):
    """A request the venue answers with an error code."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the venue's code and words."""
        super().__init__(message)
        self.code = code
        self.message = message


def _missing() -> _Refused:
    """Return the refusal of a request without a parameter it needs."""
    return _Refused(1, "Network Error")


def _unknown_symbol() -> _Refused:
    """Return the refusal of an unknown or delisted symbol."""
    return _Refused(20015, "this Futures is not allowed to trade.")


def _parameter_error(name: str) -> _Refused:
    """Return the refusal of a value that is none."""
    return _Refused(10002, f"Parameter error: {name}")


def _whole(query: Query, name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of the query."""
    if name not in query:
        return default
    try:
        value = int(query[name])
    except ValueError as cause:
        raise _parameter_error(name) from cause
    if value < least:
        raise _parameter_error(name)
    return min(value, _FAR_MS)


class RestDesk:
    """Answers public GETs from the state of the floor."""

    def __init__(self, floor: Floor, *, volume_names: VolumeNames) -> None:
        """Open over a floor; ``legacy`` volume names are those of before September 2026."""
        self._floor = floor
        self._volume_names = volume_names
        self._paths: dict[str, Callable[[Query], object]] = {
            "/api/v1/futures/market/trading_pairs": self._trading_pairs,
            "/api/v1/futures/market/tickers": self._tickers,
            "/api/v1/futures/market/depth": self._depth,
            "/api/v1/futures/market/kline": self._kline,
            "/api/v1/futures/market/funding_rate": self._funding_rate,
            "/api/v1/futures/market/funding_rate/batch": self._funding_batch,
            "/api/v1/futures/market/get_funding_rate_history": self._funding_history,
            "/api/v1/futures/position/get_position_tiers": self._position_tiers,
        }
        self._budgets = {path: RateLimit(REQUESTS_PER_S) for path in self._paths}

    def answer(self, target: str, now_ns: int) -> Reply:
        """Answer a GET of ``target`` (path and query) at a session time."""
        parts = urlsplit(target)
        handle = self._paths.get(parts.path)
        try:
            if handle is None:
                return NOT_FOUND
            if not self._budgets[parts.path].allows(now_ns):
                raise _Refused(10006, "Request too frequently")
            return _reply(0, handle(dict(parse_qsl(parts.query))), "Success")
        except _Refused as refused:
            return _reply(refused.code, None, refused.message)

    def _market(self, query: Query) -> Market:
        """Return the market a request names; symbols are case-insensitive."""
        if "symbol" not in query:
            raise _missing()
        market = self._floor.markets.get(query["symbol"].upper())
        if market is None:
            raise _unknown_symbol()
        return market

    def _listed(self, query: Query) -> list[Market]:
        """Return the markets of an optional list of symbols; all of them without it."""
        if "symbols" not in query:
            return list(self._floor.markets.values())
        names = [name.strip().upper() for name in query["symbols"].split(",")]
        if any(name not in self._floor.markets for name in names):
            raise _unknown_symbol()
        return [self._floor.markets[name] for name in names]

    def _trading_pairs(self, query: Query) -> object:
        return [market.record.contract.pair() for market in self._listed(query)]

    def _tickers(self, query: Query) -> object:
        rows = [_ticker(market) for market in self._listed(query)]
        return rows if "symbols" in query else [*rows, _delisted_ticker()]

    def _depth(self, query: Query) -> object:
        """Return both sides, best first; the limit is one of a list, the whole book by default."""
        market = self._market(query)
        limit = query.get("limit", "max")
        if limit not in _DEPTH_LIMITS:
            allowed = ",".join(f'"{one}"' for one in _DEPTH_LIMITS)
            raise _Refused(
                10008, f"Parameter {limit} does not match, alternative value [{allowed}]."
            )
        count, contract, book = _DEPTH_LIMITS[limit], market.record.contract, market.book
        return {
            side: [[contract.price(p), contract.quantity(s)] for p, s in levels]
            for side, levels in (
                ("asks", book.asks.levels(count)),
                ("bids", book.bids.levels(count)),
            )
        }

    def _kline(self, query: Query) -> object:
        """Return the most recent bars of the range, newest first; an unknown interval has none."""
        record = self._market(query).record
        if "interval" not in query:
            raise _missing()
        series = query.get("type", "LAST_PRICE")
        if series not in ("LAST_PRICE", "MARK_PRICE"):
            raise _parameter_error("type")
        limit = min(_whole(query, "limit", _PAGE_DEFAULT, least=1), _PAGE_MAX)
        start_ms = _whole(query, "startTime", 0)
        end_ms = _whole(query, "endTime", _FAR_MS)
        interval = REST_INTERVALS.get(query["interval"])
        if interval is None:
            return []
        candles = record.candles if series == "LAST_PRICE" else record.mark_candles
        page = candles.page(
            interval,
            from_minute=-(-start_ms // MINUTE_MS),
            to_minute=end_ms // MINUTE_MS,
            limit=limit,
        )
        return [self._bar(record.contract, minute, bar) for minute, bar in page]

    def _bar(self, contract: Contract, minute: int, bar: Bar) -> dict[str, str]:
        """Return a bar's row; which volume is whose depends on the venue's month."""
        coin, usdt = contract.quantity(bar.volume), contract.turnover(bar.turnover)
        is_current = self._volume_names == "current"
        return {
            "open": contract.price(bar.open),
            "high": contract.price(bar.high),
            "low": contract.price(bar.low),
            "close": contract.price(bar.close),
            "quoteVol": usdt if is_current else coin,
            "baseVol": coin if is_current else usdt,
            "time": str(minute * MINUTE_MS),
        }

    def _funding_rate(self, query: Query) -> object:
        return [_funding(self._market(query))]

    def _funding_batch(self, query: Query) -> object:
        rows = [_funding(market) for market in self._floor.markets.values()]
        return [*rows, _delisted_funding(self._floor.now_ns)]

    def _funding_history(self, query: Query) -> object:
        """Return settlements, newest first; here the rate is a fraction, not percent."""
        funding = self._market(query).record.funding
        start_ms = _whole(query, "starTime", _whole(query, "startTime", 0))
        rows = funding.page(
            from_ns=start_ms * NS_PER_MS,
            to_ns=_whole(query, "endTime", _FAR_MS) * NS_PER_MS,
            limit=min(_whole(query, "limit", _PAGE_DEFAULT, least=1), _PAGE_MAX),
        )
        return [
            {
                "fundingRate": plain(row.rate),
                "fundingTime": str(row.ns // NS_PER_MS),
                "markPrice": row.mark,
            }
            for row in rows
        ]

    def _position_tiers(self, query: Query) -> object:
        return self._market(query).record.contract.tiers()


def _reply(code: int, data: object, message: str) -> Reply:
    """Return the venue's envelope."""
    return Reply(msgspec.json.encode({"code": code, "data": data, "msg": message}))


NOT_FOUND: Final = _reply(404, None, "Not Found")
"""What every path and method that does not exist gets: HTTP 200, as on the venue."""


def _ticker(market: Market) -> dict[str, str]:
    """Return the rolling day of one market; ``quoteVol`` is USDT here in every month."""
    record = market.record
    contract, day = record.contract, record.candles.last_day()
    return {
        "symbol": contract.symbol,
        "markPrice": contract.fair(record.mark),
        "lastPrice": contract.price(record.last_ticks),
        "open": contract.price(day.open),
        "last": contract.price(record.last_ticks),
        "quoteVol": contract.turnover(day.turnover),
        "baseVol": contract.quantity(day.volume),
        "high": contract.price(day.high),
        "low": contract.price(day.low),
    }


def _funding(market: Market) -> dict[str, object]:
    """Return the current funding of one market; rate and caps are percent per interval."""
    record = market.record
    contract, funding = record.contract, record.funding
    cap = plain(contract.funding_cap * 100)
    return {
        "symbol": contract.symbol,
        "markPrice": contract.fair(record.mark),
        "lastPrice": contract.price(record.last_ticks),
        "indexPrice": contract.fair(record.index),
        "fundingRate": plain(funding.estimate * 100),
        "fundingInterval": contract.funding_interval_h,
        "nextFundingTime": str(funding.next_ns // NS_PER_MS),
        "maxFundingRate": cap,
        "minFundingRate": "-" + cap,
    }


def _delisted_ticker() -> dict[str, str]:
    """Return the row of a contract that is gone but still told of, as on the venue."""
    zeros = ("markPrice", "lastPrice", "open", "last", "quoteVol", "baseVol", "high", "low")
    return {"symbol": DELISTED, **dict.fromkeys(zeros, "0")}


def _delisted_funding(now_ns: int) -> dict[str, object]:
    """Return such a contract's funding: rate 0, no index, a next time off every grid."""
    return {
        "symbol": DELISTED,
        "markPrice": "0",
        "lastPrice": "0",
        "indexPrice": None,
        "fundingRate": "0",
        "fundingInterval": 8,
        "nextFundingTime": str(now_ns // NS_PER_MS // 1_000 * 1_000 + 33_120),
        "maxFundingRate": "2",
        "minFundingRate": "-2",
    }
