"""For commands of minutes that start servers: asked to end, they end what they started."""

from __future__ import annotations

import signal
import sys


def unwind_on_sigterm() -> None:
    """Let SIGTERM leave every ``with`` block on the way out, as Ctrl-C does; exit code 143."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
