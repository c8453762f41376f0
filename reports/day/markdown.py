"""A day as Markdown: for a file, and for the artifact in Prefect. Hostile names stay text."""

from __future__ import annotations

from reports.columns import Table
from reports.day import tell
from reports.day.gather import Day
from reports.formats import markdown_text


def markdown(day: Day) -> str:
    """Return the day's sentence, what needs a look, and its tables."""
    sessions = Table(
        name="sessions",
        title="Sessions",
        columns=tell.SESSION_COLUMNS,
        rows=tuple(line.cells for line in tell.lines(day)),
    )
    parts = [f"# PAPER: {day.day}", markdown_text(tell.sentence(day))]
    if tell.concerns(day):
        listed = "\n".join(f"- {markdown_text(told)}" for told in tell.concerns(day))
        parts.append(f"## Needs a look\n\n{listed}")
    tables = (
        sessions,
        tell.alerts_table(day),
        tell.accounts_table(day),
        tell.costs_table(day),
        tell.trials_table(day),
    )
    parts += [_table(table) for table in tables if table.rows]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    head = "| " + " | ".join(column.name for column in table.columns) + " |"
    rule = "|" + "|".join("---:" if column.is_number else "---" for column in table.columns) + "|"
    rows = ["| " + " | ".join(markdown_text(cell) for cell in row) + " |" for row in table.rows]
    note = f"\n\n{table.note}" if table.note else ""
    return "\n".join((f"## {table.title}\n", head, rule, *rows)) + note
