"""The plan as a task: fix deadline and predecessor, write down what the process is started with."""

from __future__ import annotations

import asyncio

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from tasks.origin import is_watched_over
from trading.config import SessionConfig
from trading.session.paths import SessionPaths
from trading.session.planning import make_plan
from trading.session.preflight import Preflight
from trading.session.warmup import WarmUp
from trading.session.world import World


@task(name="plan", task_run_name="plan {paths.session_id}", cache_policy=NO_CACHE)
async def plan(
    config: SessionConfig, world: World, checked: Preflight, warm: WarmUp, paths: SessionPaths
) -> None:
    """Write the plan the session is started with.

    Raises:
        ConfigError: when the account belongs to another source, or to a later time.
        JournalError: when the account's last session is not closed, or cannot be read.
    """
    planned = await asyncio.to_thread(
        make_plan,
        config,
        world,
        checked,
        warm,
        paths,
        is_rescuable=is_watched_over(),
    )
    before = planned.opening.predecessor
    get_run_logger().info(
        "goes on from %s", before.session_id if before else "nothing: a new account"
    )
