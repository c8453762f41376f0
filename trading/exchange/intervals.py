"""Bar lengths by their names on the wire, and which bar an instant belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

MINUTE_MS: Final = 60_000
_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
_EPOCH_TO_MONDAY: Final = 4 * _DAY  # 1 January 1970 was a Thursday

Interval = int | Literal["month"]
"""Length in minutes, or a calendar month."""

WEEK: Final = 7 * _DAY

REST_INTERVALS: Final[dict[str, Interval]] = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": _HOUR,
    "2h": 2 * _HOUR,
    "4h": 4 * _HOUR,
    "6h": 6 * _HOUR,
    "8h": 8 * _HOUR,
    "12h": 12 * _HOUR,
    "1d": _DAY,
    "3d": 3 * _DAY,
    "1w": WEEK,
    "1M": "month",
}
"""Names in ``kline`` requests. ``3m`` is undocumented there but was seen to work."""

PUSH_INTERVALS: Final[dict[str, Interval]] = {
    "1min": 1,
    "3min": 3,
    "5min": 5,
    "15min": 15,
    "30min": 30,
    "60min": _HOUR,
    "2h": 2 * _HOUR,
    "4h": 4 * _HOUR,
    "6h": 6 * _HOUR,
    "8h": 8 * _HOUR,
    "12h": 12 * _HOUR,
    "1day": _DAY,
    "3day": 3 * _DAY,
    "1week": WEEK,
    "1month": "month",
}
"""Names in ``market_kline_<i>`` and ``mark_kline_<i>`` channels."""


def bar_start(minute: int, interval: Interval) -> int:
    """Return the first minute (since 1970) of the bar a minute belongs to.

    Weeks start on Monday, months on the first, all others on multiples of their length, in UTC.

    >>> bar_start(29_833_337, 5), bar_start(4 * 1440 + 5, WEEK)
    (29833335, 5760)
    """
    if interval == "month":
        first = datetime.fromtimestamp(minute * 60, tz=UTC).replace(day=1, hour=0, minute=0)
        return int(first.timestamp()) // 60
    offset = _EPOCH_TO_MONDAY if interval == WEEK else 0
    return (minute - offset) // interval * interval + offset


def next_bar_start(start: int, interval: Interval) -> int:
    """Return the first minute of the bar after the one that starts at a minute.

    >>> next_bar_start(0, "month") // 1440
    31
    """
    if interval == "month":
        return bar_start(start + 32 * _DAY, interval)
    return start + interval
