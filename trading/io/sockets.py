"""The feed's WebSocket: connected, subscribed, kept alive, and connected again for ever.

Hands out the very bytes with the time they came, as cheaply as can be. Knows no message: what to
send the venue says, and whether the feed is healthy the engine judges by its ages. A connection
that is open and silent is therefore left alone until somebody calls ``reconnect``.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException
from websockets.uri import parse_uri

from trading.errors import ConfigError
from trading.io.addresses import is_loopback
from trading.io.clock import Clock
from trading.io.pacer import Pacer
from trading.model.events import FrameRejected
from trading.venues.base import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedListener:
    """Who is told. The calls come on the event loop, in order, and must not block."""

    on_frame: Callable[[bytes, int], None]
    """A frame and the session time it came, UTC nanoseconds."""
    on_connected: Callable[[int], None]
    """Connected and subscribed; the how-manieth try since anything was last heard, from 1."""
    on_lost: Callable[[str], None]
    """The connection, or the attempt to make one, ended; why, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """Bounds of one connection; times are real seconds."""

    open_timeout_s: float = 10.0
    write_timeout_s: float = 5.0
    """Longest a message of ours may wait for the venue to take it."""
    close_timeout_s: float = 0.5
    frame_bytes_max: int = 4_000_000
    frames_waiting_max: int = 1_024
    """Frames read ahead of the listener; beyond, the venue is made to wait."""
    backoff_s_first: float = 0.25
    backoff_s_max: float = 10.0


class FeedSocket:
    """One venue's push feed for some symbols. ``await run()`` in a task of its own."""

    def __init__(
        self,
        url: str,
        venue: Venue,
        symbols: tuple[str, ...],
        interval_s: int,
        *,
        clock: Clock,
        rng: random.Random,
        listener: FeedListener,
        limits: SocketLimits | None = None,
    ) -> None:
        """Prepare a feed; nothing is connected yet.

        Raises:
            ConfigError: when ``url`` is not a WebSocket address, or the venue has no such bars.
        """
        try:
            parse_uri(url)
        except InvalidURI as error:
            raise ConfigError("url", url, "an address ws(s)://host/", "check the source") from error
        self._url = url
        self._venue = venue
        self._hello = tuple(
            message for symbol in symbols for message in venue.subscriptions(symbol, interval_s)
        )
        self._clock = clock
        self._rng = rng
        self._listener = listener
        self._limits = limits or SocketLimits()
        self._connection: ClientConnection | None = None
        self._dropped_for: str | None = None
        self._has_heard = False

    async def run(self) -> None:
        """Keep the feed connected until cancelled; then close it and let the cancellation pass.

        An exception of the listener ends the feed and passes too.
        """
        tries = 0
        while True:
            tries += 1
            reason = await self._connect(tries)
            if self._has_heard:
                tries = 0
            self._listener.on_lost(reason)
            await asyncio.sleep(self._backoff_s(tries))

    def reconnect(self, reason: str) -> None:
        """Drop the connection now, without waiting for the venue; ``run`` makes a new one.

        Does nothing while there is none: a new one is then on its way already.
        """
        if self._connection is not None and self._dropped_for is None:
            self._dropped_for = reason
            self._connection.transport.abort()

    def _backoff_s(self, tries: int) -> float:
        """Return the pause before the next try: doubling, bounded, with full jitter."""
        longest_s = self._limits.backoff_s_first * 2.0 ** min(tries, 32)
        return self._rng.uniform(0.0, min(self._limits.backoff_s_max, longest_s))

    async def _connect(self, tries: int) -> str:
        """Hold one connection from its opening to its end; return why it ended."""
        limits = self._limits
        self._dropped_for = None
        self._has_heard = False
        try:
            connection = await connect(
                self._url,
                compression=None,
                proxy=None if is_loopback(self._url) else True,
                open_timeout=limits.open_timeout_s,
                # The keep-alive is the venue's own: one hangs up on a protocol ping.
                ping_interval=None,
                close_timeout=limits.close_timeout_s,
                max_size=limits.frame_bytes_max,
                max_queue=limits.frames_waiting_max,
            )
        except (OSError, WebSocketException) as error:
            return f"cannot connect to {self._url}: {str(error) or type(error).__name__}"
        self._connection = connection
        try:
            return await self._serve(connection, tries)
        finally:
            self._connection = None
            await connection.close()

    async def _serve(self, connection: ClientConnection, tries: int) -> str:
        """Subscribe, then read and keep alive until the connection ends; return why it did."""
        messages = Pacer(self._clock.real_s(1 / self._venue.pacing.client_messages_per_s))
        try:
            for message in self._hello:
                await self._send(connection, messages, message)
        except (ConnectionClosed, TimeoutError) as error:
            found = str(error) or "the venue takes no message"
            return self._dropped_for or f"cannot subscribe: {found}"
        self._listener.on_connected(tries)
        keeper = asyncio.create_task(self._keep_alive(connection, messages))
        try:
            await self._read(connection)
        except ConnectionClosed as closed:
            return self._dropped_for or f"connection closed: {closed}"
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
            if not keeper.cancelled():
                keeper.result()
        return self._dropped_for or "connection dropped"

    async def _read(self, connection: ClientConnection) -> None:
        """Hand out frames until the connection is dropped; the hot path."""
        on_frame = self._listener.on_frame
        now_ns = self._clock.now_ns
        receive = connection.recv
        while self._dropped_for is None and not self._has_heard:
            frame = await receive(decode=False)
            received_ns = now_ns()
            self._has_heard = self._says_something(frame, received_ns)
            on_frame(frame, received_ns)
        while self._dropped_for is None:
            frame = await receive(decode=False)
            on_frame(frame, now_ns())

    def _says_something(self, frame: bytes, received_ns: int) -> bool:
        """Tell whether a frame is market data: only that makes a connection a success.

        A venue that greets and hangs up would otherwise be called again without any pause.
        """
        events = self._venue.decode_frame(frame, received_ns)
        return any(not isinstance(event, FrameRejected) for event in events)

    async def _keep_alive(self, connection: ClientConnection, messages: Pacer) -> None:
        """Send the venue's keep-alive on time; drop a connection that does not take it."""
        period_s = self._clock.real_s(self._venue.pacing.keepalive_every_s)
        while True:
            await asyncio.sleep(period_s)
            try:
                await self._send(connection, messages, self._venue.keepalive(self._clock.now_ns()))
            except ConnectionClosed:
                return
            except TimeoutError:
                self.reconnect(f"the venue took no message for {self._limits.write_timeout_s:g} s")
                return

    async def _send(self, connection: ClientConnection, messages: Pacer, message: bytes) -> None:
        await messages.turn()
        async with asyncio.timeout(self._limits.write_timeout_s):
            await connection.send(message, text=True)
