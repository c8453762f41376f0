"""How an account stands, told to the automations: its newest session went well, or it did not.

Prefect's own events know runs and deployments, and many accounts may be traded through one
deployment; so the all-clear of an account follows events of the account's own. They come from
whoever has the last word on a session: its flow's hooks, the rescue of one that died, or
``reconcile``.
"""

from __future__ import annotations

from typing import Any, Final

from prefect import Flow, runtime
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.events import emit_event

from tasks.correction import run_now
from trading.config import SessionConfig

BAD: Final = "paper.account.bad"
"""The event of a session that died, failed, or was refused."""
WELL: Final = "paper.account.well"
"""The event of a session that was completed."""
ACCOUNT: Final = "paper-session.account."
"""What the id of an account as a resource of events begins with."""
RUN: Final = "paper-session.run-id"
"""Label: the flow run that had the last word."""

_KINDS: Final = {
    StateType.COMPLETED: WELL,
    StateType.FAILED: BAD,
    StateType.CRASHED: BAD,
}


def tell_end(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """Tell how a paper session's account stands, as a hook of its flow: however that ended."""
    _tell(account_of(flow_run) or "", str(flow_run.id), flow_run.name, state)


async def tell_death(flow_run_id: str, account: str | None) -> None:
    """Tell how the account of a Crashed run stands, which could not tell it itself.

    ``account`` is None where its session is not known: then its parameters name it, and of a rescue
    nothing is told, for the death of the run it was to rescue was told.
    """
    run = await run_now(flow_run_id)
    if run is None or run.state is None or run.state.type is not StateType.CRASHED:
        return
    if whose := account or account_of(run):
        _tell(whose, flow_run_id, run.name, run.state)


def tell_verdict(account: str, session_id: str, state: State[Any]) -> None:
    """Tell how an account stands, by the running flow, which settled its session afterwards."""
    _tell(account, str(runtime.flow_run.id), session_id, state)


def account_of(run: FlowRun) -> str | None:
    """Return the account a run was to trade; None for a rescue, which is told a run instead."""
    if "flow_run_id" in run.parameters:
        return None
    return str(run.parameters.get("account", SessionConfig().account))


def _tell(account: str, run_id: str, name: str, state: State[Any]) -> None:
    """Queue the event; a session that was skipped or cancelled says nothing of its account."""
    event = _KINDS.get(state.type)
    if event is None:
        return
    about = {
        "prefect.resource.id": f"{ACCOUNT}{account}",
        "prefect.resource.name": f"account {account}, {name}",
        "prefect.state-name": str(state.name),
        "prefect.state-message": state.message or "",
        RUN: run_id,
    }
    emit_event(event, resource=about)
