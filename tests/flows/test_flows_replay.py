"""``python -m flows.replay`` as a person types it: files, proof, and refusals in words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.walks import walk
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import IntentRaised
from trading.model.numbers import NS_PER_MS
from trading.session.paths import latest_session

pytestmark = pytest.mark.timeout(180)


def typed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command with its files in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "flows.replay", "--var-dir", str(folder / "var"), *words],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_bars_are_replayed_reported_and_proven(tmp_path: Path) -> None:
    """Exit 0, a report beside a journal that verifies, apart from the sessions' folders."""
    bars = tmp_path / "bars.csv"
    rows = [
        f"{b.open_ns // NS_PER_MS},{b.open},{b.high},{b.low},{b.close},{b.volume}"
        for b in walk(3, 600)
    ]
    bars.write_text("\n".join(["open_time_ms,open,high,low,close,volume", *rows]), encoding="utf-8")

    done = typed(
        tmp_path, str(bars), "--strategy=random", "--set=strategy_parameters.entry_probability=0.3",
        "--set=risk.entry_interval_s=0", "--set=risk.daily_loss_pct=0",
    )  # fmt: skip

    assert 0 == done.returncode, done.stdout + done.stderr
    paths = latest_session(tmp_path / "var" / "replays", "replay")
    assert paths is not None
    assert "completed (deadline)" in done.stdout
    assert verify(paths.journal).is_identical
    assert "PAPER" in paths.report.read_text(encoding="utf-8")


def test_what_cannot_be_replayed_is_refused(tmp_path: Path) -> None:
    """Nothing is started, no server is asked, and the remedy is said."""
    done = typed(tmp_path, str(tmp_path / "missing.db"))

    assert 40 == done.returncode
    assert "remedy  name a journal, a file of bars or a tape" in done.stdout
    assert not (tmp_path / "var").exists()


def test_the_tutorial_of_the_readme_works(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The strategy a new user copies is found by its path, trades on the made market, and ends."""
    readme = (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "flows.replay", "--var-dir", str(tmp_path / "var")),
            *("--strategy", "mine:Streak", "--minutes", "30"),
        ],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(pytestconfig.rootpath)))},
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    paths = latest_session(tmp_path / "var" / "replays", "replay")
    assert paths is not None
    with JournalReader(paths.journal) as reader:
        entries = [e for e in reader.outputs() if isinstance(e, IntentRaised)]
    assert entries
