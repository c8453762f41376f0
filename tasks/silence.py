"""A run of which nothing is heard any more: does it still work, and who ends it if it does not?

Its progress artifact is the witness: renewed every two seconds from the same event loop as the
events nobody heard, but by a request of its own each time, so it goes on at once after an outage of
the server. What ends a run is its own worker, which asks its process first and then insists; only
where there is none is the run called dead by us.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
)
from prefect.client.schemas.objects import State, StateType

from tasks.correction import UNDER_WAY, call_crashed, state_now
from trading.io.clock import monotonic_ns
from trading.model.numbers import NS_PER_S

Part = Literal["start", "session", "end"]
"""Before the first progress, between first and last, and from the last to the end of the run."""

LISTEN_S: Final = 15.0
"""Real seconds in which a run that works renews its progress; it does so every two."""
STOP_WITHIN_S: Final = 45.0
"""Real seconds to end a run that was cancelled: a worker kills what does not end within 30."""
LOOK_EVERY_S: Final = 1.0

_WHY: Final[dict[Part, str]] = {
    "start": "frozen: it began, and no session came of it",
    "session": "frozen: its session's supervisor hung",
    "end": "overrun: its session was over, and it did not end",
}
_GONE: Final = "zombie: its process was gone, and its worker with it"


async def is_under_way(flow_run_id: str) -> bool:
    """Return whether Prefect takes the run for one that goes on."""
    state = await state_now(flow_run_id)
    return state is not None and state.type in UNDER_WAY


async def makes_progress(flow_run_id: str) -> bool:
    """Return whether the run renews what it shows, or ends by itself, while we look."""
    before = await _renewed(flow_run_id)
    by_ns = monotonic_ns() + round(LISTEN_S * NS_PER_S)
    while monotonic_ns() < by_ns:
        await asyncio.sleep(LOOK_EVERY_S)
        if await _renewed(flow_run_id) != before or not await is_under_way(flow_run_id):
            return True
    return False


async def end_run(flow_run_id: str, part: Part) -> str:
    """End a run, call it Crashed so that it is told and rescued, and return what it was.

    A run that ended in another way in the meantime keeps its state.
    """
    async with get_client() as client:
        asked = State(type=StateType.CANCELLING, message="nothing is heard of it")
        await client.set_flow_run_state(UUID(flow_run_id), asked)
    by_ns = monotonic_ns() + round(STOP_WITHIN_S * NS_PER_S)
    while is_there := await is_under_way(flow_run_id):
        if monotonic_ns() > by_ns:
            break
        await asyncio.sleep(LOOK_EVERY_S)
    why = _GONE if is_there else _WHY[part]
    is_ours = await call_crashed(flow_run_id, why, also=StateType.CANCELLED)
    return why if is_ours else "ended by itself after all"


async def _renewed(flow_run_id: str) -> list[datetime | None]:
    """Return when the progress artifacts of a run were renewed."""
    wanted = ArtifactFilter(
        flow_run_id=ArtifactFilterFlowRunId(any_=[UUID(flow_run_id)]),
        type=ArtifactFilterType(any_=["progress"]),
    )
    async with get_client() as client:
        return [each.updated for each in await client.read_artifacts(artifact_filter=wanted)]
