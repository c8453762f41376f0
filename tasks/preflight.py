"""Preflight as a task: is the world ready for this session?"""

from __future__ import annotations

from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from tasks.retries import refused_for_now
from trading.config import SessionConfig
from trading.session import preflight as asking
from trading.session.preflight import Preflight
from trading.session.world import World


@task(
    name="preflight",
    task_run_name="preflight {config.symbol} {config.strategy} {config.account}",
    retries=2,
    retry_delay_seconds=[2.0, 4.0],
    retry_jitter_factor=0.3,
    retry_condition_fn=refused_for_now,
    cache_policy=NO_CACHE,
)
async def preflight(config: SessionConfig, world: World, var_dir: Path) -> Preflight:
    """Ask every question that must be yes before a session starts.

    Raises:
        ConfigError: when the strategy or its parameters are refused.
        PreflightRefused: at the first no.
    """
    checked = await asking.preflight(config, world, var_dir)
    logger = get_run_logger()
    for check in checked.checks:
        logger.info("%s: %s (%.0f ms)", check.name, check.found, check.took_ms)
    return checked
