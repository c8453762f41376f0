"""``alert``: one line in the alert file, started by the automations."""

from __future__ import annotations

from typing import Literal

from prefect import State, flow, runtime
from prefect.states import Completed
from prefect.utilities.urls import url_for

from flows.naming import var_dir
from tasks.alert_file import note_alert

Severity = Literal["critical", "error", "warning", "info", "all clear"]


def alert_name() -> str:
    """Return the name of the running alert."""
    asked = runtime.flow_run.parameters
    return f"[{asked['severity']}] {asked['kind']}"


@flow(name="alert", flow_run_name=alert_name, retries=0, persist_result=False)
async def alert(kind: str, severity: Severity, text: str, run_id: str = "") -> State[None]:
    """Keep an alert in the file of last resort, ``alerts.log`` in the folder of all sessions.

    Args:
        kind: Which alert it is.
        severity: How bad it is.
        text: What happened, in words.
        run_id: The flow run it happened to, whose page is named; empty for none.
    """
    page = url_for("flow-run", obj_id=run_id) if run_id else None
    told = f"{text} {page}" if page else text
    path = note_alert(var_dir(), kind, severity, told)
    return Completed(message=f"[{severity}] {kind}: {told} (kept in {path})")
