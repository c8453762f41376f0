"""What a session's process may take of the machine."""

from __future__ import annotations

from dataclasses import dataclass

from trading.config.checks import FORM, check_number, check_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """Beyond these the session closes its positions and ends, and says which limit it was."""

    __pydantic_config__ = FORM

    memory_mb_max: float = 1_024.0
    """Memory the process may hold in RAM, in MB."""
    descriptors_max: int = 512
    """Files and sockets it may have open."""
    disk_free_mb_least: float = 50.0
    """Free space below which nothing more is written than the end, in MB."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_number("memory_mb_max", self.memory_mb_max, least=16, most=1e6)
        check_whole("descriptors_max", self.descriptors_max, least=32, most=1_000_000)
        check_number("disk_free_mb_least", self.disk_free_mb_least, least=0, most=1e6)
