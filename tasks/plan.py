"""The plan as a task: settle the account, fix deadline and predecessor, write it down."""

from __future__ import annotations

import asyncio

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from trading.config import SessionConfig
from trading.session.paths import SessionPaths
from trading.session.plan import make_plan
from trading.session.preflight import Preflight
from trading.session.settle import settle_account
from trading.session.warmup import WarmUp
from trading.session.world import World


@task(name="plan", task_run_name="plan {paths.session_id}", cache_policy=NO_CACHE)
async def plan(
    config: SessionConfig, world: World, checked: Preflight, warm: WarmUp, paths: SessionPaths
) -> None:
    """Close what an earlier session left open, and write the plan the session is started with.

    Raises:
        AccountLocked: when another session owns the account.
        ConfigError: when the account belongs to another source, or to a later time.
        JournalError: when the account's last journal cannot be trusted.
    """
    logger = get_run_logger()
    settled = await asyncio.to_thread(settle_account, paths.var_dir, config.account)
    if settled is not None:
        logger.warning("closed the books of %s, which never ended", settled.session_id)
    planned = await asyncio.to_thread(make_plan, config, world, checked, warm, paths)
    before = planned.opening.predecessor
    logger.info("goes on from %s", before.session_id if before else "nothing: a new account")
