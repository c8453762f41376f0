"""A recording behind the face every venue shows: its frames are the house's own events, as JSON.

A file cannot be asked and cannot be subscribed to: every request is refused in words. What it has
to say comes as frames, and a journal that kept them is replayed like any other.
"""

from __future__ import annotations

from typing import Final, NoReturn

import msgspec

from trading.errors import CallerVenueError
from trading.model.events import FrameRejected, MarketInput, ShellInput
from trading.model.instrument import Instrument
from trading.venues.base import Depth, Pacing, RestRequest, Ticker

_EVENT: Final[msgspec.json.Decoder[MarketInput]] = msgspec.json.Decoder(MarketInput)
_ENCODER: Final = msgspec.json.Encoder()


def frame_of(event: MarketInput) -> bytes:
    """Return an event as a frame of a recording."""
    return _ENCODER.encode(event)


def _cannot(what: str) -> NoReturn:
    raise CallerVenueError(f"a recording cannot be asked for {what}; it says what it has")


class Recording:
    """A file's codec. Implements ``trading.venues.base.Venue``."""

    name: str = "recording"
    pacing: Pacing = Pacing(requests_per_s=1.0, client_messages_per_s=1.0, keepalive_every_s=60.0)

    def subscriptions(self, symbol: str, interval_s: int) -> tuple[bytes, ...]:
        """Return nothing: nobody listens to subscriptions."""
        return ()

    def keepalive(self, now_ns: int) -> bytes:
        """Return nothing to send."""
        return b""

    def conflation_key(self, frame: bytes) -> bytes | None:
        """Return None: a file is read no faster than it is understood."""
        return None

    def decode_frame(self, frame: bytes, received_ns: int) -> tuple[MarketInput | ShellInput, ...]:
        """Return the one event of a frame; a bad one is a ``FrameRejected``."""
        try:
            return (_EVENT.decode(frame),)
        except (ValueError, RecursionError) as error:
            return (FrameRejected(received_ns, "recording", str(error)),)

    def decode_reply(
        self, request: RestRequest, body: bytes, received_ns: int
    ) -> tuple[MarketInput | ShellInput, ...]:
        """Return that there can be no reply."""
        return (FrameRejected(received_ns, f"{request.purpose} rest", "a recording has no REST"),)

    def candles_rest(self, request: RestRequest, body: bytes) -> RestRequest | None:
        """Return None: there are no pages."""
        return None

    def check_reply(self, request: RestRequest, status: int, body: bytes) -> None:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("anything")

    def candles_request(
        self, symbol: str, interval_s: int, start_ns: int, end_ns: int
    ) -> RestRequest:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("candles")

    def funding_rate_request(self, symbol: str) -> RestRequest:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("a funding rate")

    def funding_history_request(self, symbol: str, start_ns: int, end_ns: int) -> RestRequest:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("settlements")

    def instrument_requests(self, symbol: str) -> tuple[RestRequest, ...]:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("an instrument")

    def decode_instrument(
        self, symbol: str, replies: tuple[bytes, ...], *, taker_fee_bps: float, maker_fee_bps: float
    ) -> Instrument:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("an instrument")

    def ticker_request(self, symbol: str) -> RestRequest:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("a ticker")

    def decode_ticker(self, symbol: str, body: bytes) -> Ticker:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("a ticker")

    def depth_request(self, symbol: str, levels: int) -> RestRequest:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("a book")

    def decode_depth(self, symbol: str, body: bytes) -> Depth:
        """Refuse.

        Raises:
            CallerVenueError: always.
        """
        _cannot("a book")
