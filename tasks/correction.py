"""Prefect's record of a run, made to say what the journal says.

A run that was killed, or whose server was away at its end, is Crashed, or Running for ever, while
its session may have ended well. The journal decides, and the state says that it was corrected.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound

from tasks.states import state_of
from trading.session.supervise import SessionResult

UNDER_WAY: Final = frozenset({StateType.PENDING, StateType.RUNNING, StateType.CANCELLING})
"""States of a run that has not ended."""
CORRECTED: Final = UNDER_WAY | {StateType.CRASHED}
"""States that say nothing of how a session ended; a run that a person cancelled stays cancelled."""


async def run_now(flow_run_id: str) -> FlowRun | None:
    """Return a flow run as it stands; None when the server does not know it."""
    async with get_client() as client:
        try:
            return await client.read_flow_run(UUID(flow_run_id))
        except ObjectNotFound:
            return None


async def state_now(flow_run_id: str) -> State | None:
    """Return the state of a flow run; None when the server does not know it."""
    run = await run_now(flow_run_id)
    return run.state if run is not None else None


async def correct(flow_run_id: str, ended: SessionResult, by: str) -> str | None:
    """Give a run the state its session earned; return what it was before, None if that stands.

    Only for a session that is over: a state is forced, which no rule of Prefect's then checks.
    """
    before = await state_now(flow_run_id)
    if before is None or before.type not in CORRECTED:
        return None
    earned = state_of(ended)
    message = f"{earned.message}; corrected by {by}, it was {before.name}: {before.message or '-'}"
    await _force(flow_run_id, State(type=earned.type, message=message))
    return before.name


async def call_crashed(flow_run_id: str, why: str, *, also: StateType | None = None) -> bool:
    """Call a run Crashed whose process is gone; False when it is not under way.

    ``also``: another state that it may be in and does not keep.
    """
    before = await state_now(flow_run_id)
    if before is None or before.type not in {*UNDER_WAY, also}:
        return False
    await _force(flow_run_id, State(type=StateType.CRASHED, message=why))
    return True


async def _force(flow_run_id: str, state: State) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(UUID(flow_run_id), state, force=True)
