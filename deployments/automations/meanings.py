"""What each alert means, in a sentence: shown with its automation in Prefect's UI.

What to do about it is in the runbook, ``deployments/README.md``, under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MEANS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "crashed": "the process of a session's flow run died; the flow rescue resumes its session",
        "frozen": "a session's flow run hung and was ended; the flow rescue resumes its session",
        "zombie": "a session's run and its worker were gone; the flow rescue resumes its session",
        "overrun": "a session was over and its flow run was not; the flow rescue writes its report",
        "failed": "a session ended badly or was refused; the message says why",
        "halted": "a risk rule stopped an account; it stays stopped until a person lifts it",
        "killed": "the kill switch ended a session; none begins until it is cleared",
        "late": "no worker took a session in time, or it was skipped for that",
        "on time again": "a deployment that was late has completed a session",
        "no worker": "the work pool has no worker: nothing that is due is begun",
        "worker back": "the work pool has a worker again",
        "none completed": "no session of any account was completed for some hours",
        "completed again": "a session was completed after hours without one",
        "recovered": "an account whose session ended badly has completed one",
        "alert failed": "an automation could not do what it should; the alert file says which",
        "test": "somebody ran: python -m deployments.automations test; nothing has happened",
    }
)


def description(name: str, severity: str) -> str:
    """Return what an alert's automation says of itself.

    >>> description("late", "warning")[:60]
    'Warning: no worker took a session in time, or it was skipped'
    """
    return (
        f"{severity.capitalize()}: {MEANS[name]}. Tells whoever is notified, and the alert file; "
        f"what to do is in deployments/README.md under {name!r}."
    )
