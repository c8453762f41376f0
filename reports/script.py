"""What a page runs: our own two files and nothing else, and what they read of the figures.

The page's content policy names the script by its hash: no other one runs, whatever the journal
says. Where scripts are off, everything can be read all the same.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

import msgspec

from reports.figures.canvas import Figure
from reports.story import Span
from trading.model.numbers import NS_PER_MS

_FILES: Final = ("figures.js", "tables.js")


@dataclass(frozen=True, slots=True)
class Script:
    """A script and its SHA-256, as a content policy names it."""

    text: str
    digest: str


@cache
def script() -> Script:
    """Read the script once; each of its files stands by itself."""
    folder = files("reports").joinpath("templates")
    text = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _FILES)
    return Script(text, base64.b64encode(sha256(text.encode()).digest()).decode())


def tracks(span: Span, figures: Iterable[Figure]) -> str:
    """Return the figures' values over time as JSON in which no markup can begin."""
    told = msgspec.json.encode(
        {
            "from_ms": span.from_ns // NS_PER_MS,
            "length_ms": max(span.length_ns // NS_PER_MS, 1),
            "figures": {each.name: each.track for each in figures if each.track is not None},
        }
    )
    return told.decode().replace("<", "\\u003c")
