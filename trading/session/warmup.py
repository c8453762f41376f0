"""History for the strategy: closed, contiguous, fresh bars, fetched before the session starts."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Final

import msgspec

from trading.config import SessionConfig
from trading.engine.desk import HISTORY_BARS_LEAST
from trading.errors import PreflightRefused, VenueError
from trading.io.rest import RestClient
from trading.model.events import CandleUpdate
from trading.model.numbers import NS_PER_S
from trading.session.preflight import REST_WITHIN_S, Preflight
from trading.session.world import World
from trading.venues.base import RestRequest, Venue
from trading.venues.registry import venue_named

HISTORY_BARS_MOST: Final = 5_000


class WarmUp(msgspec.Struct, frozen=True, kw_only=True):
    """The replies that hold the bars, oldest page first."""

    replies: tuple[tuple[RestRequest, bytes], ...]
    bars: int


def bars_needed(config: SessionConfig, strategy_bars: int, unwatched_bars: int = 0) -> int:
    """Return how many bars are fetched: the most that anybody asks for, and never under 100.

    ``unwatched_bars``: those that must tell what became of a carried position; beyond
    ``HISTORY_BARS_MOST`` the oldest are given up.
    """
    asked = max(config.history_bars, strategy_bars, unwatched_bars)
    return min(max(HISTORY_BARS_LEAST, asked), HISTORY_BARS_MOST)


async def warm_up(config: SessionConfig, world: World, checked: Preflight) -> WarmUp:
    """Fetch the bars and check them.

    Raises:
        PreflightRefused: when they cannot be had, or are too few, have a hole, or are old.
    """
    venue = venue_named(config.source)
    clock = world.clock()
    interval_ns = config.interval_s * NS_PER_S
    end_ns = clock.now_ns() // interval_ns * interval_ns
    since_ns = checked.carried_since_ns or end_ns
    unwatched_bars = (end_ns - since_ns) // interval_ns + 1
    needed = bars_needed(config, checked.strategy_history_bars, unwatched_bars)
    start_ns = end_ns - needed * interval_ns
    request = venue.candles_request(config.symbol, config.interval_s, start_ns, end_ns)
    rng = Random(f"{config.seed} warm-up")
    async with RestClient(world.rest_url, venue, clock, rng) as rest:
        try:
            replies = await rest.candles(request, within_s=REST_WITHIN_S)
        except VenueError as error:
            raise PreflightRefused(
                "warm-up",
                f"{world.rest_url}: {error}",
                "the venue's candles cannot be had now; try again later",
                is_retryable=True,
            ) from error
    opens = _opens(venue, replies)
    _check(opens, needed, end_ns, interval_ns)
    return WarmUp(replies=tuple(replies), bars=len(opens))


def _opens(venue: Venue, replies: list[tuple[RestRequest, bytes]]) -> list[int]:
    found = {
        event.open_ns
        for request, body in replies
        for event in venue.decode_reply(request, body, 0)
        if isinstance(event, CandleUpdate) and event.is_closed
    }
    return sorted(found)


def _check(opens: list[int], needed: int, end_ns: int, interval_ns: int) -> None:
    """Refuse bars that are too old, have a hole, or are too few; the most telling reason first."""
    if opens and opens[-1] + interval_ns < end_ns:
        raise PreflightRefused(
            "warm-up",
            f"the newest closed bar ended {(end_ns - opens[-1] - interval_ns) / NS_PER_S:g} s ago",
            "the venue's candles lag; try again later",
            is_retryable=True,
        )
    for before, after in pairwise(opens):
        if after - before != interval_ns:
            missing = (after - before) // interval_ns - 1
            raise PreflightRefused(
                "warm-up",
                f"{missing} bars are missing after {before // NS_PER_S} (Unix seconds)",
                "the venue's history has a hole there; try again later",
                is_retryable=True,
            )
    if len(opens) < needed:
        raise PreflightRefused(
            "warm-up",
            f"{len(opens)} closed bars of the {needed} needed",
            "the venue has too short a history, or rows were unusable; "
            "use a shorter look-back or another symbol",
            is_retryable=True,
        )
