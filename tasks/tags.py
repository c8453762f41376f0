"""Tags of a flow run, by which a person filters: symbol, strategy, account, outcome."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from prefect import get_run_logger, runtime
from prefect.client.orchestration import get_client

TAG_WITHIN_S: Final = 5.0


async def tag_run(*tags: str) -> None:
    """Add tags to the running flow run; that they cannot be added takes nothing from it."""
    try:
        async with asyncio.timeout(TAG_WITHIN_S), get_client() as client:
            run = await client.read_flow_run(UUID(runtime.flow_run.id))
            await client.update_flow_run(run.id, tags={*run.tags, *tags})
    except Exception as error:  # noqa: BLE001 - whatever Prefect has: a tag is for people only
        get_run_logger().warning("not tagged: %s: %s", type(error).__name__, error)
