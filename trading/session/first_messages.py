"""Is the feed really speaking? Connected is not receiving: every channel must be heard once."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

from trading.config import SessionConfig
from trading.errors import DeafFeed, PreflightRefused
from trading.io.clock import SessionClock, monotonic_ns
from trading.io.sockets import FeedListener, FeedSocket
from trading.model.events import BookUpdate, CandleUpdate, Channel, MarkPrice, PublicTrade
from trading.model.numbers import NS_PER_MS
from trading.session.world import World
from trading.venues.base import Venue

REAL_WAIT_S_LEAST: Final = 2.0
"""A connection takes real time, however fast the session clock runs."""

_CHANNEL_OF: Final = {
    BookUpdate: Channel.BOOK,
    MarkPrice: Channel.PRICE,
    CandleUpdate: Channel.CANDLE,
    PublicTrade: Channel.TRADE,
}


async def first_messages(
    config: SessionConfig, world: World, venue: Venue, clock: SessionClock, rng: Random
) -> dict[str, float]:
    """Subscribe and wait until every channel has spoken.

    Raises:
        PreflightRefused: when one stays silent: connected is not receiving.
    """
    heard: dict[str, float] = {}
    complete = asyncio.Event()
    lost: list[str] = []
    subscribed_ns = 0

    def on_frame(frame: bytes, received_ns: int) -> None:
        for event in venue.decode_frame(frame, received_ns):
            channel = _CHANNEL_OF.get(type(event))
            if channel is not None:
                heard.setdefault(channel, (monotonic_ns() - subscribed_ns) / NS_PER_MS)
        if len(heard) == len(_CHANNEL_OF):
            complete.set()

    def on_connected(attempt: int) -> None:  # noqa: ARG001 - the feed tells, nobody asks
        nonlocal subscribed_ns
        subscribed_ns = monotonic_ns()

    feed = FeedSocket(
        world.ws_url,
        venue,
        (config.symbol,),
        config.interval_s,
        clock=clock,
        rng=rng,
        listener=FeedListener(on_frame=on_frame, on_connected=on_connected, on_lost=lost.append),
    )
    listening = asyncio.create_task(feed.run())
    timed_s = config.feed.first_message_timeout_s
    try:
        await _wait(complete, max(clock.real_s(timed_s), REAL_WAIT_S_LEAST))
        if _silent(heard) == (Channel.TRADE,):
            patience = config.feed.trade_patience - 1
            await _wait(complete, clock.real_s(timed_s * patience))
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    silent = _silent(heard)
    if silent:
        waited_s = timed_s * (config.feed.trade_patience if silent == (Channel.TRADE,) else 1.0)
        error = DeafFeed(silent, waited_s)
        raise PreflightRefused(
            "feed",
            f"{error}" + (f" (connection: {lost[-1]})" if lost else ""),
            f"check that {config.symbol} is traded on the venue and that {world.ws_url} pushes",
            is_retryable=False,
        ) from error
    return heard


def _silent(heard: dict[str, float]) -> tuple[Channel, ...]:
    return tuple(channel for channel in _CHANNEL_OF.values() if channel not in heard)


async def _wait(event: asyncio.Event, within_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return
