"""What Bitunix calls a bar length: one spelling in REST, another in push channels.

Source: Bitunix docs "Get kline" and "Market kline" channel. A wrong REST spelling is answered
with success and an empty list (capture 2026-09-29), so a length is checked before it is sent.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from trading.errors import ConfigError


class IntervalName(NamedTuple):
    """The two spellings of one bar length."""

    rest: str
    push: str


INTERVAL_NAMES: Final = MappingProxyType(
    {
        60: IntervalName("1m", "1min"),
        300: IntervalName("5m", "5min"),
        900: IntervalName("15m", "15min"),
        1_800: IntervalName("30m", "30min"),
        3_600: IntervalName("1h", "60min"),
        7_200: IntervalName("2h", "2h"),
        14_400: IntervalName("4h", "4h"),
        21_600: IntervalName("6h", "6h"),
        28_800: IntervalName("8h", "8h"),
        43_200: IntervalName("12h", "12h"),
        86_400: IntervalName("1d", "1day"),
    }
)
"""Seconds to names; only lengths that divide a day, so that ``floor(time / length)`` is a bar."""


def interval_name(interval_s: int) -> IntervalName:
    """Return the venue's two names of a bar length in seconds.

    Raises:
        ConfigError: when the venue has no such bars.
    """
    name = INTERVAL_NAMES.get(interval_s)
    if name is None:
        raise ConfigError(
            "interval_s",
            interval_s,
            "one of " + ", ".join(str(length) for length in INTERVAL_NAMES),
            "use a bar length Bitunix has",
        )
    return name
