"""Funding replies as events.

Source: Bitunix docs "Get funding rate" and "Get funding rate history"; captures 2026-09: the
running rate is in percent, the history's in fractions, and no page of the docs says so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec.json import Decoder

from trading.model.events import (
    FrameRejected,
    FundingRate,
    FundingSettled,
    MarketInput,
    ShellInput,
)
from trading.model.numbers import NS_PER_MS
from trading.venues.base import RestRequest
from trading.venues.bitunix.replies import payload
from trading.venues.bitunix.stamps import fraction_of_percent
from trading.venues.bitunix.wire import ROWS, UNREADABLE, FundingNow, FundingPast, bounded

REST_FUNDING: Final = "funding rest"
"""The channel that rejected replies and rows are counted under."""

_NOW: Final = Decoder(FundingNow | list[FundingNow], strict=False)
_PAST: Final = Decoder(FundingPast, strict=False)
_RATE_MAX: Final = Decimal(1)
_PRICE_MAX: Final = Decimal("1e12")


def decode_funding_rate(
    request: RestRequest, body: bytes, received_ns: int
) -> tuple[MarketInput | ShellInput, ...]:
    """Return the running interval's rate; the payload may be an object or a list of one."""
    try:
        data = _NOW.decode(payload(body))
        now = next(
            (
                row
                for row in (data if isinstance(data, list) else [data])
                if row.symbol.upper() == request.symbol.upper()
            ),
            None,
        )
        if now is None:
            raise ValueError(f"no rate of {request.symbol} in the reply")
        rate = fraction_of_percent(now.rate_percent)
    except UNREADABLE as error:
        return (FrameRejected(received_ns, REST_FUNDING, bounded(str(error))),)
    return (
        FundingRate(request.symbol, received_ns, rate, now.interval_h, now.next_ms * NS_PER_MS),
    )


def decode_funding_history(
    request: RestRequest, body: bytes, received_ns: int
) -> tuple[MarketInput | ShellInput, ...]:
    """Return the settlements inside the request's span, oldest first, each once.

    A row that cannot be read is left out and told of in a ``FrameRejected``.
    """
    try:
        raws = ROWS.decode(payload(body))
    except UNREADABLE as error:
        return (FrameRejected(received_ns, REST_FUNDING, bounded(str(error))),)
    settled: dict[int, FundingSettled] = {}
    rejected: dict[str, FrameRejected] = {}
    for raw in raws:
        try:
            row = _checked_row(_PAST.decode(raw))
        except UNREADABLE as error:
            reason = bounded(str(error) or type(error).__name__)
            rejected[reason] = FrameRejected(received_ns, REST_FUNDING, reason)
            continue
        at_ns = row.time * NS_PER_MS
        if request.start_ns <= at_ns < request.end_ns:
            settled.setdefault(
                at_ns, FundingSettled(request.symbol, received_ns, at_ns, row.rate, row.mark)
            )
    return (*(settled[at_ns] for at_ns in sorted(settled)), *rejected.values())


def _checked_row(row: FundingPast) -> FundingPast:
    if not (row.rate.is_finite() and abs(row.rate) <= _RATE_MAX):
        raise ValueError("rate is not a fraction within 1")
    if not (row.mark.is_finite() and 0 < row.mark < _PRICE_MAX):
        raise ValueError("mark price is not a finite number above 0")
    return row
