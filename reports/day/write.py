"""Writes a day's report beside the sessions, and the page that leads to all days and sessions.

``var/days/2026-11-21.html`` and ``.md``, and ``var/index.html``. The links are relative, so the
folder of sessions can be read where it lies or served as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, cast

from reports import formats
from reports.day import tell
from reports.day.gather import Day, gather
from reports.day.markdown import markdown
from reports.history.store import ask
from reports.page import environment
from reports.session import encoded
from trading.io.files import write_atomic

SESSIONS_SHOWN: Final = 200
_DAYS: Final = """
SELECT CAST(opened AS DATE), source, count(*), count(DISTINCT account), sum(round_trips),
       sum(result_net), sum(CAST(coalesce(concerns, '') != '' OR adds_up = false AS INT))
FROM session GROUP BY ALL ORDER BY ALL DESC
"""
_NEWEST: Final = """
SELECT CAST(opened AS DATE), strftime(opened, '%H:%M:%S'), account, strategy, symbol, source,
       outcome, result_net, folder
FROM session ORDER BY opened DESC, session_id DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFiles:
    """A day with what was written of it."""

    day: Day
    page: Path
    text: str
    """The Markdown, as it lies beside the page."""


def write_day(var_dir: Path, day: date) -> DayFiles:
    """Write a day's page and Markdown, and the index anew.

    Raises:
        HistoryError: when there is no history, or it cannot be read.
        OSError: when the folder cannot be written.
    """
    found = gather(var_dir, day)
    folder = var_dir / "days"
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{day}.html"
    text = markdown(found)
    write_atomic(page, encoded(_page(found)))
    write_atomic(folder / f"{day}.md", encoded(text))
    write_atomic(var_dir / "index.html", encoded(_index(var_dir)))
    return DayFiles(day=found, page=page, text=text)


def _page(day: Day) -> str:
    template = environment().get_template("day.html.j2")
    return template.render(
        day=day.day,
        sentence=tell.sentence(day),
        concerns=tell.concerns(day),
        columns=tell.SESSION_COLUMNS,
        lines=tell.lines(day),
        alerts=tell.alerts_table(day),
        costs=tell.costs_table(day),
        trials=tell.trials_table(day),
        accounts=tell.accounts_table(day),
    )


def _index(var_dir: Path) -> str:
    days = [
        (
            str(row[0]),
            f"days/{row[0]}.html" if (var_dir / "days" / f"{row[0]}.html").exists() else "",
            (str(row[1]), f"{row[2]:,}", f"{row[3]:,}", f"{row[4] or 0:,}", _net(row[5])),
            f"{row[6]:,}" if row[6] else "",
        )
        for row in ask(var_dir, _DAYS).rows
    ]
    sessions = [
        (f"{row[0]} {row[1]}", f"{row[8]}/report.html", (*map(str, row[2:7]), _net(row[7])))
        for row in ask(var_dir, _NEWEST, (SESSIONS_SHOWN,)).rows
    ]
    template = environment().get_template("index.html.j2")
    return template.render(days=days, sessions=sessions, most=SESSIONS_SHOWN)


def _net(amount: object) -> str:
    found = cast("Decimal | None", amount)
    return formats.NOTHING if found is None else formats.signed(found)
