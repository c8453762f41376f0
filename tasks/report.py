"""The report as a task: prove the journal by replay, write what people read, show it in Prefect.

What writes it is imported when it is needed: tables and a database of sessions are heavy, and a
session is to begin first.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec
from prefect import get_run_logger, task
from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_table_artifact,
)
from prefect.cache_policies import NO_CACHE

from reports import formats
from reports.refusal import Refusal
from tasks.progress import artifact_key
from tasks.refusals import result_of
from tasks.states import UNPROVEN
from trading.errors import HistoryError
from trading.journal.verify import Verdict, verify
from trading.model.events import Outcome
from trading.session.funding_check import FundingCheck
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths
from trading.session.supervise import SessionResult

if TYPE_CHECKING:
    from reports.session import Assessed
    from reports.story import SessionStory

SHOW_WITHIN_S: Final = 15.0
"""Real seconds Prefect is given to take the summary; the files are what counts."""
URL_ENVIRONMENT: Final = "PAPER_SESSION_REPORTS_URL"
"""Environment variable that says where the reports are served."""
URL: Final = "http://127.0.0.1:4280"
"""Where they are, otherwise: ``python -m deployments.report_server``."""
TRIPS_SHOWN: Final = 200
"""Rows of the table in Prefect; all of them are in the report."""
FUNDING_DIFFERS: Final = "funding_differs"
"""Reason code of a session whose funding is not the venue's."""


@task(name="report", task_run_name="report {paths.session_id}", cache_policy=NO_CACHE)
async def report(
    ended: SessionResult, paths: SessionPaths, funding: FundingCheck | None
) -> SessionResult:
    """Write and show the report of a session that left a journal; return what it amounts to.

    A proof that fails, or funding that is not the venue's, degrades a session that ran well.

    Raises:
        JournalError: when the journal cannot be read.
    """
    logger = get_run_logger()
    verdict = await asyncio.to_thread(verify, paths.journal)
    (logger.info if verdict.is_identical else logger.error)("replay %s", verdict)
    assessed, untold = await asyncio.to_thread(_written, paths, str(verdict))
    if untold:
        logger.warning("not in the history: %s", untold)
    compared = funding.summary if funding else "not compared with the venue"
    files = f"Funding: {compared}\n\n[Report]({report_url(paths)}) (`{paths.report}`)\n"
    await _show(
        paths.account,
        f"{assessed.summary.markdown()}\n{files}",
        trips_of(assessed.story),
        report_url(paths),
    )
    logger.info("report %s", paths.report)
    return judged(ended, verdict, funding)


@task(name="report", task_run_name="report refusal {refusal.check}", cache_policy=NO_CACHE)
async def report_refusal(refusal: Refusal, folder: Path | None) -> SessionResult:
    """Write and show why a session was not started; ``folder`` is None where no name was valid."""
    logger = get_run_logger()
    if folder is not None:
        untold = await asyncio.to_thread(_written_refusal, folder, refusal)
        if untold:
            logger.warning("not in the history: %s", untold)
    await _show(refusal.account, refusal.markdown())
    logger.error("%s", refusal.sentence)
    return result_of(refusal)


def report_url(paths: SessionPaths) -> str:
    """Return where a browser finds the report: the UI is http, and may not open a file."""
    base = os.environ.get(URL_ENVIRONMENT) or URL
    return f"{base.rstrip('/')}/{quote(paths.account)}/{quote(paths.session_id)}/report.html"


def judged(ended: SessionResult, verdict: Verdict, funding: FundingCheck | None) -> SessionResult:
    """Return the result, degraded where replay or the venue's funding contradict it."""
    if not verdict.is_identical:
        reason, detail = UNPROVEN, verdict.detail
    elif funding is not None and not funding.is_clean:
        reason, detail = FUNDING_DIFFERS, funding.summary
    else:
        return ended
    told_before = f"it had ended {ended.outcome} ({ended.reason})"
    return msgspec.structs.replace(
        ended,
        outcome=Outcome.DEGRADED if EXIT_CODES[ended.outcome] < _DEGRADED else ended.outcome,
        reason=reason,
        detail="; ".join(filter(None, (detail, told_before, ended.detail))),
        exit_code=max(ended.exit_code, _DEGRADED),
    )


_DEGRADED: Final = EXIT_CODES[Outcome.DEGRADED]


def _written(paths: SessionPaths, proof: str) -> tuple[Assessed, str]:
    """Write the report and put the session into the history; why it is not in there, if so."""
    from reports.history.store import remember  # noqa: PLC0415 - see above
    from reports.session import write_session_report  # noqa: PLC0415

    assessed = write_session_report(paths.journal, paths.folder, proof)
    try:
        remember(paths.var_dir, assessed, paths.folder)
    except (HistoryError, OSError) as error:
        return assessed, str(error)
    return assessed, ""


def _written_refusal(folder: Path, refusal: Refusal) -> str:
    """Likewise for a session that was not started."""
    from reports.history.store import remember_refusal  # noqa: PLC0415
    from reports.session import write_refusal_report  # noqa: PLC0415

    write_refusal_report(folder, refusal)
    try:
        remember_refusal(folder.parent.parent, refusal, folder)
    except (HistoryError, OSError) as error:
        return str(error)
    return ""


def trips_of(story: SessionStory) -> list[dict[str, str]]:
    """Return the newest round trips as Prefect shows a table, at most ``TRIPS_SHOWN``."""
    return [
        {
            "opened, UTC": formats.utc(trip.opened_ns),
            "side": str(trip.side),
            "quantity": f"{trip.quantity:f}",
            "held": formats.duration(trip.closed_ns - trip.opened_ns),
            "gross": formats.signed(trip.gross),
            "fees": formats.signed(-trip.fees),
            "funding": formats.signed(trip.funding),
            "net": formats.signed(trip.net),
            "why in": trip.reason_in,
            "why out": trip.reason_out,
        }
        for trip in reversed(story.trips[-TRIPS_SHOWN:])
    ]


async def _show(
    account: str,
    markdown: str,
    trips: list[dict[str, str]] | None = None,
    link: str = "",
) -> None:
    """Show a session in Prefect; that it cannot be shown takes nothing from the session."""
    try:
        async with asyncio.timeout(SHOW_WITHIN_S):
            await acreate_markdown_artifact(
                markdown,
                key=artifact_key("paper-session", account),
                description="PAPER session in figures",
            )
            if trips:
                key = artifact_key("paper-trips", account)
                await acreate_table_artifact(
                    trips, key=key, description="PAPER round trips, newest first"
                )
            if link:
                key = artifact_key("paper-report", account)
                await acreate_link_artifact(
                    link, key=key, description="PAPER report: the whole session as a page"
                )
    except Exception as error:  # noqa: BLE001 - whatever Prefect has: the files are written
        get_run_logger().warning("summary not shown: %s: %s", type(error).__name__, error)
