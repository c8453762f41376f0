"""Somebody cancels a run: a worker would end its process, and where there is none we do.

A run that was started by hand has nobody who looks whether it was cancelled (Prefect 3.8: its state
stays Cancelling, and it goes on), so it looks itself, once a second and beside its work.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prefect import runtime
from prefect.client.schemas.objects import StateType

from tasks.correction import state_now
from tasks.origin import is_watched_over

ASK_EVERY_S: Final = 1.0
ANSWER_WITHIN_S: Final = 5.0


async def is_asked() -> bool:
    """Return whether somebody has cancelled the running flow run; False without an answer."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            state = await state_now(str(runtime.flow_run.id))
    except Exception:  # noqa: BLE001 - whatever Prefect has: a server that is away cancels nothing
        return False
    return state is not None and state.type is StateType.CANCELLING


@asynccontextmanager
async def heard() -> AsyncIterator[None]:
    """Cancel the block as soon as the running flow run is cancelled, if no worker looks after it.

    The block sees what it sees when a worker does it: ``asyncio.CancelledError``, once.
    """
    task = asyncio.current_task()
    assert task is not None
    listening = None if is_watched_over() else asyncio.create_task(_listen(task))
    try:
        yield
    finally:
        if listening is not None:
            listening.cancel()


async def _listen(task: asyncio.Task[object]) -> None:
    while not await is_asked():  # noqa: ASYNC110 - only the server knows
        await asyncio.sleep(ASK_EVERY_S)
    task.cancel()
