"""The day's report as a task: written beside the sessions, and shown in Prefect."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE

from reports.day.write import DayFiles, write_day
from reports.history.store import history_file, rebuild


@task(name="day report", task_run_name="day report {day}", cache_policy=NO_CACHE)
async def reported(var_dir: Path, day: date) -> DayFiles:
    """Write the report of a day, from the history; without one it is made from the journals first.

    Raises:
        HistoryError: when the history cannot be made or read.
        OSError: when the folder cannot be written.
    """
    logger = get_run_logger()
    if not history_file(var_dir).exists():
        rebuilt = await asyncio.to_thread(rebuild, var_dir)
        for told in rebuilt.unreadable:
            logger.warning("not in the history: %s", told)
    files = await asyncio.to_thread(write_day, var_dir, day)
    await acreate_markdown_artifact(files.text, key="paper-day", description="PAPER day")
    logger.info("report %s", files.page)
    return files
