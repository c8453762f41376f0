"""REST effects: what the engine asked for is fetched here, and comes back as an input."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Final

from trading.account.funding import STAMP_JITTER_NS
from trading.errors import FatalVenueError, VenueError
from trading.io.clock import Clock
from trading.model.events import (
    CandlesExhausted,
    CandlesRequested,
    FundingHistoryRequested,
    RequestFailed,
    ShellInput,
)
from trading.venues.base import RestRequest, Venue

if TYPE_CHECKING:
    from trading.io.rest import RestClient

REQUEST_WITHIN_S: Final = 8.0
"""Real seconds for what one effect asks for, retries included."""
REASON_MOST: Final = 300


class Requests:
    """Requests under way; each ends in replies or in a ``RequestFailed``, never in silence."""

    def __init__(
        self,
        rest_url: str,
        venue: Venue,
        clock: Clock,
        rng: Random,
        on_reply: Callable[[RestRequest, bytes, int], None],
        on_event: Callable[[ShellInput], None],
    ) -> None:
        """Fetch from an address; hand everything on to the two callbacks, in the loop.

        The HTTP client takes as long to load as everything else of a session together, and its
        first request is seconds away: it is loaded in a thread, once the feed is there.
        """
        self._rest_url = rest_url
        self._rng = rng
        self._venue = venue
        self._clock = clock
        self._on_reply = on_reply
        self._on_event = on_event
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Task[RestClient] | None = None

    def candles(self, asked: CandlesRequested) -> None:
        """Begin to fetch closed bars."""
        self._begin(self._candles(asked), asked.symbol, "candles")

    def settlement(self, asked: FundingHistoryRequested) -> None:
        """Begin to fetch one settlement of the venue's history."""
        self._begin(self._settlement(asked), asked.symbol, "funding history")

    async def stop(self) -> None:
        """End every request under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._opening is not None:
            await asyncio.wait({self._opening})
            if self._opening.exception() is None:
                await self._opening.result().__aexit__(None, None, None)

    def warm(self) -> asyncio.Task[RestClient]:
        """Begin to load the client, if nobody has; return the task it is loaded in."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(), name="http client")
        return self._opening

    async def _open(self) -> RestClient:
        module = await asyncio.to_thread(import_module, "trading.io.rest")
        client: RestClient = await asyncio.to_thread(
            module.RestClient, self._rest_url, self._venue, self._clock, self._rng
        )
        return await client.__aenter__()

    async def _client(self) -> RestClient:
        """Return the client, once it is there; who waits for it may be cancelled, it is not."""
        return await asyncio.shield(self.warm())

    async def _candles(self, asked: CandlesRequested) -> None:
        client = await self._client()
        request = self._venue.candles_request(
            asked.symbol, asked.interval_s, asked.start_ns, asked.end_ns
        )
        for page, body in await client.candles(request, within_s=REQUEST_WITHIN_S):
            self._on_reply(page, body, self._clock.now_ns())
        self._on_event(
            CandlesExhausted(
                asked.symbol,
                self._clock.now_ns(),
                asked.interval_s,
                asked.start_ns,
                asked.end_ns,
            )
        )

    async def _settlement(self, asked: FundingHistoryRequested) -> None:
        client = await self._client()
        request = self._venue.funding_history_request(
            asked.symbol,
            asked.settlement_ns - STAMP_JITTER_NS,
            asked.settlement_ns + STAMP_JITTER_NS + 1,
        )
        reply = await client.get(request, within_s=REQUEST_WITHIN_S)
        self._on_reply(request, reply.body, self._clock.now_ns())

    def _begin(self, work: Coroutine[None, None, None], symbol: str, purpose: str) -> None:
        task = asyncio.create_task(self._told(work, symbol, purpose), name=purpose)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _told(self, work: Coroutine[None, None, None], symbol: str, purpose: str) -> None:
        try:
            await work
        except VenueError as error:
            self._on_event(
                RequestFailed(
                    self._clock.now_ns(),
                    symbol,
                    purpose,
                    str(error)[:REASON_MOST],
                    isinstance(error, FatalVenueError),
                )
            )
