"""A process that no longer listens still says where it stands."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.waiting import until
from trading.session.stacks import ASK, Stacks

STUCK = """
import re, sys
from pathlib import Path
from trading.session.stacks import Stacks

stacks = Stacks(Path(sys.argv[1]))
def stuck_in_c():
    print("stuck", flush=True)
    re.fullmatch("(a+)+b", "a" * 60)  # C code for hours; it never gives up the GIL
stuck_in_c()
"""


@pytest.mark.skipif(ASK is None, reason="the platform has no signal to ask with")
def test_stuck_in_c_with_the_gil_held_it_writes_its_stacks(tmp_path: Path) -> None:
    """No Python code runs any more, and the function it is in is named."""
    path = tmp_path / "stacks.txt"
    with subprocess.Popen(
        [sys.executable, "-c", STUCK, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert "stuck\n" == child.stdout.readline()
        time.sleep(0.1)  # into the C code
        child.send_signal(ASK or 0)
        said = until(lambda: path.read_text() if path.stat().st_size else None, 3, "stacks")
        child.kill()

    assert "stuck_in_c" in said


def test_a_file_that_nobody_asked_for_is_gone_at_the_end(tmp_path: Path) -> None:
    """And a question that comes too late does not end the process."""
    path = tmp_path / "stacks.txt"
    Stacks(path).close()

    assert not path.exists()
    if ASK is not None:
        signal.raise_signal(ASK)
