"""Kline replies as closed bars, and the way back through their pages.

Source: Bitunix docs "Get kline", captures 2026-09-15 and 2026-09-29: newest row first, the newest
still forming, no closed flag, and two volume columns that swapped their meaning in between.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec.json import Decoder

from trading.model.events import CandleUpdate, FrameRejected, MarketInput, ShellInput
from trading.model.numbers import NS_PER_MS, NS_PER_S
from trading.venues.base import RestRequest
from trading.venues.bitunix.replies import payload
from trading.venues.bitunix.requests import candles_request
from trading.venues.bitunix.wire import ROWS, UNREADABLE, KlineRow, KlineTime, bounded

REST_KLINE: Final = "kline rest"
"""The channel that rejected rows are counted under."""

_ROW: Final = Decoder(KlineRow, strict=False)
_TIMES: Final = Decoder(list[KlineTime], strict=False)
_FIT: Final = 0.05
"""How far outside the bar's range the ratio of its volumes may lie: they are rounded."""


def decode_candles(
    request: RestRequest, body: bytes, received_ns: int
) -> tuple[MarketInput | ShellInput, ...]:
    """Return the closed bars inside the request's span, oldest first, each once.

    A bar is closed when it ends by ``request.end_ns``; duty of the caller: never to ask beyond
    the exchange's present. An ``open`` outside ``[low, high]`` is kept: a bar opens at the
    previous close, while its range comes from its own trades.

    A row that cannot be read is left out and told of in a ``FrameRejected``, one for each kind of
    fault. A row whose volumes fit neither orientation is right in its prices: it is kept, with
    its volumes read as the other rows' are, and told of as well.
    """
    try:
        raws = ROWS.decode(payload(body))
    except UNREADABLE as error:
        return (FrameRejected(received_ns, REST_KLINE, bounded(str(error))),)
    faults: Counter[str] = Counter()
    rows: dict[int, KlineRow] = {}
    for raw in raws:
        try:
            row = _checked_row(_ROW.decode(raw), request)
        except UNREADABLE as error:
            faults[bounded(str(error))] += 1
            continue
        if rows.setdefault(row.time, row) is not row:
            faults["a bar that was there already"] += 1
    fits = {time: is_quote_vol_usdt(row) for time, row in rows.items()}
    votes = Counter(fit for fit in fits.values() if fit is not None)
    # Without a vote the newer names hold: quoteVol is USDT (capture 2026-09-29, later docs).
    usual = votes[True] >= votes[False]
    for time, fit in fits.items():
        if fit is None and rows[time].quote_vol != rows[time].base_vol:
            faults["volumes fit neither orientation, bar kept"] += 1
    interval_ns = request.interval_s * NS_PER_S
    return (
        *(
            _candle(
                row, request, received_ns, is_natural=usual if (fit := fits[time]) is None else fit
            )
            for time, row in sorted(rows.items())
            if request.start_ns <= time * NS_PER_MS
            and time * NS_PER_MS + interval_ns <= request.end_ns
        ),
        *(
            FrameRejected(received_ns, REST_KLINE, f"{count} of {len(raws)} rows: {reason}")
            for reason, count in sorted(faults.items())
        ),
    )


def next_candles_request(request: RestRequest, body: bytes) -> RestRequest | None:
    """Return the request for the page before this one; None when the span is done.

    Done is: the page reaches the span's start, is empty, or holds nothing older than was known
    before, so paging always ends. A short page is not the end: how many rows the venue gives at
    most is its affair.
    """
    try:
        times = _TIMES.decode(payload(body))
    except UNREADABLE:
        return None
    if not times:
        return None
    # The last row, not the smallest time: a stale bar of months ago was once seen as first row.
    oldest_ns = times[-1].time * NS_PER_MS
    if not request.start_ns < oldest_ns < request.end_ns:
        return None
    return candles_request(request.symbol, request.interval_s, request.start_ns, oldest_ns)


def is_quote_vol_usdt(row: KlineRow) -> bool | None:
    """Tell whether a row's ``quoteVol`` is USDT and its ``baseVol`` coin, or the reverse.

    None when its numbers fit neither reading, or both alike.
    USDT volume over coin volume is the bar's average price, so it lies in the bar's range.
    """
    if row.quote_vol == row.base_vol or not (row.quote_vol > 0 and row.base_vol > 0):
        return None
    natural = row.quote_vol / row.base_vol
    legacy = row.base_vol / row.quote_vol
    low, high = row.low * (1 - _FIT), row.high * (1 + _FIT)
    is_natural = low <= natural <= high
    is_legacy = low <= legacy <= high
    if is_natural and is_legacy:  # a coin of about 1 USDT: the nearer one, if one is
        return abs(natural - row.close) <= abs(legacy - row.close)
    if is_natural or is_legacy:
        return is_natural
    return None


def _checked_row(row: KlineRow, request: RestRequest) -> KlineRow:
    if row.high < row.low:
        raise ValueError("high is below low")
    if row.time * NS_PER_MS % (request.interval_s * NS_PER_S):
        raise ValueError("open time is not a multiple of the interval")
    return row


def _candle(
    row: KlineRow, request: RestRequest, received_ns: int, *, is_natural: bool
) -> CandleUpdate:
    open_ns = row.time * NS_PER_MS
    volume, turnover = (
        (row.base_vol, row.quote_vol) if is_natural else (row.quote_vol, row.base_vol)
    )
    return CandleUpdate(
        request.symbol,
        # A reply has no stamp of its own; a closed bar is known from its end on.
        open_ns + request.interval_s * NS_PER_S,
        received_ns,
        request.interval_s,
        open_ns,
        row.open,
        row.high,
        row.low,
        row.close,
        volume,
        turnover,
        is_closed=True,
    )
