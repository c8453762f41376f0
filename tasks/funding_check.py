"""The funding check as a task: was every settlement booked once, at the venue's own numbers?"""

from __future__ import annotations

from prefect import State, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, Failed

from trading.session import funding_check as comparing
from trading.session.funding_check import FundingCheck
from trading.session.paths import SessionPaths
from trading.session.world import World


@task(name="funding-check", task_run_name="funding check {paths.session_id}", cache_policy=NO_CACHE)
async def funding_check(paths: SessionPaths, world: World) -> State[FundingCheck]:
    """Compare the session's journal with the venue's history of settlements.

    Raises:
        VenueError: when the history cannot be had.
    """
    checked = await comparing.check_funding(paths, world)
    get_run_logger().info("%s", checked.summary)
    kind = Completed if checked.is_clean else Failed
    return kind(message=checked.summary, data=checked)


async def checked_funding(paths: SessionPaths, world: World) -> FundingCheck | None:
    """Return the comparison; None when it could not be made, which the task's state explains."""
    # Prefect's overload forgets that the state of an async task is awaited.
    state: State[FundingCheck] = await funding_check(paths, world, return_state=True)  # type: ignore[misc]
    found: object = await state.aresult(raise_on_failure=False)
    return found if isinstance(found, FundingCheck) else None
