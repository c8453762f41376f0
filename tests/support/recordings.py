"""Where the recorded market data lies: beside the checkout, or where ``PAPER_SESSION_DATA`` says.

It is no part of the project: a test that reads it skips where there is none, and says so.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest


def data_folder() -> Path:
    """Return the folder of the recordings, whether or not it is there."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("PAPER_SESSION_DATA", beside))


def recording(name: str) -> Path:
    """Return a recording, or the stem of its several files; skip the test where there is none."""
    path = data_folder() / name
    if not _is_there(path):
        pytest.skip(f"no recording at {path} (set PAPER_SESSION_DATA)")
    return path


def command_on_recordings(module: str) -> argparse.ArgumentParser:
    """Return the parser of a command that reads recordings: it can be told where they are."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--data", type=Path, default=data_folder(), help="the recordings' folder")
    return parser


def is_recorded(path: Path) -> bool:
    """Tell a command whether a recording is there; if not, say where it was looked for."""
    is_there = _is_there(path)
    if not is_there:
        sys.stdout.write(f"no recording at {path}; --data says where they are\n")
    return is_there


def _is_there(path: Path) -> bool:
    return any(path.parent.glob(f"{path.name}*"))
