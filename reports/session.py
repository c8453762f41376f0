"""Writes what people read of one session, beside its journal: page, summary and tables.

Each file is replaced whole, so a reader never sees half of one; writing again from the same
journal gives the same bytes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from reports import formats
from reports.band import repeat
from reports.excursions import Excursions
from reports.findings import Findings, find
from reports.fold import fold_session
from reports.frames import equity_table, fills_table, parquet
from reports.listings import Entry
from reports.page import render_refusal, render_session
from reports.refusal import Refusal
from reports.story import SessionStory
from reports.summarise import summarise
from reports.summary import SessionSummary
from reports.tape.read import read_tape
from reports.verdict import Judgement, judge
from trading.io.files import write_atomic
from trading.journal.store import JournalReader

TRADE_COLUMNS: Final = (
    "trip_id",
    "symbol",
    "side",
    "quantity",
    "entry_price",
    "exit_price",
    "opened_utc",
    "closed_utc",
    "gross",
    "fees",
    "funding",
    "net",
    "risk",
    "reason_in",
    "reason_out",
    "adverse_bps",
    "favourable_bps",
    "position_side",
    "latency_ms",
    "quote_age_ms",
)
"""Columns of ``trades.csv``: one row a closed round trip, amounts in the quote coin, all digits.

``side`` is the entry's; ``net = gross - fees + funding``; ``risk`` is the loss planned at entry, 0
where unknown. Then how far it went against its entry and in its favour (``reports.excursions``),
empty where the journal holds no prices. ``position_side`` is ``both`` one-way, ``long`` or
``short`` in hedge mode. The last two are the way of its entry order to the venue and the age of
the data it was filled on (``reports.entries``), empty where it was open before. A text that a
spreadsheet would run as a formula is preceded by an apostrophe.
"""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A session with everything that can be said of it."""

    story: SessionStory
    findings: Findings
    judgement: Judgement
    summary: SessionSummary


def assess(journal: Path, verdict: str, *, is_repeated: bool = False) -> Assessed:
    """Read a journal, whatever became of its session, and compute what its report says.

    ``verdict`` is what is known of the replay proof, in words that begin with "identical" or
    "different"; empty when nobody has run it. ``is_repeated``: also run the decisions again under
    each preset, which takes some times as long as everything else.

    Raises:
        JournalError: when the journal cannot be read.
    """
    with JournalReader(journal) as reader:
        story = fold_session(reader)
        tape = read_tape(reader)
    band = repeat(journal, story, tape.pruned) if is_repeated else None
    findings = find(story, tape, band)
    judgement = judge(story, findings, verdict)
    summary = summarise(story, findings, judgement)
    return Assessed(story=story, findings=findings, judgement=judgement, summary=summary)


def write_session_report(journal: Path, folder: Path, verdict: str) -> Assessed:
    """Write everything beside the journal, ``summary.json`` last; return what was assessed.

    Raises:
        JournalError: when the journal cannot be read.
        OSError: when the folder cannot be written.
    """
    assessed = assess(journal, verdict, is_repeated=True)
    story, findings = assessed.story, assessed.findings
    page = render_session(story, findings, assessed.judgement)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "report.html", encoded(page))
    write_atomic(folder / "trades.csv", encoded(trades_csv(story, findings)))
    write_atomic(folder / "fills.parquet", parquet(fills_table(story)))
    write_atomic(folder / "equity.parquet", parquet(equity_table(story)))
    write_atomic(folder / "summary.json", assessed.summary.json())
    return assessed


def write_refusal_report(folder: Path, refusal: Refusal) -> None:
    """Write ``report.html`` and ``summary.json`` of a session that never had a journal.

    Raises:
        OSError: when the folder cannot be written.
    """
    again = "yes" if refusal.is_retryable else "no, not before something has changed"
    facts = (
        Entry("Strategy", refusal.strategy),
        Entry("Symbol", refusal.symbol),
        Entry("Account", refusal.account),
        Entry("Source", refusal.source),
        Entry("Session", refusal.session_id),
        Entry("Refused", refusal.refused_utc),
        Entry("Check", refusal.check),
        Entry("Worth trying again", again),
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = render_refusal(facts, refusal.sentence, refusal.remedy)
    write_atomic(folder / "report.html", encoded(page))
    write_atomic(folder / "summary.json", refusal.json())


def trades_csv(story: SessionStory, findings: Findings) -> str:
    """Return the closed round trips as CSV, with a heading."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(TRADE_COLUMNS)
    rows.writerows(
        (
            trip.trip_id,
            trip.symbol,
            str(trip.side),
            f"{trip.quantity:f}",
            f"{trip.entry_price:f}",
            f"{trip.exit_price:f}",
            formats.iso(trip.opened_ns),
            formats.iso(trip.closed_ns),
            f"{trip.gross:f}",
            f"{trip.fees:f}",
            f"{trip.funding:f}",
            f"{trip.net:f}",
            f"{trip.risk:f}",
            _inert(trip.reason_in),
            _inert(trip.reason_out),
            *_went(findings.excursions, place),
            str(trip.position_side),
            _told(findings.entries.latency_ms[place]),
            _told(findings.entries.quote_age_ms[place]),
        )
        for place, trip in enumerate(story.trips)
    )
    return text.getvalue()


def _went(found: Excursions | None, place: int) -> tuple[str, str]:
    if found is None:
        return "", ""
    return f"{found.adverse_bps[place]:.4f}", f"{found.favourable_bps[place]:.4f}"


def _told(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def encoded(text: str) -> bytes:
    """Return a text as UTF-8; what cannot be written in it is shown as an escape."""
    return text.encode("utf-8", "backslashreplace")


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
