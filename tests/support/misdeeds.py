"""What strategies of tests do to their process; a strategy's own module may not reach so far."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

SESSION: Final = str(Path("trading", "session", "__main__.py"))
_wall_ns: Final = time.time_ns  # noqa: TID251 - what is set here is no time of ours
_since_start_ns: Final = time.clock_gettime_ns  # noqa: TID251 - likewise
_kept: Final[list[bytes]] = []


def is_first_attempt() -> bool:
    """Tell whether this is a session's own first process: no replay, no resumption may suffer."""
    return sys.argv[0].endswith(SESSION) and sys.argv[-1] == "1"


def hang(ballast_mb: int) -> None:
    """Hang in C code that holds the GIL, for hours, with so much memory taken; say so before."""
    sys.stderr.write("stuck\n")
    sys.stderr.flush()
    ballast = b"\xff" * (ballast_mb * 1_000_000)
    re.fullmatch("(a+)+b", "a" * 60)
    del ballast


def keep(size: int) -> None:
    """Take so many bytes, and never give them back."""
    _kept.append(b"\xff" * size)


def open_more(count: int) -> None:
    """Open so many files, or all the system gives, and never close them."""
    with suppress(OSError):
        for _ in range(count):
            os.open(os.devnull, os.O_RDONLY)


def step_wall_clock(off_ns: int) -> None:
    """Put every reading of the wall clock off from now on."""
    time.time_ns = lambda: _wall_ns() + off_ns  # noqa: TID251 - likewise


def sleep_machine(slept_ns: int) -> None:
    """Let the clock that runs on while the machine sleeps be ahead by so much from now on."""
    real = _since_start_ns

    def ahead(clock: int) -> int:
        return real(clock) + (slept_ns if clock == time.CLOCK_BOOTTIME else 0)

    time.clock_gettime_ns = ahead  # noqa: TID251 - likewise
