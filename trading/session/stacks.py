"""Where a frozen process stands: its stacks, written by the interpreter's own fault handler.

The handler is C and needs neither the loop nor the GIL, so it also answers while Python code spins
or C code holds the GIL. The supervisor asks by signal before it ends a process; where there is no
such signal (Windows) a timer of the handler's own writes them when the beats fail to come. A
process that was stopped from outside (SIGSTOP) can do neither, and the supervisor says so.
"""

from __future__ import annotations

import faulthandler
import signal
from pathlib import Path
from typing import Final

ASK: Final[int | None] = getattr(signal, "SIGUSR1", None)
"""The signal that asks for the stacks; None: the platform has none."""
LATE_S: Final = 8.0
"""Real seconds without a beat after which they are written unasked, where nobody can ask."""


class Stacks:
    """The file of one process's stacks; empty, and gone at the end, if nobody ever asked."""

    def __init__(self, path: Path) -> None:
        """Open the file and listen for the question; crashes in C are written there, too."""
        self._path = path
        self._file = path.open("ab", buffering=0)
        faulthandler.enable(self._file)
        if ASK is not None:
            faulthandler.register(ASK, file=self._file, all_threads=True)

    def beat(self) -> None:
        """Put the timer off, where there is no question to wait for."""
        if ASK is None:
            faulthandler.dump_traceback_later(LATE_S, file=self._file)

    def close(self) -> None:
        """Stop listening; an empty file says nothing and goes."""
        faulthandler.cancel_dump_traceback_later()
        if ASK is not None:
            faulthandler.unregister(ASK)
            signal.signal(ASK, signal.SIG_IGN)  # a late question must not end us
        faulthandler.disable()
        is_empty = self._file.tell() == 0
        self._file.close()
        if is_empty:
            self._path.unlink(missing_ok=True)
