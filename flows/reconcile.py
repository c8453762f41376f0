"""``reconcile``: what Prefect says of every account's last session is held against its journal.

An orphan (books open, nobody trades it, quiet for a while) is handed to its rescue if it can still
go on, by calling its run Crashed; else its books are closed. A session that is over gets its
report, if it has none, and its run the state it earned; what has not been shipped yet, is.
Scheduled, and harmless at any time.
"""

from __future__ import annotations

from typing import Final

from prefect import State, flow, get_run_logger
from prefect.states import Completed, Failed

from flows.naming import var_dir
from tasks.correction import call_crashed, correct
from tasks.origin import last_sessions, read_origin
from tasks.orphans import closed, is_owned, quiet_s, reason_to_give_up
from tasks.report import report
from tasks.ship import ship
from tasks.standing import tell_verdict
from tasks.states import state_of
from trading.errors import PaperSessionError
from trading.session.paths import SessionPaths
from trading.session.supervise import recorded_result

QUIET_S: Final = 60.0
"""Real seconds without any sign of a session after which nobody is about to go on with it."""


@flow(name="reconcile", flow_run_name="reconcile", retries=0, persist_result=False)
async def reconcile() -> State[list[str]]:
    """Close what was left open, and correct what Prefect says of it."""
    told: list[str] = []
    failed: list[str] = []
    for paths in last_sessions(var_dir()):
        try:
            found = await _reconciled(paths)
        except (PaperSessionError, OSError, ValueError) as error:
            failed.append(f"{paths.account}: {error}")
            continue
        told += [f"{paths.account}: {each}" for each in found]
    if wrong := await ship():
        failed.append(f"shipping: {wrong}")
    for line in (*told, *failed):
        get_run_logger().info("%s", line)
    message = "; ".join((*failed, *told)) or "nothing to do: the states say what the journals say"
    return (Failed if failed else Completed)(message=message, data=told)


async def _reconciled(paths: SessionPaths) -> list[str]:
    """Reconcile one account's last session; return what was done."""
    told: list[str] = []
    if is_owned(paths) or quiet_s(paths) < QUIET_S:
        return told
    origin = read_origin(paths)
    runs = origin.runs if origin else ()
    if recorded_result(paths, 0) is None:
        why = reason_to_give_up(paths, origin) if origin else "nobody is left who would resume it"
        if why is None and await call_crashed(runs[-1], "its process is gone; its books are open"):
            return [f"{paths.session_id} is handed to its rescue"]
        ended = await closed(paths, why or "its flow run died, and nobody rescued it")
        told.append(f"{paths.session_id} closed: {ended.outcome}")
    else:
        ended = await closed(paths, "")
    if not paths.report.exists():
        ended = await report(ended, paths, None)
        told.append(f"{paths.session_id} has its report")
    for run_id in runs:
        was = await correct(run_id, ended, "reconcile")
        if was is not None:
            told.append(f"run {run_id} was {was}, its session says {ended.outcome}")
    if told:
        tell_verdict(paths.account, paths.session_id, state_of(ended))
    return told
