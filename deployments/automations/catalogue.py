"""Every automation of ours, as a value: what it waits for, what it does, whom it tells.

=================  ========  =====================================  ================================
name               severity  fires when                             does
=================  ========  =====================================  ================================
rescue             -         a session or its rescue is Crashed     runs ``rescue`` with its id
crashed            error     a session is Crashed                   tells
failed             error     a session is Failed, for any other     tells
                             reason than the next two
halted             critical  ... by a risk rule                     tells
killed             critical  ... by the kill switch                 tells
frozen             critical  no progress for a minute               tells, cancels the run
zombie             error     no heartbeat for two minutes           tells, calls the run Crashed,
                                                                    which starts the rescue
overrun            error     still Running long after its end       tells, cancels the run
late               warning   nobody took a session in time, or it   tells
                             was skipped for that
no worker          error     the work pool has no worker            tells
none completed     error     no session completed for some hours    tells
recovered          all clear a session completed after a bad one    tells
alert failed       error     an action of any of these failed       writes the file
test               info      ``python -m deployments.automations    tells
                             test``
=================  ========  =====================================  ================================

To tell is to send a notification, where a block is configured, and to write the alert file. Bursts
of one kind are told once in ten minutes for a deployment. Prefect's own heartbeat comes from a
thread of its own and beats on over a frozen loop (measured), so ``frozen`` listens to ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.actions import (
    ActionTypes,
    CancelFlowRun,
    ChangeFlowRunState,
    RunDeployment,
    SendNotification,
)
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from tasks.progress import OVER, PROGRESS

PREFIX: Final = "paper-session: "
"""What the names of ours begin with; nothing else on the server is ever touched."""
TEST: Final = "paper.session.alert-test"
"""The event that the automation ``test`` waits for."""

BURST: Final = timedelta(minutes=10)
FROZEN: Final = timedelta(seconds=60)
ZOMBIE: Final = timedelta(seconds=120)
RECOVERED: Final = timedelta(days=7)

_RUN: Final = "prefect.flow-run."
_BAD: Final = {f"{_RUN}{name}" for name in ("Crashed", "Failed", "TimedOut")}
_OVER: Final = _BAD | {f"{_RUN}{name}" for name in ("Completed", "Cancelled", "Skipped")}
_LATE: Final = {f"{_RUN}Late", f"{_RUN}Skipped"}
_TEXT: Final = (
    "{{ flow_run.name }}: {{ flow_run.state.name }}, {{ flow_run.state.message }} "
    "{{ flow_run | ui_url }}"
)
_EVENT: Final = "{{ event.event }} {{ event.resource.name }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What automations refer to on one server, by its ids there."""

    rescue: UUID
    alert: UUID
    notify: UUID | None = None
    """The notification block that is told; None: only the alert file is written."""
    pool: str = "paper"
    session_within: timedelta = timedelta(minutes=15)
    """From Running to the end of the longest session, its report included."""
    completed_within: timedelta = timedelta(hours=3)
    """Without a completed session for so long, somebody is told."""


def catalogue(at: Places) -> tuple[AutomationCore, ...]:
    """Return every automation, as it is to stand on a server."""
    return (
        _automation(
            "rescue",
            "Resumes the session of a run that died, within its deadline.",
            _happens({f"{_RUN}Crashed"}, flows=("paper-session", "rescue"), within=timedelta(0)),
            _run(at.rescue, flow_run_id=_jinja("{{ flow_run.id }}")),
        ),
        _alert(at, "crashed", "error", _happens({f"{_RUN}Crashed"})),
        _alert(at, "failed", "error", _happens(_BAD - {f"{_RUN}Crashed"}, message="[!hk]*")),
        _alert(at, "halted", "critical", _happens({f"{_RUN}Failed"}, message="halted (*")),
        _alert(at, "killed", "critical", _happens({f"{_RUN}Failed"}, message="killed (*")),
        *_silences(at),
        _alert(at, "late", "warning", _happens(_LATE, message=["", "skipped (late)*"])),
        _alert(
            at,
            "no worker",
            "error",
            EventTrigger(
                expect={"prefect.work-pool.not-ready"},
                match={"prefect.resource.name": at.pool},
                within=BURST,
            ),
            text=_EVENT,
        ),
        _alert(at, "recovered", "all clear", _recovers()),
        _alert(at, "test", "info", EventTrigger(expect={TEST}), text="it was only a test"),
        _automation(
            "alert failed",
            "The last resort: what an automation of ours could not do is kept in the alert file.",
            EventTrigger(
                expect={"prefect.automation.action.failed"},
                match={"prefect.resource.name": f"{PREFIX}*"},
                within=BURST,
                for_each={"prefect.resource.id"},
            ),
            _file(at, "alert failed", "error", "{{ event.resource.name }}: {{ event.payload }}"),
        ),
    )


def _silences(at: Places) -> tuple[AutomationCore, ...]:
    """Return those that fire because something did not happen."""
    return (
        _alert(
            at,
            "frozen",
            "critical",
            _stays_away(after={PROGRESS}, expect={PROGRESS, OVER, *_OVER}, within=FROZEN),
            CancelFlowRun(),
        ),
        _alert(
            at,
            "zombie",
            "error",
            _stays_away(
                after={f"{_RUN}heartbeat"}, expect={f"{_RUN}heartbeat", *_OVER}, within=ZOMBIE
            ),
            ChangeFlowRunState(
                name=None,
                state=StateType.CRASHED,
                message="zombie: no heartbeat of its process any more",
                force=False,
            ),
        ),
        _alert(
            at,
            "overrun",
            "error",
            _stays_away(after={f"{_RUN}Running"}, expect=_OVER, within=at.session_within),
            CancelFlowRun(),
        ),
        _alert(
            at,
            "none completed",
            "error",
            EventTrigger(
                posture=Posture.Proactive,
                expect={f"{_RUN}Completed"},
                match_related=_flow("paper-session"),
                within=at.completed_within,
            ),
            text=f"no paper session was Completed within {at.completed_within}",
        ),
    )


def _happens(
    events: set[str],
    *,
    flows: tuple[str, ...] = ("paper-session",),
    message: str | list[str] = "*",
    within: timedelta = BURST,
) -> EventTrigger:
    """Return a trigger for something that happens to a run; ``message``: a glob of its state's."""
    return EventTrigger(
        expect=events,
        match={"prefect.resource.id": f"{_RUN}*", "prefect.state-message": message},
        match_related=_flow(*flows),
        within=within,
        for_each={"related:deployment:prefect.resource.id"} if within else set(),
    )


def _stays_away(*, after: set[str], expect: set[str], within: timedelta) -> EventTrigger:
    """Return a trigger for something that does not happen to a run in time."""
    return EventTrigger(
        posture=Posture.Proactive,
        after=after,
        expect=expect,
        match={"prefect.resource.id": f"{_RUN}*"},
        match_related=_flow("paper-session", "rescue"),
        for_each={"prefect.resource.id"},
        within=within,
    )


def _recovers() -> EventTrigger:
    """Return the trigger of the all-clear: a deployment completes a session after a bad one."""
    return EventTrigger(
        after=_BAD,
        expect={f"{_RUN}Completed"},
        match={"prefect.resource.id": f"{_RUN}*"},
        match_related=_flow("paper-session"),
        for_each={"related:deployment:prefect.resource.id"},
        within=RECOVERED,
    )


def _flow(*names: str) -> dict[str, str | list[str]]:
    return {"prefect.resource.role": "flow", "prefect.resource.name": list(names)}


def _alert(
    at: Places,
    name: str,
    severity: str,
    trigger: EventTrigger,
    *acts: ActionTypes,
    text: str = _TEXT,
) -> AutomationCore:
    """Return an automation that tells, before it does anything else."""
    subject = f"[{severity}] paper-session {name}"
    tells: list[ActionTypes] = [_file(at, name, severity, text)]
    if at.notify is not None:
        tells.insert(0, SendNotification(block_document_id=at.notify, subject=subject, body=text))
    return _automation(name, f"Tells of it ({severity}).", trigger, *tells, *acts)


def _file(at: Places, kind: str, severity: str, text: str) -> RunDeployment:
    return _run(at.alert, kind=kind, severity=severity, text=_jinja(text))


def _run(deployment_id: UUID, **parameters: object) -> RunDeployment:
    return RunDeployment(
        source="selected", deployment_id=deployment_id, parameters=parameters, job_variables=None
    )


def _jinja(template: str) -> Mapping[str, Any]:
    return {"__prefect_kind": "jinja", "template": template}


def _automation(
    name: str, description: str, trigger: EventTrigger, *actions: ActionTypes
) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}{name}",
        description=description,
        enabled=True,
        trigger=trigger,
        actions=list(actions),
    )
