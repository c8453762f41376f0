"""Every automation of ours, as a value: what it waits for, what it does, whom it tells.

=================  =========  ====================================  ================================
name               severity   fires when                            does
=================  =========  ====================================  ================================
rescue             -          a session or its rescue is Crashed    runs ``rescue`` with its id
no start           -          Running for five minutes, nothing     runs ``silence`` with its id
                              heard of a session
no progress        -          nothing heard for a minute            runs ``silence`` with its id
no end             -          the session is over for ten minutes,  runs ``silence`` with its id
                              its run is not
crashed            error      a session is Crashed, for any other   tells
                              reason than the next three
frozen             critical   ... its process hung: ``silence``     tells
                              has ended it
zombie             error      ... its process was gone: ``silence`` tells
                              found nobody
overrun            error      ... it had not ended by itself:       tells
                              ``silence`` has ended it
failed             error      a session is Failed, for any other    tells
                              reason than the next two
halted             critical   ... by a risk rule                    tells
killed             critical   ... by the kill switch                tells
late               warning    nobody took a session in time, or it  tells
                              was skipped for that
on time again      all clear  ... one of its deployment was begun   tells
                              and completed
no worker          error      the work pool has no worker           tells
worker back        all clear  ... it has one again                  tells
none completed     error      no session completed for some hours   tells
completed again    all clear  one completed after that              tells
recovered          all clear  an account completed a session, and   tells
                              its last word was a bad one
alert failed       error      an action of any of these failed      writes the file
test               info       ``python -m deployments.automations   tells
                              test``
=================  =========  ====================================  ================================

To tell is to send a notification, where a block is configured, and to write the alert file. How a
run ended is told once, and of every run: each is somebody's account. What befalls a deployment or
the pool is told once in ten minutes. An all-clear is about what its alert is about: the account
whose session ended badly (``tasks/standing.py``), however many share a deployment; the deployment
that was late; the pool without a worker.

Silence is only heard here, never acted on: after an outage of the server every healthy session has
been silent. ``silence`` looks whether the run still works before it ends anything, and what it ends
is Crashed, by whose message it is told once, and rescued. How long a session may be appears
nowhere: a run goes from silence to silence. Prefect's own heartbeat comes from a thread of its own
and beats on over a frozen loop (measured), so all of this listens to ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from prefect.events.actions import ActionTypes, RunDeployment, SendNotification
from prefect.events.schemas.automations import (
    AutomationCore,
    EventTrigger,
    Posture,
    SequenceTrigger,
    TriggerTypes,
)

from deployments.automations.meanings import description
from tasks.progress import OVER, PROGRESS
from tasks.standing import ACCOUNT, BAD, RUN, WELL

PREFIX: Final = "paper-session: "
"""What the names of ours begin with; nothing else on the server is ever touched."""
TEST: Final = "paper.session.alert-test"
"""The event that the automation ``test`` waits for."""

BURST: Final = timedelta(minutes=10)
RECOVERED: Final = timedelta(days=7)

_RUN: Final = "prefect.flow-run."
_BAD: Final = {f"{_RUN}{name}" for name in ("Crashed", "Failed", "TimedOut")}
_OVER: Final = _BAD | {f"{_RUN}{name}" for name in ("Completed", "Cancelled", "Skipped")}
_DEPLOYMENT: Final = "related:deployment:prefect.resource.id"
_LATE: Final = {f"{_RUN}Late", f"{_RUN}Skipped"}
_TEXT: Final = (
    "{{ event.resource.name }}: {{ event.resource['prefect.state-name'] }}, "
    "{{ event.resource['prefect.state-message'] }}"
)
"""What happened to a run, from the event alone: a busy server does not find the run in time."""
_ID: Final = f"{{{{ event.resource.id | replace('{_RUN}', '') }}}}"
_RUN_TOLD: Final = f"{{{{ event.resource['{RUN}'] }}}}"
"""The run that an event of an account is from."""
_LINK: Final = " {% if flow_run %}{{ flow_run | ui_url }}{% endif %}"
"""For a notification only: where a deployment is run, Prefect may not know its filters yet."""
_EVENT: Final = "{{ event.event }} {{ event.resource.name }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long silence is no sign of anything."""

    start: timedelta = timedelta(minutes=5)
    """From Running to the first progress: preflight with its retries, warm-up, plan."""
    progress: timedelta = timedelta(seconds=60)
    """From one progress to the next: a session's process that is started anew lies in between."""
    end: timedelta = timedelta(minutes=10)
    """From the end of the session to the end of its run: the funding check and the report."""
    completed: timedelta = timedelta(hours=3)
    """From one completed session to the next, over all deployments."""


USUAL: Final = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What automations refer to on one server, by its ids there."""

    rescue: UUID
    silence: UUID
    alert: UUID
    notify: UUID | None = None
    """The notification block that is told; None: only the alert file is written."""
    pool: str = "paper"
    patience: Patience = USUAL


def catalogue(at: Places) -> tuple[AutomationCore, ...]:
    """Return every automation, as it is to stand on a server."""
    return (
        _automation(
            "rescue",
            "A session's flow run died: the flow rescue resumes the session, within its deadline.",
            _happens({f"{_RUN}Crashed"}, flows=("paper-session", "rescue"), within=timedelta(0)),
            _run(at.rescue, flow_run_id=_jinja(_ID)),
        ),
        *_silences(at),
        _alert(at, "crashed", "error", _happens({f"{_RUN}Crashed"}, message="[!fzo]*")),
        _alert(at, "frozen", "critical", _happens({f"{_RUN}Crashed"}, message="frozen: *")),
        _alert(at, "zombie", "error", _happens({f"{_RUN}Crashed"}, message="zombie: *")),
        _alert(at, "overrun", "error", _happens({f"{_RUN}Crashed"}, message="overrun: *")),
        _alert(at, "failed", "error", _happens(_BAD - {f"{_RUN}Crashed"}, message="[!hk]*")),
        _alert(at, "halted", "critical", _happens({f"{_RUN}Failed"}, message="halted (*")),
        _alert(at, "killed", "critical", _happens({f"{_RUN}Failed"}, message="killed (*")),
        _alert(
            at,
            "late",
            "warning",
            _happens(_LATE, message=["", "skipped (late)*"], for_each=_DEPLOYMENT),
        ),
        _alert(at, "on time again", "all clear", _is_on_time()),
        *_workers(at),
        *_hours_without(at),
        _alert(at, "recovered", "all clear", _recovers(), run=_RUN_TOLD),
        _alert(at, "test", "info", EventTrigger(expect={TEST}), text="it was only a test"),
        _automation(
            "alert failed",
            description("alert failed", "error"),
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
    """Return those that hear a run fall silent, in each of its three parts."""
    # A session that is resumed makes progress again, and is over once more.
    heard = {PROGRESS, OVER}
    parts = (
        ("no start", "start", {f"{_RUN}Running"}, at.patience.start, "No session came of a run"),
        ("no progress", "session", {PROGRESS}, at.patience.progress, "A session fell silent"),
        ("no end", "end", {OVER}, at.patience.end, "A session is over, and its run is not"),
    )
    return tuple(
        _automation(
            name,
            f"{why}: the flow silence looks at the run, and ends it if it hangs.",
            _stays_away(after=after, expect=heard | _OVER, within=within),
            _run(at.silence, flow_run_id=_jinja(_ID), part=part),
        )
        for name, part, after, within, why in parts
    )


def _workers(at: Places) -> tuple[AutomationCore, ...]:
    """Return the alert of a pool without a worker, and its all-clear."""
    pool: dict[str, str | list[str]] = {"prefect.resource.name": at.pool}
    none, some = {"prefect.work-pool.not-ready"}, {"prefect.work-pool.ready"}
    gone = EventTrigger(expect=none, match=pool, within=BURST)
    back = EventTrigger(after=none, expect=some, match=pool, within=RECOVERED)
    return (
        _alert(at, "no worker", "error", gone, text=_EVENT),
        _alert(at, "worker back", "all clear", back, text=_EVENT),
    )


def _hours_without(at: Places) -> tuple[AutomationCore, ...]:
    """Return the alert of hours without a completed session, and its all-clear."""
    name = "none completed"
    completed = {f"{_RUN}Completed"}
    missed = EventTrigger(
        posture=Posture.Proactive,
        expect=completed,
        match={"prefect.resource.id": f"{_RUN}*"},
        match_related=_flow("paper-session"),
        within=at.patience.completed,
    )
    again = SequenceTrigger(
        within=RECOVERED,
        triggers=[
            EventTrigger(
                expect={"prefect.automation.triggered"},
                match={"prefect.resource.name": f"{PREFIX}{name}"},
            ),
            EventTrigger(
                expect=completed,
                match={"prefect.resource.id": f"{_RUN}*"},
                match_related=_flow("paper-session"),
            ),
        ],
    )
    told = f"no paper session was Completed within {at.patience.completed}"
    return (
        _alert(at, name, "error", missed, text=told),
        _alert(at, "completed again", "all clear", again),
    )


def _happens(
    events: set[str],
    *,
    flows: tuple[str, ...] = ("paper-session",),
    message: str | list[str] = "*",
    within: timedelta = BURST,
    for_each: str = "prefect.resource.id",
) -> EventTrigger:
    """Return a trigger for something that happens to a run; ``message``: a glob of its state's.

    It fires once ``within`` a time ``for_each`` run, or whatever else that label is of.
    """
    return EventTrigger(
        expect=events,
        match={"prefect.resource.id": f"{_RUN}*", "prefect.state-message": message},
        match_related=_flow(*flows),
        within=within,
        for_each={for_each} if within else set(),
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


def _is_on_time() -> EventTrigger:
    """Return the trigger of the all-clear of a deployment: it completes one after a late one."""
    return EventTrigger(
        after=_LATE,
        expect={f"{_RUN}Completed"},
        match={"prefect.resource.id": f"{_RUN}*", "prefect.state-message": "!skipped (overlap)*"},
        match_related=_flow("paper-session"),
        for_each={_DEPLOYMENT},
        within=RECOVERED,
    )


def _recovers() -> EventTrigger:
    """Return the trigger of the all-clear of an account: it completes a session after a bad one."""
    return EventTrigger(
        after={BAD},
        expect={WELL},
        match={"prefect.resource.id": f"{ACCOUNT}*"},
        for_each={"prefect.resource.id"},
        within=RECOVERED,
    )


def _flow(*names: str) -> dict[str, str | list[str]]:
    return {"prefect.resource.role": "flow", "prefect.resource.name": list(names)}


def _alert(
    at: Places,
    name: str,
    severity: str,
    trigger: TriggerTypes,
    *,
    text: str = _TEXT,
    run: str = _ID,
) -> AutomationCore:
    """Return an automation that tells; ``text``: of a ``run``, unless it says otherwise."""
    subject = f"[{severity}] paper-session {name}"
    tells: list[ActionTypes] = [_file(at, name, severity, text, run)]
    if at.notify is not None:
        body = f"{text}{_LINK}" if text is _TEXT else text
        tells.insert(0, SendNotification(block_document_id=at.notify, subject=subject, body=body))
    return _automation(name, description(name, severity), trigger, *tells)


def _file(at: Places, kind: str, severity: str, text: str, run: str = _ID) -> RunDeployment:
    about = {"run_id": _jinja(run)} if text is _TEXT else {}
    return _run(at.alert, kind=kind, severity=severity, text=_jinja(text), **about)


def _run(deployment_id: UUID, **parameters: object) -> RunDeployment:
    return RunDeployment(
        source="selected", deployment_id=deployment_id, parameters=parameters, job_variables=None
    )


def _jinja(template: str) -> Mapping[str, Any]:
    return {"__prefect_kind": "jinja", "template": template}


def _automation(
    name: str, description: str, trigger: TriggerTypes, *actions: ActionTypes
) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}{name}",
        description=description,
        enabled=True,
        trigger=trigger,
        actions=list(actions),
    )
