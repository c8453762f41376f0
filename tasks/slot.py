"""May the session that is due begin? Not when its slot is over, nor when another owns the account.

Prefect runs what is late however late it is, and may start two runs of one slot; so the flow asks
before it asks anything else. What is found here is no failure: the session is skipped, in words.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from tasks.refusals import not_begun
from trading.errors import AccountLocked, RegisterError
from trading.session.register import register_of
from trading.session.supervise import SessionResult

LATE_S_MOST: Final = 120.0
"""Seconds after its slot that a session may still begin."""


def late(due: datetime, now: datetime, *, late_s_most: float = LATE_S_MOST) -> SessionResult | None:
    """Return the result of a session that comes too late for its slot; None when it does not.

    ``due`` and ``now`` are aware times.
    """
    late_s = (now - due).total_seconds()
    if late_s <= late_s_most:
        return None
    told = f"due at {due:%Y-%m-%d %H:%M:%S} UTC, {late_s:.0f} s ago; at most {late_s_most:g} s"
    return not_begun("late", told)


def overlap(var_dir: Path, account: str) -> SessionResult | None:
    """Return the result of a session whose account another one is trading; None when none is.

    Only a look: who may trade is decided by the lock that the session's own process takes.
    """
    try:
        register_of(var_dir).look(account, "a look before the session")
    except AccountLocked as error:
        return not_begun("overlap", str(error))
    except RegisterError:
        return None  # preflight asks again, and refuses in words
    return None
