"""``silence``: a run of which nothing is heard any more is looked at, and ended if it hangs.

Automations start it. They hear only that nothing was heard, which after an outage of the server is
true of every healthy run; so nothing is ended unseen.
"""

from __future__ import annotations

from prefect import State, flow, runtime
from prefect.states import Completed

from tasks.silence import Part, end_run, is_under_way, makes_progress


def silence_name() -> str:
    """Return the name of the running look."""
    asked = runtime.flow_run.parameters
    return f"silence of {asked['flow_run_id']}, {asked['part']}"


@flow(name="silence", flow_run_name=silence_name, retries=0, persist_result=False)
async def silence(flow_run_id: str, part: Part = "session") -> State[None]:
    """See whether a silent run still works; if not, end it, so that it is told and rescued.

    Args:
        flow_run_id: The id of the flow run of which nothing is heard, a paper session or a rescue
            of one: the last part of its page's address.
        part: Where it fell silent: start is before its session began, end after it was over.
    """
    if not await is_under_way(flow_run_id):
        return Completed(message=f"nothing to do: {flow_run_id} is over")
    if await makes_progress(flow_run_id):
        return Completed(message=f"{flow_run_id} works: only its events were not heard")
    return Completed(message=f"{flow_run_id} {await end_run(flow_run_id, part)}")
