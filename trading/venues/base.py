"""The face every venue shows: bytes to events, requests as values. Sans-I/O.

A venue never opens a socket and never reads a clock. The shell sends what ``subscriptions`` and
``keepalive`` return, and feeds every received frame to ``decode_frame``; it carries out a
``RestRequest`` and feeds the reply to ``decode_reply``. Both decoders are pure functions of their
arguments, so a journal that kept the bytes can be decoded again to the very same events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

from trading.model.events import MarketInput, ShellInput
from trading.model.instrument import Instrument


class Purpose(StrEnum):
    """What a REST request is for; decides how its reply is decoded."""

    INSTRUMENT = "instrument"
    TIERS = "tiers"
    CANDLES = "candles"
    FUNDING_RATE = "funding_rate"
    FUNDING_HISTORY = "funding_history"
    TICKER = "ticker"
    DEPTH = "depth"


class RestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One public GET, as a value: relative path and query, and what its reply will mean.

    ``start_ns`` and ``end_ns`` bound what was asked for (``[start, end)``), where that applies.
    """

    purpose: Purpose
    symbol: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    interval_s: int = 0
    start_ns: int = 0
    end_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """The venue's limits on what a client may send."""

    requests_per_s: float
    client_messages_per_s: float
    keepalive_every_s: float
    """Session seconds between two keep-alive messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticker:
    """Last and mark price, and the turnover of 24 hours in the quote coin."""

    last: float
    mark: float
    turnover: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The best levels of a book, ``(price, quantity)``, best first on both sides."""

    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]

    @property
    def spread_bps(self) -> float:
        """Distance between best ask and best bid, in basis points of their middle."""
        bid, ask = self.bids[0][0], self.asks[0][0]
        return (ask - bid) / ((ask + bid) / 2) * 1e4


class Venue(Protocol):
    """One venue's codec. Holds constants only: no connection, no state between calls."""

    name: str
    pacing: Pacing

    def subscriptions(self, symbol: str, interval_s: int) -> tuple[bytes, ...]:
        """Return the client messages that subscribe every channel of a symbol."""

    def keepalive(self, now_ns: int) -> bytes:
        """Return the client message that keeps the connection alive."""

    def conflation_key(self, frame: bytes) -> bytes | None:
        """Return a key under which a newer frame replaces an older unread one, or None.

        Only whole-state frames (book, price) have one; trades and candles never do.
        """

    def decode_frame(self, frame: bytes, received_ns: int) -> tuple[MarketInput | ShellInput, ...]:
        """Return the events of one received frame; a bad one is a ``FrameRejected``.

        Control frames (connect, pong) give no event. Never raises for what a peer may send.
        """

    def candles_request(
        self, symbol: str, interval_s: int, start_ns: int, end_ns: int
    ) -> RestRequest:
        """Return the request for the latest page of bars opening in ``[start_ns, end_ns)``.

        A page may hold fewer bars than asked for; ``candles_rest`` says what is still missing.
        """

    def candles_rest(self, request: RestRequest, body: bytes) -> RestRequest | None:
        """Return the request for the page before this reply, or None when the span is done."""

    def funding_rate_request(self, symbol: str) -> RestRequest:
        """Return the request for the current funding estimate."""

    def funding_history_request(self, symbol: str, start_ns: int, end_ns: int) -> RestRequest:
        """Return the request for the settlements in ``[start_ns, end_ns)``."""

    def instrument_requests(self, symbol: str) -> tuple[RestRequest, ...]:
        """Return the requests whose replies ``decode_instrument`` needs, in its order."""

    def decode_instrument(
        self, symbol: str, replies: tuple[bytes, ...], *, taker_fee_bps: float, maker_fee_bps: float
    ) -> Instrument:
        """Return the instrument.

        Raises:
            CallerVenueError: when the venue does not know the symbol.
            TransientVenueError: when a reply is not usable.
        """

    def ticker_request(self, symbol: str) -> RestRequest:
        """Return the request for a symbol's ticker."""

    def decode_ticker(self, symbol: str, body: bytes) -> Ticker:
        """Return the ticker.

        Raises:
            TransientVenueError: when the reply is not usable.
        """

    def depth_request(self, symbol: str, levels: int) -> RestRequest:
        """Return the request for the best levels of a symbol's book.

        Raises:
            CallerVenueError: when the venue offers no such number of levels.
        """

    def decode_depth(self, symbol: str, body: bytes) -> Depth:
        """Return the best levels.

        Raises:
            TransientVenueError: when the reply is not usable, or the book empty or crossed.
        """

    def check_reply(self, request: RestRequest, status: int, body: bytes) -> None:
        """Raise what a reply means if it is not a success.

        Raises:
            TransientVenueError: when trying again may help.
            FatalVenueError: when it cannot.
            CallerVenueError: when the request is wrong.
        """

    def decode_reply(
        self, request: RestRequest, body: bytes, received_ns: int
    ) -> tuple[MarketInput | ShellInput, ...]:
        """Return the events of a successful reply, oldest first.

        Candles: every bar of the request's span that is closed at ``received_ns`` (session
        clock), never the one still forming.
        """
