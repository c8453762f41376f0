"""One session of a fleet as a task: started through a deployment, waited for, and told.

The session is a flow run of its own, on whichever worker takes it. This task only holds a slot of
the fleet's limit, asks now and then how the run stands, and ends what nobody is to wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import anyio
import httpx
from prefect import State, get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.concurrency.asyncio import concurrency
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.states import Cancelled, Cancelling

from tasks.refusals import not_begun
from tasks.states import skipped
from trading.errors import ConfigError
from trading.io.clock import monotonic_ns
from trading.model.numbers import NS_PER_S

LIMIT: Final = "paper-fleet"
"""The global concurrency limit that all fleets share."""
AT_ONCE: Final = 4
"""Its slots, where nobody has made it: ``prefect gcl update paper-fleet --limit N``."""
LOOK_EVERY_S: Final = 2.0
END_LOOK_EVERY_S: Final = 0.5
END_WITHIN_S: Final = 20.0
"""Real seconds a cancelled session has to end flat, with its report, before nobody waits for it any
more; a worker kills a cancelled fleet after 30."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a session of a fleet ended, as its flow run says it."""

    account: str
    flow_run_id: str
    kind: StateType
    state: str
    said: str
    is_taken: bool = True
    """Whether a worker took it in time."""

    @classmethod
    def by(cls, account: str, state: State, *, run_id: str = "", is_taken: bool = True) -> Ended:
        """Return it from the last state of its run."""
        return cls(
            account=account,
            flow_run_id=run_id,
            kind=state.type,
            state=str(state.name),
            said=state.message or "",
            is_taken=is_taken,
        )


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
    account: str,
    deployment: str,
    parameters: Mapping[str, object],
    tags: tuple[str, ...],
    taken_within_s: float,
) -> State[Ended]:
    """Start a session as soon as the fleet has a slot, and wait for its end.

    Cancelled, it has the session cancelled, which then ends flat, and waits for that, too: what
    became of the session is returned in any case.
    """
    begun = False
    try:
        # A lost slot may let one session too many begin. It must not end this one.
        async with concurrency(LIMIT, strict=True, raise_on_lease_renewal_failure=False):
            begun = True
            run = await _begin(account, deployment, parameters, tags)
            get_run_logger().info("%s is flow run %s", account, run.id)
            ended = await waited_for(account, run.id, taken_within_s)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            if begun:
                # Perhaps it was just being made; by its key it is found, or made to be ended.
                run = await _begin(account, deployment, parameters, tags)
                last = await called_off(run.id, "its fleet was cancelled")
                ended = Ended.by(account, last, run_id=str(run.id))
            else:
                last = Cancelled(message="not begun: its fleet was cancelled")
                ended = Ended.by(account, last)
    return State(type=ended.kind, name=ended.state, message=ended.said, data=ended)


async def _begin(
    account: str, deployment: str, parameters: Mapping[str, object], tags: tuple[str, ...]
) -> FlowRun:
    """Start the session's flow run; asked again, return the same."""
    return await arun_deployment(
        deployment,
        parameters=dict(parameters),
        tags=tags,
        timeout=0,
        idempotency_key=f"{runtime.flow_run.id} {account}",
    )


async def waited_for(account: str, run_id: UUID, taken_within_s: float) -> Ended:
    """Wait for the end of a session; one that no worker takes in time is called off: Skipped."""
    by_ns = monotonic_ns() + round(taken_within_s * NS_PER_S)
    while True:
        run = await _run(run_id)
        state = run.state if run is not None else None
        if state is not None and state.is_final():
            return Ended.by(account, state, run_id=str(run_id))
        is_waiting = state is not None and (state.is_scheduled() or state.is_pending())
        if is_waiting and monotonic_ns() > by_ns:
            return await _left_alone(account, run_id, taken_within_s)
        await asyncio.sleep(LOOK_EVERY_S)


async def _left_alone(account: str, run_id: UUID, taken_within_s: float) -> Ended:
    """Call a session off that nobody has taken, and say so in its state, unless it began just now.

    Cancelled first, by the server's own rules, under which it cannot begin in the same moment.
    """
    why = f"no worker took it within {taken_within_s:g} s"
    last = await called_off(run_id, why)
    run = await _run(run_id)
    if run is None or run.run_count or not last.is_cancelled():
        return Ended.by(account, last, run_id=str(run_id))
    state = skipped(not_begun("late", why))
    async with get_client() as client:
        plain = State(type=state.type, name=state.name, message=state.message)
        await client.set_flow_run_state(run_id, plain, force=True)
    return Ended.by(account, state, run_id=str(run_id), is_taken=False)


async def called_off(run_id: UUID, why: str) -> State:
    """Have a session cancelled, and return its last state; if it does not end in time, how it is.

    The server may be away for a moment: it is told again until it has heard.
    """
    last: State = Cancelling(message=why)
    by_ns = monotonic_ns() + round(END_WITHIN_S * NS_PER_S)
    while monotonic_ns() < by_ns:
        run = await _run(run_id)
        if run is not None and run.state is not None:
            last = run.state
            if last.is_final():
                break
            if not last.is_cancelling():
                await _tell(run_id, Cancelling(message=why))
        await asyncio.sleep(END_LOOK_EVERY_S)
    return last


async def _run(run_id: UUID) -> FlowRun | None:
    """Return a run as it stands; None while the server is away: the session does not need it."""
    try:
        async with get_client() as client:
            return await client.read_flow_run(run_id)
    except httpx.TransportError as error:
        get_run_logger().warning("the server does not answer: %s", error)
        return None


async def _tell(run_id: UUID, state: State) -> None:
    try:
        async with get_client() as client:
            await client.set_flow_run_state(run_id, state)
    except httpx.TransportError as error:
        get_run_logger().warning("the server was not told: %s", error)
