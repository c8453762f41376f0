"""What the process takes of the machine, against what it may."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from trading.config import LimitsConfig
from trading.io.process import ProcessFacts, disk_free_mb

RESERVE_BYTES: Final = 8_000_000
"""More than the records of an ending, their log and its folding into the journal take."""


def exceeded(limits: LimitsConfig, facts: ProcessFacts, folder: Path) -> str | None:
    """Return which limit is exceeded, in words; None while none is."""
    ram_mb, files, free_mb = facts.rss_mb(), facts.descriptors(), disk_free_mb(folder)
    if ram_mb > limits.memory_mb_max:
        return f"memory: {ram_mb:.0f} MB, at most {limits.memory_mb_max:g}"
    if files > limits.descriptors_max:
        return f"descriptors: {files} open, at most {limits.descriptors_max}"
    if free_mb < limits.disk_free_mb_least:
        return f"disk: {free_mb:.0f} MB free, at least {limits.disk_free_mb_least:g}"
    return None


class Reserve:
    """Disk space kept back, so that a full disk still has room for the session's end."""

    def __init__(self, path: Path) -> None:
        """Take the space; where there is none, there is no reserve.

        Not only sized: a file of holes takes no space. Where the system can give blocks without
        their being written, that saves 8 ms of a resume.
        """
        self._path = path
        try:
            if sys.platform == "linux":
                with path.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
            else:
                path.write_bytes(b"\xff" * RESERVE_BYTES)
            self.is_held = True
        except OSError:
            path.unlink(missing_ok=True)
            self.is_held = False

    def release(self) -> bool:
        """Give the space back; False when there was none to give."""
        was_held, self.is_held = self.is_held, False
        with suppress(OSError):
            os.truncate(self._path, 0)
            self._path.unlink()
        return was_held
