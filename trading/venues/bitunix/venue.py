"""Bitunix behind the face every venue shows; each method is one call into this package."""

from __future__ import annotations

from typing import Final

import msgspec

from trading.model.events import FrameRejected, MarketInput, ShellInput
from trading.model.instrument import Instrument
from trading.model.numbers import NS_PER_S
from trading.venues.base import Depth, Pacing, Purpose, RestRequest, Ticker
from trading.venues.bitunix import (
    frames,
    funding,
    instruments,
    klines,
    replies,
    requests,
    snapshots,
)
from trading.venues.bitunix.intervals import interval_name


class Bitunix:
    """The public data of Bitunix USDT-M futures. Implements ``trading.venues.base.Venue``."""

    name: str = "bitunix"
    pacing: Pacing = requests.PACING

    def subscriptions(self, symbol: str, interval_s: int) -> tuple[bytes, ...]:
        """Return the one message that subscribes book, mark price, bars and trades.

        The venue does not acknowledge it, and passes over an unknown name in silence.

        Raises:
            ConfigError: when the venue has no bars of that length.
        """
        channels = (
            frames.BOOK_CHANNEL,
            frames.PRICE_CHANNEL,
            frames.KLINE_CHANNEL_PREFIX + interval_name(interval_s).push,
            frames.TRADE_CHANNEL,
        )
        message = {"op": "subscribe", "args": [{"symbol": symbol, "ch": ch} for ch in channels]}
        return (msgspec.json.encode(message),)

    def keepalive(self, now_ns: int) -> bytes:
        """Return the venue's own ping, in unix seconds.

        A ping of the WebSocket protocol as first client message makes the venue hang up.
        """
        return msgspec.json.encode({"op": "ping", "ping": now_ns // NS_PER_S})

    def conflation_key(self, frame: bytes) -> bytes | None:
        """Return a key under which a newer book or price frame replaces an older one, or None."""
        return frames.conflation_key(frame)

    def decode_frame(self, frame: bytes, received_ns: int) -> tuple[MarketInput | ShellInput, ...]:
        """Return the events of one received frame; a bad one is a ``FrameRejected``."""
        return frames.decode_frame(frame, received_ns)

    def candles_request(
        self, symbol: str, interval_s: int, start_ns: int, end_ns: int
    ) -> RestRequest:
        """Return the request for the latest page of bars opening in ``[start_ns, end_ns)``.

        Raises:
            ConfigError: when the venue has no such bars, or the span is empty.
        """
        return requests.candles_request(symbol, interval_s, start_ns, end_ns)

    def candles_rest(self, request: RestRequest, body: bytes) -> RestRequest | None:
        """Return the request for the page before this reply, or None when the span is done."""
        return klines.next_candles_request(request, body)

    def funding_rate_request(self, symbol: str) -> RestRequest:
        """Return the request for the current funding estimate."""
        return requests.funding_rate_request(symbol)

    def funding_history_request(self, symbol: str, start_ns: int, end_ns: int) -> RestRequest:
        """Return the request for the settlements in ``[start_ns, end_ns)``.

        Raises:
            ConfigError: when the span is empty.
        """
        return requests.funding_history_request(symbol, start_ns, end_ns)

    def instrument_requests(self, symbol: str) -> tuple[RestRequest, ...]:
        """Return the requests whose replies ``decode_instrument`` needs, in its order."""
        return requests.instrument_requests(symbol)

    def decode_instrument(
        self, symbol: str, replies: tuple[bytes, ...], *, taker_fee_bps: float, maker_fee_bps: float
    ) -> Instrument:
        """Return the instrument.

        Raises:
            CallerVenueError: when the venue does not know the symbol.
            TransientVenueError: when a reply is not usable.
        """
        return instruments.decode_instrument(
            symbol,
            replies,
            venue=self.name,
            taker_fee_bps=taker_fee_bps,
            maker_fee_bps=maker_fee_bps,
        )

    def ticker_request(self, symbol: str) -> RestRequest:
        """Return the request for a symbol's ticker."""
        return snapshots.ticker_request(symbol)

    def decode_ticker(self, symbol: str, body: bytes) -> Ticker:
        """Return the ticker.

        Raises:
            TransientVenueError: when the reply is not usable.
        """
        return snapshots.decode_ticker(symbol, body)

    def depth_request(self, symbol: str, levels: int) -> RestRequest:
        """Return the request for the best 1, 5, 15 or 50 levels of a symbol's book.

        Raises:
            CallerVenueError: when it is another number.
        """
        return snapshots.depth_request(symbol, levels)

    def decode_depth(self, symbol: str, body: bytes) -> Depth:
        """Return the best levels.

        Raises:
            TransientVenueError: when the reply is not usable, or the book empty or crossed.
        """
        return snapshots.decode_depth(symbol, body)

    def check_reply(self, request: RestRequest, status: int, body: bytes) -> None:
        """Raise what a reply means if it is not a success.

        Raises:
            TransientVenueError: when trying again may help.
            FatalVenueError: when it cannot.
            CallerVenueError: when the request is wrong.
        """
        replies.check_reply(request, status, body)

    def decode_reply(
        self, request: RestRequest, body: bytes, received_ns: int
    ) -> tuple[MarketInput | ShellInput, ...]:
        """Return the events of a successful reply, oldest first; never raises.

        Candles: every bar of the request's span that is closed by its end.
        """
        decode = _DECODERS.get(request.purpose)
        if decode is None:
            reason = f"a reply about {request.purpose} holds no events"
            return (FrameRejected(received_ns, f"{request.purpose} rest", reason),)
        return decode(request, body, received_ns)


_DECODERS: Final = {
    Purpose.CANDLES: klines.decode_candles,
    Purpose.FUNDING_RATE: funding.decode_funding_rate,
    Purpose.FUNDING_HISTORY: funding.decode_funding_history,
}
