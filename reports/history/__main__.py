"""``python -m reports.history``: ask all sessions at once, or make the history anew."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Final

from reports.formats import count_of
from reports.history.schema import TABLES
from reports.history.store import Answer, ask, rebuild
from trading.errors import HistoryError

VAR_ENVIRONMENT: Final = "PAPER_SESSION_VAR"
LAST: Final = """\
SELECT opened, account, strategy, symbol, outcome, reason, result_net, round_trips, luck, concerns
FROM session ORDER BY opened DESC LIMIT 20"""
_WIDTH: Final = 40
_EXAMPLES: Final = """\
examples:
  python -m reports.history rebuild
  python -m reports.history query
  python -m reports.history query "SELECT strategy, sum(result_net) FROM session GROUP BY 1"
  python -m reports.history query --csv "SELECT * FROM trade" > trades.csv
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m reports.history",
        description="All sessions of all accounts, in SQL (DuckDB).",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    folder = os.environ.get(VAR_ENVIRONMENT) or "var"
    parser.add_argument("--var-dir", type=Path, default=Path(folder), help="folder of all sessions")
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("rebuild", help="make it anew from every journal")
    words.add_parser("schema", help="show tables and columns, with their meaning")
    query = words.add_parser("query", help="answer a query; without one, the newest sessions")
    query.add_argument("sql", nargs="?", default=LAST)
    query.add_argument("--csv", action="store_true", help="every digit, for other programs")
    chosen = parser.parse_args(arguments)
    try:
        match chosen.word:
            case "rebuild":
                return _rebuild(chosen.var_dir)
            case "schema":
                print(schema_text())
            case _:
                answer = ask(chosen.var_dir, chosen.sql)
                print(_csv(answer) if chosen.csv else table_text(answer), end="")
    except HistoryError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _rebuild(var_dir: Path) -> int:
    done = rebuild(var_dir)
    print(count_of(done.sessions, "session"))
    for told in done.unreadable:
        print(f"left out: {told}", file=sys.stderr)
    return 1 if done.unreadable else 0


def schema_text() -> str:
    """Return every table and column with its meaning."""
    lines = []
    for table in TABLES:
        lines.append(f"\n{table.name}: {table.row}")
        lines += [f"  {each.name:<17}{each.type:<21}{each.meaning}" for each in table.columns]
    return "\n".join(lines).lstrip()


def table_text(answer: Answer) -> str:
    """Return an answer as aligned columns; long cells are cut, and only the first line is shown."""
    cells = [answer.columns, *(tuple(_cell(value) for value in row) for row in answer.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    return "".join(f"{line}\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    line = str(value).partition("\n")[0]
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _csv(answer: Answer) -> str:
    text = StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(answer.columns)
    written.writerows(answer.rows)
    return text.getvalue()


if __name__ == "__main__":
    sys.exit(main())
