"""A replay as a task: any strategy over what was recorded, by the engine that trades live."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from trading.config import SessionConfig
from trading.errors import JournalError
from trading.model.numbers import NS_PER_S
from trading.replay.opening import Recorded, open_feed
from trading.replay.run import replay
from trading.session.paths import SessionPaths
from trading.session.supervise import SessionResult, recorded_result


@task(name="replay", task_run_name="replay {config.strategy}", cache_policy=NO_CACHE)
async def replayed(config: SessionConfig, recorded: Recorded, paths: SessionPaths) -> SessionResult:
    """Run a strategy over a recording and return how it ended.

    Raises:
        ConfigError: when recording and config do not fit.
        FeedError: when the recording cannot be read on.
        JournalError: when the replay's own journal cannot be written.
    """
    logger = get_run_logger()

    def tell(now_ns: int) -> None:
        logger.info("at %s", datetime.fromtimestamp(now_ns // NS_PER_S, UTC))

    feed = await asyncio.to_thread(open_feed, config, recorded)
    await asyncio.to_thread(replay, config, feed, paths, tell)
    ended = recorded_result(paths, 1)
    if ended is None:
        raise JournalError(f"{paths.journal}: the replay left no closed session")
    return ended
