"""No reason without a meaning, and no meaning without a use."""

from __future__ import annotations

import re
from pathlib import Path

from trading.risk.codes import DECISIONS

ROOMS = ("risk", "engine")
PATTERNS = (
    r'rule="([a-z_]+)"',
    r'gate\.close\("([a-z_]+)"',
    r'f?"([a-z_]+): ',
    r': Final = "([a-z_]+)"',
)
NO_REASON = {"decide"}
"""Texts of the same form that are no reason: part of an error's message."""


def test_every_code_in_use_is_explained(root: Path) -> None:
    """What the review, the gate, the breakers and the policy say is in the table, and no more."""
    sources = [
        path.read_text(encoding="utf-8")
        for room in ROOMS
        for path in (root / "trading" / room).glob("*.py")
        if path.name != "codes.py"
    ]
    used = {code for text in sources for each in PATTERNS for code in re.findall(each, text)}

    assert sorted(DECISIONS) == sorted(used - NO_REASON)
