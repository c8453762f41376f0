"""Warm-up as a task: the history the strategy needs, closed, contiguous and fresh."""

from __future__ import annotations

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from tasks.retries import refused_for_now
from trading.config import SessionConfig
from trading.session import warmup
from trading.session.preflight import Preflight
from trading.session.warmup import WarmUp
from trading.session.world import World


@task(
    name="warm-up",
    task_run_name="warm-up {config.symbol} {config.strategy} {config.account}",
    retries=2,
    retry_delay_seconds=[2.0, 4.0],
    retry_jitter_factor=0.3,
    retry_condition_fn=refused_for_now,
    cache_policy=NO_CACHE,
)
async def warm_up(config: SessionConfig, world: World, checked: Preflight) -> WarmUp:
    """Fetch the bars.

    Raises:
        PreflightRefused: when they cannot be had, or are too few, have a hole, or are old.
    """
    warm = await warmup.warm_up(config, world, checked)
    get_run_logger().info("%d closed bars", warm.bars)
    return warm
