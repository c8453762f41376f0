"""Where a running exchange is reached, which time it keeps, and what its market is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from trading.errors import ConfigError
from trading.io.clock import SessionClock

Origin = Literal["recorded", "formula", "parameter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The one line a started exchange says, as a value."""

    rest_url: str
    ws_url: str
    pid: int
    market: Literal["synthetic", "recorded"]
    symbols: tuple[str, ...]
    seed: int
    clock: SessionClock
    """Session time for everybody: market time is what this clock says."""
    tape_end_ns: int | None
    """When a recorded market ends; after it nothing is pushed any more."""
    history: Literal["synthetic"]
    """Bars and settlements from before the market's start are made up from the seed."""
    mark: Origin
    """Whether mark and index are the tape's own or follow by the venue's formula."""
    funding: Origin
    """Whether the funding rate is the tape's own, the assumed formula's or a given one."""

    def to_line(self) -> str:
        """Return the endpoint as one line of JSON."""
        return msgspec.json.encode(self).decode()


def parse_endpoint(line: str | bytes) -> Endpoint:
    """Read an endpoint from the line an exchange said, or from its endpoint file.

    Raises:
        ConfigError: when it is no such line.
    """
    try:
        return msgspec.json.decode(line, type=Endpoint)
    except (ValueError, RecursionError) as cause:
        raise ConfigError(
            "endpoint",
            line,
            f"the ready line of an exchange ({cause})",
            "start one with `python -m trading.exchange`",
        ) from cause
