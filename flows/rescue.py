"""``rescue``: the session of a flow run that died is resumed, or its books are closed.

An automation starts it for every paper session, and every rescue, that crashed. It needs to be told
nothing but the run: the session's plan on the disk holds the parameters it was started with.
"""

from __future__ import annotations

import asyncio

import anyio
from prefect import State, flow, get_run_logger, runtime
from prefect.states import Completed, Failed

from flows.naming import var_dir
from tasks.correction import correct
from tasks.funding_check import checked_funding
from tasks.live_session import books_closed, to_its_end
from tasks.origin import Origin, read_origin, session_of, write_origin
from tasks.orphans import attempts_of, closed, is_free, reason_to_give_up
from tasks.report import report
from tasks.ship import ship
from tasks.standing import tell_death, tell_verdict
from tasks.states import state_of
from trading.session.paths import SessionPaths
from trading.session.plan import read_plan
from trading.session.supervise import SessionResult, recorded_result


def rescue_name() -> str:
    """Return the name of the running rescue."""
    return f"rescue of {runtime.flow_run.parameters['flow_run_id']}"


@flow(name="rescue", flow_run_name=rescue_name, retries=0, persist_result=False)
async def rescue(flow_run_id: str) -> State[SessionResult]:
    """Resume the session that a flow run was running when it died, or see its books closed.

    Args:
        flow_run_id: The id of the flow run that died, a paper session or a rescue of one: the last
            part of its page's address.
    """
    paths = session_of(var_dir(), flow_run_id)
    origin = read_origin(paths) if paths is not None else None
    await tell_death(flow_run_id, paths.account if paths else None)
    if paths is None or origin is None:
        return Completed(message=f"nothing to rescue: {flow_run_id} left no account's last session")
    if not await is_free(paths):
        return Failed(message=f"{paths.session_id} is still traded, by a process of its own")
    ended = await _ended(paths, origin)
    for run_id in origin.runs:
        was = await correct(run_id, ended, runtime.flow_run.name)
        if was is not None:
            get_run_logger().info("run %s was %s; its session says %s", run_id, was, ended.outcome)
    state = state_of(ended)
    tell_verdict(paths.account, paths.session_id, state)
    return state


async def _ended(paths: SessionPaths, origin: Origin) -> SessionResult:
    """Bring the session to its end, if it may still go on, and to its report in any case."""
    why = reason_to_give_up(paths, origin)
    plan = read_plan(paths.plan)
    try:
        if recorded_result(paths, 0) is None and why is None:
            write_origin(paths, origin.rescued_by(str(runtime.flow_run.id)))
            ended = await to_its_end(
                plan.opening.setup.config, paths, attempts_before=attempts_of(paths)
            )
        else:
            ended = await closed(paths, why or "its flow run died")
        funding = await checked_funding(paths, plan.world)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            await report(await books_closed(paths, "the rescue was cancelled"), paths, None)
        raise
    final = await report(ended, paths, funding)
    await ship(paths)
    return final
