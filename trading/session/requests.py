"""REST effects: what the engine asked for is fetched here, and comes back as an input."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

from trading.account.funding import STAMP_JITTER_NS
from trading.errors import FatalVenueError, VenueError
from trading.io.clock import Clock
from trading.io.rest import RestClient
from trading.model.events import (
    CandlesExhausted,
    CandlesRequested,
    FundingHistoryRequested,
    RequestFailed,
    ShellInput,
)
from trading.venues.base import RestRequest, Venue

REQUEST_WITHIN_S: Final = 8.0
"""Real seconds for what one effect asks for, retries included."""
REASON_MOST: Final = 300


class Requests:
    """Requests under way; each ends in replies or in a ``RequestFailed``, never in silence."""

    def __init__(
        self,
        rest: RestClient,
        venue: Venue,
        clock: Clock,
        on_reply: Callable[[RestRequest, bytes, int], None],
        on_event: Callable[[ShellInput], None],
    ) -> None:
        """Fetch with a client; hand everything on to the two callbacks, in the loop."""
        self._rest = rest
        self._venue = venue
        self._clock = clock
        self._on_reply = on_reply
        self._on_event = on_event
        self._tasks: set[asyncio.Task[None]] = set()

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

    async def _candles(self, asked: CandlesRequested) -> None:
        request = self._venue.candles_request(
            asked.symbol, asked.interval_s, asked.start_ns, asked.end_ns
        )
        for page, body in await self._rest.candles(request, within_s=REQUEST_WITHIN_S):
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
        request = self._venue.funding_history_request(
            asked.symbol,
            asked.settlement_ns - STAMP_JITTER_NS,
            asked.settlement_ns + STAMP_JITTER_NS + 1,
        )
        reply = await self._rest.get(request, within_s=REQUEST_WITHIN_S)
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
