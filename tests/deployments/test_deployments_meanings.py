"""Every alert is explained: with its automation in the UI, and in the runbook."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

from deployments.automations.catalogue import PREFIX, Places, catalogue
from deployments.automations.meanings import MEANS

QUIET = {"rescue", "no start", "no progress", "no end"}
"""Automations that act, and tell nobody."""


def test_every_alert_is_explained(root: Path) -> None:
    """The catalogue, its descriptions and the runbook's table name the same alerts."""
    at = Places(rescue=uuid4(), silence=uuid4(), alert=uuid4())
    alerts = {each.name.removeprefix(PREFIX): each.description for each in catalogue(at)}
    told = {name: said for name, said in alerts.items() if name not in QUIET}

    assert set(MEANS) == set(told)
    assert all(MEANS[name] in said for name, said in told.items())
    runbook = (root / "deployments" / "README.md").read_text(encoding="utf-8")
    table = runbook.partition("## The alert you got")[2].partition("\n\n|")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \|", table, flags=re.MULTILINE)
    assert set(MEANS) == set(rows) - {"alert", "---"}
