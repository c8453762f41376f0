"""What must be true of the report of every closed session, whatever it did."""

from __future__ import annotations

from pathlib import Path

from reports.session import assess
from trading.model.numbers import ZERO


def report_complaints(journal: Path) -> list[str]:
    """Return what a report says that cannot be: an empty list where nothing is.

    The ledger adds up, the parts of the result are the result, and the tape has nothing against a
    fill.
    """
    assessed = assess(journal, "")
    findings = assessed.findings
    told = [
        f"report: {check.claim}: expected {check.expected}, was {check.found}"
        for check in findings.arithmetic.broken
    ]
    parts = findings.attribution
    if parts is not None:
        if parts.start + sum((part.amount for part in parts.parts), ZERO) != parts.end:
            told.append("report: start and every part are not the end")
        if not parts.adds_up:
            left = parts.amount("rounding")
            told.append(f"report: {left:f} is left over, {parts.lines} ledger lines round less")
    told += [f"report: the tape has no such thing: {fill}" for fill in findings.realism.impossible]
    return told
