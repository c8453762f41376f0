"""One session of a fleet as a task: started through a deployment, waited for, and told.

The session is a flow run of its own, on whichever worker takes it. This task only holds a slot of
the fleet's limit, asks now and then how the run stands, and hands on a cancellation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import anyio
import httpx
from prefect import State, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.concurrency.asyncio import concurrency
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.states import Cancelled, Cancelling

from trading.errors import ConfigError
from trading.io.clock import monotonic_ns
from trading.model.numbers import NS_PER_S

LIMIT: Final = "paper-fleet"
"""The global concurrency limit that all fleets share."""
AT_ONCE: Final = 4
"""Its slots, where nobody has made it: ``prefect gcl update paper-fleet --limit N``."""
LOOK_EVERY_S: Final = 2.0
TAKEN_WITHIN_S: Final = 300.0
"""Real seconds in which a worker has to take a session; then it is not run late, but called off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a session of a fleet ended, as its flow run says it."""

    account: str
    flow_run_id: str
    kind: StateType
    state: str
    said: str


async def ready(deployment: str) -> None:
    """See that the deployment is there, and the limit that all fleets share, made if need be.

    Raises:
        ConfigError: when there is no such deployment.
    """
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(deployment)
        except ObjectNotFound as error:
            raise ConfigError(
                "deployment", deployment, "one of this server's", "prefect --no-prompt deploy --all"
            ) from error
        try:
            await client.read_global_concurrency_limit_by_name(LIMIT)
        except ObjectNotFound:
            made = GlobalConcurrencyLimitCreate(name=LIMIT, limit=AT_ONCE)
            try:
                await client.create_global_concurrency_limit(made)
            except ObjectAlreadyExists:
                return  # another fleet began in the same moment


@task(name="fleet-session", task_run_name="{account}", cache_policy=NO_CACHE)
async def fleet_session(
    account: str, deployment: str, parameters: Mapping[str, object], tags: tuple[str, ...]
) -> State[Ended]:
    """Start a session as soon as the fleet has a slot, and wait for its end.

    Cancelled, it has the session's run cancelled, which then ends flat, with its report.
    """
    # A lost slot may let one session too many begin. It must not end this one.
    async with concurrency(LIMIT, strict=True, raise_on_lease_renewal_failure=False):
        run = await arun_deployment(deployment, parameters=dict(parameters), tags=tags, timeout=0)
        get_run_logger().info("%s is flow run %s", account, run.id)
        try:
            last = await _final(run.id)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await _tell(run.id, Cancelling(message="its fleet was cancelled"))
            raise
    ended = Ended(
        account=account,
        flow_run_id=str(run.id),
        kind=last.type,
        state=str(last.name),
        said=last.message or "",
    )
    return State(type=last.type, name=last.name, message=last.message, data=ended)


async def _final(run_id: UUID) -> State:
    """Return the last state of a run; one that nobody takes in time is called off."""
    by_ns = monotonic_ns() + round(TAKEN_WITHIN_S * NS_PER_S)
    while True:
        run = await _run(run_id)
        state = run.state if run is not None else None
        if state is not None and state.is_final():
            return state
        is_waiting = state is not None and (state.is_scheduled() or state.is_pending())
        if is_waiting and monotonic_ns() > by_ns:
            await _tell(run_id, Cancelled(message=f"not taken within {TAKEN_WITHIN_S:g} s"))
        await asyncio.sleep(LOOK_EVERY_S)


async def _run(run_id: UUID) -> FlowRun | None:
    """Return a run as it stands; None while the server is away: the session does not need it."""
    try:
        async with get_client() as client:
            return await client.read_flow_run(run_id)
    except httpx.TransportError as error:
        get_run_logger().warning("the server does not answer: %s", error)
        return None


async def _tell(run_id: UUID, state: State) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(run_id, state)
