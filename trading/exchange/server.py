"""The process's shell: one port, its sockets, and the pacing of the market by the clock.

The only module of the exchange that waits. The market does not know it: the shell looks at the
clock, lets the floor live until then, and pushes what is due. Nothing is sent twice to catch up,
and no print is ever left out. The exchange's own lateness is never held against a client.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Event

from trading.exchange.floor import Floor
from trading.exchange.limits import ClientRules
from trading.exchange.options import ExchangeOptions
from trading.exchange.outbound import Outbound, Reply
from trading.exchange.rest import NOT_FOUND, RestDesk
from trading.exchange.subscriber import CONNECTED, Subscriber
from trading.io.clock import SessionClock
from trading.model.numbers import NS_PER_MS, NS_PER_S

_log: Final = logging.getLogger(__name__)
_sockets_log: Final = logging.getLogger("trading.exchange.sockets")

STREAM_PATH: Final = "/public/"
_TRADE_POLL_NS: Final = 50 * NS_PER_MS
_LATE_NS: Final = NS_PER_S
_WAKE_REAL_S_MIN: Final = 0.002
_WAKE_REAL_S_MAX: Final = 0.25
_MESSAGE_BYTES_MAX: Final = 64 * 1_024
_SEND_BUFFER_BYTES: Final = 256 * 1_024
_CLOSE_REAL_S: Final = 0.3
_CLOSED: Final = Reply(b"closed", 503, "text/plain")
"""To whoever asks for a stream while none is opened."""


class _Client:
    """One socket of the public stream: its rules, its subscriptions, its waiting frames."""

    def __init__(
        self,
        connection: ServerConnection,
        floor: Floor,
        clock: SessionClock,
        options: ExchangeOptions,
    ) -> None:
        """Begin at the opening of the socket."""
        now_ns = clock.now_ns()
        self.connection = connection
        self.rules = ClientRules(now_ns, idle_drop_s=options.idle_drop_s)
        self.subscriber = Subscriber(floor, now_ns=now_ns, trade_times=options.trade_times)
        self.outbox: asyncio.Queue[bytes] = asyncio.Queue(options.queue_frames)
        self._clock = clock
        self._is_condemned = False
        self.is_mute = False
        """Half open: whatever is sent is lost on the way, and nobody says so."""

    def hear(self, opcode: Opcode) -> None:
        """Count a frame of the client; protocol pings and pongs count, too."""
        if opcode is not Opcode.CLOSE:
            is_ping = opcode is Opcode.PING
            self.rules.hear(self._clock.now_ns(), is_protocol_ping=is_ping)

    def send(self, bodies: tuple[bytes, ...]) -> None:
        """Queue frames; a client that has not read for too long is dropped instead."""
        if self.is_mute:
            return
        for body in bodies:
            if self.outbox.full():
                self.drop("it does not read")
                return
            self.outbox.put_nowait(body)

    def judge(self, now_ns: int) -> None:
        """Drop a client that broke a rule, once what it sent meanwhile has been heard, too."""
        reason = self.rules.verdict(now_ns)
        if reason is not None and self._is_condemned:
            self.drop(reason)
        self._is_condemned = reason is not None

    def drop(self, reason: str) -> None:
        """End the connection without a close frame, as the venue does (the client sees 1006)."""
        if not self.connection.transport.is_closing():
            _log.info("dropped %s: %s", self.connection.remote_address, reason)
            self.connection.transport.abort()


class _Socket(ServerConnection):
    """A connection that lets its client hear every frame, and refuses what is no GET."""

    client: _Client | None = None
    _is_first = True

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network; no method but GET has any path here."""
        is_first, self._is_first = self._is_first, False
        if is_first and not data.startswith(b"GET "):
            self.transport.write(_response(NOT_FOUND).serialize())
            self.transport.close()
        else:
            super().data_received(data)

    def process_event(self, event: Event) -> None:
        """Handle a request or a frame, after the client's rules took note of it."""
        if self.client and isinstance(event, Frame):
            self.client.hear(event.opcode)
        super().process_event(event)


class ExchangeServer:
    """The listening exchange; enter it to open the port, leave it to close everything."""

    def __init__(
        self, floor: Floor, clock: SessionClock, options: ExchangeOptions, outbound: Outbound
    ) -> None:
        """Stand ready over a floor; nothing is opened yet."""
        self._floor = floor
        self._clock = clock
        self._options = options
        self._outbound = outbound
        self._desk = RestDesk(floor, volume_names=options.volume_names)
        self._clients: set[_Client] = set()
        self._alarm = asyncio.Event()
        self._failure: asyncio.Future[None]
        self._server: Server
        self._pacer: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        """Open the port and start the market.

        Raises:
            OSError: when the port is taken.
        """
        _sockets_log.setLevel(logging.CRITICAL)  # a stranger's broken handshake is no error of ours
        self._failure = asyncio.get_running_loop().create_future()
        self._server = await serve(
            self._converse,
            "127.0.0.1",
            self._options.port,
            process_request=self._receive_request,
            process_response=self._stamp,
            create_connection=_Socket,
            ping_interval=None,  # the venue never pings
            compression=None,  # and does not negotiate permessage-deflate
            close_timeout=_CLOSE_REAL_S,
            max_size=_MESSAGE_BYTES_MAX,
            server_header=None,
            logger=_sockets_log,
        )
        self._pacer = asyncio.create_task(self._pace())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the port and every socket; a client that does not answer is cut off."""
        self._pacer.cancel()
        self._server.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._server.wait_closed()), 2 * _CLOSE_REAL_S)
        except TimeoutError:
            for client in self._clients:
                client.connection.transport.abort()
            await self._server.wait_closed()
        await asyncio.gather(self._pacer, return_exceptions=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def clients(self) -> int:
        """How many sockets of the public stream are open."""
        return len(self._clients)

    async def fail(self) -> None:
        """Wait until something goes wrong that the exchange cannot live with, and raise it.

        Raises:
            FeedError: when a recording cannot be read on.
        """
        await asyncio.shield(self._failure)

    # --- requests -----------------------------------------------------------------------------

    async def _receive_request(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        """Answer a GET, or let a socket of the public stream be opened."""
        if request.path.partition("?")[0] == STREAM_PATH:
            if not self._outbound.opens(self._clock.now_ns()):
                return _response(_CLOSED)
            assert isinstance(connection, _Socket)
            connection.client = _Client(connection, self._floor, self._clock, self._options)
            return None
        with self._failing():
            now_ns = self._clock.now_ns()
            self._floor.advance(now_ns)
            reply = self._outbound.reply(
                request.path, self._desk.answer(request.path, now_ns), now_ns
            )
            await asyncio.sleep(reply.delay_real_s)
            return _response(reply)

    def _stamp(
        self, _connection: ServerConnection, _request: Request, response: Response
    ) -> Response:
        """Put exchange time into the only place where a reply tells the time."""
        response.headers.pop("Date", None)
        now_ns = self._clock.now_ns()
        said_ns = now_ns + self._outbound.clock_offset_ns(now_ns)
        response.headers["Date"] = formatdate(said_ns / NS_PER_S, usegmt=True)
        return response

    # --- sockets ------------------------------------------------------------------------------

    async def _converse(self, connection: ServerConnection) -> None:
        """Serve one socket of the public stream until it ends."""
        assert isinstance(connection, _Socket)
        client = connection.client
        assert client is not None
        self._bound_send_buffer(connection)
        self._clients.add(client)
        writer = asyncio.create_task(self._write(client))
        try:
            with self._failing():
                await self._listen(client)
        except ConnectionClosed:
            _log.info("closed %s", connection.remote_address)
        finally:
            self._clients.discard(client)
            writer.cancel()

    async def _listen(self, client: _Client) -> None:
        """Welcome a client and answer what it says, until its connection is closed."""
        client.send((CONNECTED,))
        while True:
            message = await client.connection.recv(decode=False)
            for answer in client.subscriber.hear(message, self._clock.now_ns()):
                client.send((answer,))
            self._alarm.set()

    @staticmethod
    def _bound_send_buffer(connection: ServerConnection) -> None:
        """Let a client that does not read be known by its full queue, not megabytes later."""
        raw = connection.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)

    async def _write(self, client: _Client) -> None:
        """Send what waits for a client, in order, as fast as it reads."""
        with contextlib.suppress(ConnectionClosed), self._failing():
            while True:
                await client.connection.send(await client.outbox.get(), text=True)

    # --- pacing -------------------------------------------------------------------------------

    async def _pace(self) -> None:
        """Let the market live by the clock, push what is due and judge the clients, for ever."""
        expected_ns = self._clock.now_ns()
        lenient_wakes = 0
        while True:
            with self._failing():
                now_ns = self._clock.now_ns()
                is_up_to_date = self._floor.advance(now_ns)
                self._strike(now_ns)
                self._push()
                if now_ns - expected_ns > _LATE_NS or not is_up_to_date:
                    lenient_wakes = 2
                for client in self._clients:
                    if lenient_wakes:
                        client.rules.forgive(now_ns)
                    else:
                        client.judge(now_ns)
                lenient_wakes = max(0, lenient_wakes - 1)
                expected_ns = self._next_wake_ns(now_ns) if is_up_to_date else now_ns
                pause_s = max(_WAKE_REAL_S_MIN, self._clock.real_seconds_until(expected_ns))
            await self._sleep(pause_s if is_up_to_date else 0)

    async def _sleep(self, real_s: float) -> None:
        """Wait some real seconds, or until a client has said something that may be due sooner."""
        self._alarm.clear()
        timer = asyncio.get_running_loop().call_later(real_s, self._alarm.set)
        try:
            await self._alarm.wait()
        finally:
            timer.cancel()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Make what goes wrong inside end the whole exchange; a closed socket is no fault."""
        try:
            yield
        except ConnectionClosed:
            raise
        except Exception as error:
            if not self._failure.done():
                self._failure.set_exception(error)
            raise

    def _strike(self, now_ns: int) -> None:
        """Let the faults have the connections that are due to them."""
        for strike in self._outbound.strikes(now_ns):
            for client in self._clients:
                if strike == "drop":
                    client.drop("the fault script says so")
                else:
                    client.is_mute = True

    def _push(self) -> None:
        """Push every frame that is due as of the market's time."""
        prints = self._floor.take_prints()
        for client in self._clients:
            for frame in client.subscriber.due(self._floor.now_ns, prints):
                client.send(self._outbound.push(frame))

    def _next_wake_ns(self, now_ns: int) -> int:
        """Return the session time at which something may be due next."""
        wake_ns = now_ns + round(_WAKE_REAL_S_MAX * NS_PER_S * self._clock.speed)
        if self._floor.is_over:
            return wake_ns
        dues = (
            client.subscriber.next_due_ns(now_ns, poll_ns=_TRADE_POLL_NS)
            for client in self._clients
        )
        return min(wake_ns, *dues) if self._clients else wake_ns


def _response(reply: Reply) -> Response:
    """Return a reply as HTTP; one request a connection."""
    headers = Headers(
        {
            "Content-Type": reply.content_type,
            "Content-Length": str(len(reply.body)),
            "Connection": "close",
        }
    )
    return Response(reply.status, HTTPStatus(reply.status).phrase, headers, reply.body)
