"""Public GET requests over HTTP: paced, bounded, and tried again while that may help.

Carries out a venue's ``RestRequest`` and hands back the very bytes; what they mean is the venue's
business. Knows no path, no parameter and no error code.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Final, Self

import httpx
import tenacity

from trading.errors import CallerVenueError, ConfigError, TransientVenueError
from trading.io.addresses import is_loopback
from trading.io.clock import Clock, monotonic_ns
from trading.io.pacer import Pacer
from trading.model.numbers import NS_PER_S
from trading.venues.base import RestRequest, Venue

REQUEST_TIMEOUT_S: Final = 10.0
"""Longest a single try may take, in real seconds."""
BODY_BYTES_MAX: Final = 8_000_000
WAIT_S_FIRST: Final = 0.25
WAIT_S_MAX: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestReply:
    """A successful reply, with what is needed to judge how old it is."""

    status: int
    body: bytes
    sent_monotonic_ns: int
    received_monotonic_ns: int
    received_ns: int
    """Session time at which the whole body was there."""
    server_date_ns: int | None
    """The ``Date`` header, in whole seconds; None: there was none."""


def date_offset_ns(reply: RestReply) -> int | None:
    """Return how far the server's clock is ahead of the session's; None: it did not say.

    Right to half a second (the header has whole ones) plus half the round trip. Meant for
    sessions at speed 1.
    """
    if reply.server_date_ns is None:
        return None
    round_trip_ns = reply.received_monotonic_ns - reply.sent_monotonic_ns
    here_ns = reply.received_ns - round_trip_ns // 2
    return reply.server_date_ns + NS_PER_S // 2 - here_ns


class RestClient:
    """One connection pool to one venue. Use as ``async with``.

    A proxy of the environment is used for the world outside, never for this machine.
    """

    def __init__(
        self,
        base_url: str,
        venue: Venue,
        clock: Clock,
        rng: random.Random,
        *,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
        body_bytes_max: int = BODY_BYTES_MAX,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client for the venue at ``base_url``; nothing is sent yet.

        Raises:
            ConfigError: when ``base_url`` is not an HTTP address.
        """
        url = httpx.URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ConfigError("base_url", base_url, "an address http(s)://host", "check the source")
        self._base_url = base_url
        self._venue = venue
        self._clock = clock
        self._rng = rng
        self._request_timeout_s = request_timeout_s
        self._body_bytes_max = body_bytes_max
        self._pacer = Pacer(clock.real_s(1 / venue.pacing.requests_per_s))
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Accept": "application/json"},
            timeout=httpx.Timeout(request_timeout_s),
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=4),
            trust_env=not is_loopback(base_url),
            follow_redirects=False,
            http2=False,
            verify=trusted(is_secure=url.scheme == "https"),
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        """Open the pool."""
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._http.__aexit__(kind, error, trace)

    async def get(self, request: RestRequest, *, within_s: float) -> RestReply:
        """Carry out a request, again and again while it fails transiently, for a bounded time.

        ``within_s`` is real seconds for everything: waiting for a turn, tries and pauses.

        Raises:
            TransientVenueError: when the time is up; the last failure.
            FatalVenueError: when the venue says that trying again cannot help.
            CallerVenueError: when the request is wrong.
        """
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + within_s
        failure: TransientVenueError | None = None

        async def once() -> RestReply:
            nonlocal failure
            left_s = deadline_s - loop.time()
            try:
                return await self._try(request, min(self._request_timeout_s, left_s))
            except TransientVenueError as error:
                is_cut_short = left_s < self._request_timeout_s
                if failure and is_cut_short and isinstance(error.__cause__, TimeoutError):
                    # The time ran out during this try: what it ran out for was known before.
                    raise failure from error
                failure = error
                raise

        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_before_delay(within_s),
            wait=self._pause_s,
            retry=tenacity.retry_if_exception_type(TransientVenueError),
            reraise=True,
        )
        return await retrying(once)

    async def candles(
        self, request: RestRequest, *, within_s: float
    ) -> list[tuple[RestRequest, bytes]]:
        """Return every page of a candle request as ``(request, body)``, the oldest page first.

        ``within_s`` is real seconds for all pages together.

        Raises:
            VenueError: as ``get`` does; pages already there are given up, for a hole between
                them and the present would look like history.
        """
        deadline_s = asyncio.get_running_loop().time() + within_s
        pages: list[tuple[RestRequest, bytes]] = []
        following: RestRequest | None = request
        while following is not None:
            left_s = deadline_s - asyncio.get_running_loop().time()
            reply = await self.get(following, within_s=left_s)
            pages.append((following, reply.body))
            following = self._venue.candles_rest(following, reply.body)
        pages.reverse()
        return pages

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        """Return the pause before the next try: doubling, with full jitter, from our own chance."""
        longest_s = min(WAIT_S_MAX, WAIT_S_FIRST * 2.0 ** min(state.attempt_number, 16))
        return self._rng.uniform(WAIT_S_FIRST / 2, longest_s)

    async def _try(self, request: RestRequest, timeout_s: float) -> RestReply:
        where = f"{request.purpose} of {request.symbol}"
        try:
            async with asyncio.timeout(timeout_s):
                await self._pacer.turn()
                reply = await self._exchange(request, where)
        except TimeoutError as error:
            raise TransientVenueError(
                f"{where}: no answer from {self._base_url} within {max(0.0, timeout_s):.3g} s; "
                "check the network, or give it more time"
            ) from error
        except httpx.UnsupportedProtocol as error:
            raise CallerVenueError(f"{where}: {error}") from error
        except httpx.RequestError as error:
            raise TransientVenueError(
                f"{where}: cannot reach {self._base_url}: {str(error) or type(error).__name__}; "
                "check the network and the venue's status"
            ) from error
        self._venue.check_reply(request, reply.status, reply.body)
        return reply

    async def _exchange(self, request: RestRequest, where: str) -> RestReply:
        sent_ns = monotonic_ns()
        body = bytearray()
        async with self._http.stream("GET", request.path, params=list(request.query)) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._body_bytes_max:
                    raise TransientVenueError(
                        f"{where}: expected at most {self._body_bytes_max} bytes, was longer; "
                        "something other than the venue answers"
                    )
        return RestReply(
            status=response.status_code,
            body=bytes(body),
            sent_monotonic_ns=sent_ns,
            received_monotonic_ns=monotonic_ns(),
            received_ns=self._clock.now_ns(),
            server_date_ns=_date_ns(response.headers.get("Date")),
        )


@cache
def trusted(*, is_secure: bool) -> ssl.SSLContext:
    """Return who may speak for a venue; without TLS nobody can, and nobody is trusted.

    One for all clients of a process: what they trust is a megabyte, takes 20 ms to load, and hangs
    in a cycle with its client, where the garbage collector sees a handful of small objects.
    """
    return httpx.create_ssl_context() if is_secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _date_ns(header: str | None) -> int | None:
    """Return a ``Date`` header as nanoseconds since 1970; an unreadable one is as good as none."""
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * NS_PER_S
