"""What a process costs the machine: memory, processor, descriptors, disk."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

_BYTES_PER_MB = 1_000_000


class ProcessFacts:
    """Measures one process, this one unless told otherwise.

    Holds one ``psutil.Process``: processor use is counted since the previous question to the same
    object, and a new object would always answer 0.
    """

    def __init__(self, pid: int | None = None) -> None:
        """Begin to measure; the first processor reading counts from here.

        Raises:
            psutil.NoSuchProcess: here and below, when the process is gone.
        """
        self._process = psutil.Process(pid)
        self._process.cpu_percent()

    def rss_mb(self) -> float:
        """Return the memory it holds in RAM, in MB (10^6 bytes)."""
        return float(self._process.memory_info().rss) / _BYTES_PER_MB

    def cpu_pct(self) -> float:
        """Return its processor use since the last call, in percent of one core."""
        return float(self._process.cpu_percent())

    def descriptors(self) -> int:
        """Return how many files and sockets it has open (on Windows: handles)."""
        if sys.platform == "win32":
            return int(self._process.num_handles())
        return int(self._process.num_fds())

    def status(self) -> str:
        """Return what the system says of it: running, sleeping, stopped, gone ..."""
        try:
            return str(self._process.status())
        except psutil.NoSuchProcess:
            return "gone"


def disk_free_mb(path: Path) -> float:
    """Return the free space, in MB (10^6 bytes), of the disk a path is on.

    The path need not exist yet: its nearest existing folder is asked.

    Raises:
        OSError: when the disk cannot be asked.
    """
    place = path.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return float(psutil.disk_usage(str(place)).free) / _BYTES_PER_MB
