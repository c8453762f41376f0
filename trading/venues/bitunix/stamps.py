"""Bitunix's times of day as nanoseconds, and its percent rates as fractions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from typing import Final

from trading.model.numbers import NS_PER_S

_SECOND: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_FRACTION: Final = re.compile(r"[0-9]{1,9}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(2000, 2100)

_EXACT: Final = Context(prec=60, traps=[InvalidOperation, Inexact])
_PERCENT_LEAST: Final = Decimal(-100)
_PERCENT_MOST: Final = Decimal(100)


def iso_ns(text: str) -> int:
    """Return an ISO-8601 time in UTC with 0 to 9 fractional digits as ns since 1970.

    Raises:
        ValueError: when it is not one, or not in the years 2000 to 2099.

    >>> iso_ns("2026-09-21T14:14:30.000000001Z")
    1790000070000000001
    """
    second, dot, fraction = text.removesuffix("Z").partition(".")
    if not (text.endswith("Z") and (not dot or _FRACTION.fullmatch(fraction))):
        raise ValueError(f"expected a UTC time such as 2026-09-21T08:00:00Z, was {text[:40]!r}")
    return _second_ns(second) + int(fraction.ljust(9, "0"))


@lru_cache(maxsize=256)
def _second_ns(second: str) -> int:
    """Return a whole second as ns since 1970; remembered, for most messages repeat the last one."""
    if not _SECOND.fullmatch(second):
        raise ValueError(f"expected a time such as 2026-09-21T08:00:00, was {second[:40]!r}")
    moment = datetime.fromisoformat(second + "+00:00")
    if moment.year not in _YEARS:
        raise ValueError(f"expected a time in the years 2000 to 2099, was {second!r}")
    return (moment - _EPOCH) // timedelta(seconds=1) * NS_PER_S


def fraction_of_percent(percent: Decimal) -> Decimal:
    """Return a rate in percent as a fraction, exactly.

    Raises:
        ValueError: when it is beyond 100 percent.
        ArithmeticError: when it is not a number, or has more digits than a rate can have.

    >>> fraction_of_percent(Decimal("-0.00077"))
    Decimal('-0.0000077')
    """
    if not _PERCENT_LEAST <= percent <= _PERCENT_MOST:
        raise ValueError(f"expected a rate within 100 percent, was {str(percent)[:40]}")
    return percent.scaleb(-2, _EXACT)
