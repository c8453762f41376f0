"""A strategy that reaches out of its view is refused before it runs, line by line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trading.errors import ConfigError
from trading.strategy import registry
from trading.strategy.purity import impurities

CLEAN = """
from dataclasses import dataclass
from datetime import datetime
from trading.strategy.base import Strategy

@dataclass(kw_only=True)
class Mine(Strategy):
    def decide(self, view):
        return None
"""


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import time", "time reaches for a clock (view.now_ns is the time)"),
        ("from time import monotonic", "time reaches for a clock"),
        ("when = datetime.now()", "now() reaches for a clock"),
        ("when = datetime.utcnow()", "utcnow() reaches for a clock"),
        ("import random", "random reaches for chance of its own (view.rng"),
        ("import os.path as p", "os.path reaches for files or the environment"),
        ("text = open('notes').read()", "open() reaches for files"),
        ("from urllib.request import urlopen", "urllib.request reaches for the network"),
        ("import numpy, httpx", "httpx reaches for the network"),
        ("from threading import Thread", "threading reaches for other processes or threads"),
    ],
)
def test_what_reaches_out_is_named_with_its_line(line: str, what: str) -> None:
    """One mistake, one complaint."""
    (complaint,) = impurities(CLEAN + line + "\n")

    assert complaint.startswith(f"line {CLEAN.count(chr(10)) + 1}: {what}")


def test_arithmetic_is_free() -> None:
    """Numbers, dates that are given, other modules of one's own."""
    free = "import math, numpy\nfrom . import mine\nwhen = datetime.fromtimestamp(0)\n"

    assert [] == list(impurities(CLEAN + free))


def test_a_users_strategy_is_checked_before_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name or path alike; the refusal says where and what instead."""
    (tmp_path / "clean_one.py").write_text(CLEAN)
    (tmp_path / "dirty_one.py").write_text(CLEAN + "import time\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    registry.build("clean_one:Mine", {})
    with pytest.raises(ConfigError) as refused:
        registry.build("dirty_one:Mine", {})
    assert "line 10: time reaches for a clock (view.now_ns is the time)" in str(refused.value)


def test_the_built_ins_are_pure(root: Path) -> None:
    """What is asked of everybody holds here, too."""
    found = {
        path.name: list(impurities(path.read_text(encoding="utf-8")))
        for path in (root / "trading/strategy/builtin").rglob("*.py")
    }

    assert {} == {name: complaints for name, complaints in found.items() if complaints}
