"""Flow runs made by hand: in the states they are said to have been in, and nobody runs them."""

from __future__ import annotations

import asyncio
from uuid import UUID

from prefect import State, flow
from prefect.client.orchestration import get_client

NOBODY = str(UUID(int=0))
"""The id of a run that no server knows."""


@flow(name="paper-session")
def stand_in() -> None:
    """Be the flow whose run it is."""


def run_in(*states: State) -> str:
    """Make a flow run that went through these states; return its id."""

    async def make() -> UUID:
        async with get_client() as client:
            run = await client.create_flow_run(stand_in)
            for state in states:
                await client.set_flow_run_state(run.id, state, force=True)
            return run.id

    return str(asyncio.run(make()))


def state_of_run(run_id: str) -> tuple[str, str]:
    """Return a run's type of state and its message."""

    async def read() -> tuple[str, str]:
        async with get_client() as client:
            state = (await client.read_flow_run(UUID(run_id))).state
            assert state is not None
            return state.type.value, state.message or ""

    return asyncio.run(read())
