"""What is told of a session that was refused before it had a journal.

The file is a ``summary.json`` of ``kind`` ``refusal``, of the schema in ``reports.summary``: the
``check`` that failed, what it ``found``, and the ``remedy``; ``symbol`` and the like as asked for.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from reports.formats import markdown_text

SCHEMA_VERSION: Final = 1


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A session that was refused before it had a journal; ``symbol`` and the like as asked for."""

    schema_version: int = SCHEMA_VERSION
    kind: Literal["refusal"] = "refusal"
    session_id: str
    account: str
    symbol: str
    strategy: str
    source: str
    refused_utc: str
    outcome: Literal["refused"] = "refused"
    check: str
    found: str
    remedy: str
    is_retryable: bool

    @property
    def sentence(self) -> str:
        """What happened, in one sentence."""
        return f"Refused by {self.check}: {self.found}."

    def json(self) -> bytes:
        """Return the file's bytes."""
        return pretty(self)

    def markdown(self) -> str:
        """Return the reason and the remedy; hostile names stay text."""
        again = "yes" if self.is_retryable else "no: change something first"
        facts = (
            ("Account", self.account),
            ("Source", self.source),
            ("Refused", self.refused_utc),
            ("Worth trying again", again),
        )
        title = f"## PAPER: {markdown_text(self.strategy)} on {markdown_text(self.symbol)}, refused"
        table = "\n".join(f"| {name} | {markdown_text(value)} |" for name, value in facts)
        told = f"{markdown_text(self.sentence)}\n\n**What to do:** {markdown_text(self.remedy)}"
        return f"{title}\n\n{told}\n\n| | |\n|---|---|\n{table}\n"


def pretty(summary: msgspec.Struct) -> bytes:
    """Return a summary as indented JSON, with a line end."""
    return msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"
