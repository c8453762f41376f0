"""Bitunix's push frames as events: the hot path.

A frame is recognised by its first bytes, parsed once by the decoder of its channel, and checked by
the types in ``wire``. What cannot be understood is one ``FrameRejected``; nothing a peer may send
raises. Source: Bitunix docs "WebSocket, public", captures 2026-06 to 2026-10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from math import inf
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from msgspec.json import Decoder

from trading.model.events import (
    BookUpdate,
    CandleUpdate,
    FrameRejected,
    MarketInput,
    MarkPrice,
    PublicTrade,
    ShellInput,
)
from trading.model.numbers import NS_PER_MS, NS_PER_S
from trading.venues.bitunix.intervals import INTERVAL_NAMES
from trading.venues.bitunix.stamps import fraction_of_percent, iso_ns
from trading.venues.bitunix.wire import (
    HEAD,
    REFUSAL,
    UNREADABLE,
    BarPush,
    BookPush,
    MarkPush,
    TradePush,
    bounded,
    is_html,
)

BOOK_CHANNEL: Final = "depth_book15"
PRICE_CHANNEL: Final = "price"
TRADE_CHANNEL: Final = "trade"
KLINE_CHANNEL_PREFIX: Final = "market_kline_"

_BOOK: Final = Decoder(BookPush, strict=False)
_MARK: Final = Decoder(MarkPush, strict=False)
_BAR: Final = Decoder(BarPush, strict=False)
_TRADE: Final = Decoder(TradePush, strict=False)

_OPENING: Final = b'{"ch":"'
_NAME_AT: Final = len(_OPENING)
_NAME_END_MAX: Final = 48
_WHOLE_SECONDS_LENGTH: Final = len("2026-09-21T14:14:30Z")
_EMPTY_LEVEL: Final = b'["",""]'

Events = tuple[MarketInput | ShellInput, ...]


def decode_frame(frame: bytes, received_ns: int) -> Events:
    """Return the events of one frame; control messages give none, bad frames a ``FrameRejected``.

    A crossed book passes: whether it may be used is the engine's judgement.
    """
    parse = _PARSERS.get(frame[: frame.find(b'"', _NAME_AT, _NAME_END_MAX)])
    try:
        if parse is not None:
            return parse(frame, received_ns)
        return _decode_by_head(frame, received_ns)
    except UNREADABLE as error:
        return _explain(frame, received_ns, error)


def conflation_key(frame: bytes) -> bytes | None:
    """Return channel and symbol of a book or price frame, which a newer one replaces; else None.

    Looks at the first bytes only. A frame with its keys in another order has no key, and is then
    merely not conflated.
    """
    if not frame.startswith(_CONFLATED):
        return None
    end = frame.find(b',"ts"', _NAME_AT, 2 * _NAME_END_MAX)
    return frame[:end] if end > 0 else None


# --- one function a channel -------------------------------------------------------------------


def _book(frame: bytes, received_ns: int) -> Events:
    push = _BOOK.decode(frame)
    bids = push.data.bids
    asks = push.data.asks
    # Every fill walks these levels, so their order is not left to trust: 0.6 us a frame.
    previous = inf
    for price, _ in bids:
        if price >= previous:
            raise ValueError("bids are not best first")
        previous = price
    previous = 0.0
    for price, _ in asks:
        if price <= previous:
            raise ValueError("asks are not best first")
        previous = price
    return (BookUpdate(push.symbol, push.ts * NS_PER_MS, received_ns, bids, asks),)


def _mark(frame: bytes, received_ns: int) -> Events:
    push = _MARK.decode(frame)
    row = push.data
    return (
        MarkPrice(
            push.symbol,
            push.ts * NS_PER_MS,
            received_ns,
            row.mark,
            row.index,
            # In percent, and the rate already charged at `ft`, not the one to come.
            None if row.settled_percent is None else fraction_of_percent(row.settled_percent),
            _remembered_ns(row.settled_at) if row.settled_at else None,
            _remembered_ns(row.next_at) if row.next_at else None,
        ),
    )


def _bar(interval_s: int, frame: bytes, received_ns: int) -> Events:
    push = _BAR.decode(frame)
    bar = push.data
    if bar.high < bar.low:
        raise ValueError(f"high {bar.high!r} is below low {bar.low!r}")
    exchange_ns = push.ts * NS_PER_MS
    return (
        CandleUpdate(
            push.symbol,
            exchange_ns,
            received_ns,
            interval_s,
            # The push names no bar: it is the one its own stamp falls in.
            exchange_ns - exchange_ns % (interval_s * NS_PER_S),
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            bar.volume,
            bar.turnover,
            is_closed=False,
        ),
    )


def _trades(frame: bytes, received_ns: int) -> Events:
    push = _TRADE.decode(frame)
    if not push.data:
        raise ValueError("no trades in it")
    pushed_ns = push.ts * NS_PER_MS
    # A print's own time counts only where it tells more than the second. A whole second is up to
    # a second too early: it would put the print before books that came before it, and before
    # orders that were not yet there. The frame's stamp is some 50 ms late instead.
    is_fine = False
    for row in push.data:
        if len(row.time) > _WHOLE_SECONDS_LENGTH:
            is_fine = True
        else:
            _remembered_ns(row.time)  # refuses what is no time at all
    trades = [
        PublicTrade(
            push.symbol,
            iso_ns(row.time) if is_fine else pushed_ns,
            received_ns,
            row.price,
            row.quantity,
            row.side,
        )
        for row in push.data
    ]
    if is_fine:
        trades.sort(key=attrgetter("exchange_ns"))
    return tuple(trades)


_remembered_ns: Final = lru_cache(maxsize=64)(iso_ns)
"""For times that stay the same over many messages: settlements, and prints of whole seconds."""


# --- everything else --------------------------------------------------------------------------


def _decode_by_head(frame: bytes, received_ns: int) -> Events:
    """Decode a frame whose first bytes name no channel of ours."""
    head = HEAD.decode(frame)
    if head.op is not None:
        return _control(head.op, bytes(head.data), received_ns)
    if head.ch is None:
        raise ValueError('neither "ch" nor "op" in it')
    parse = _BY_CHANNEL.get(head.ch)
    if parse is None:
        reason = f"unknown channel {bounded(head.ch)!r}"
        return (FrameRejected(received_ns, bounded(head.ch), reason),)
    return parse(frame, received_ns)


def _control(op: str, data: bytes, received_ns: int) -> Events:
    """Return nothing for the venue's small talk, a rejection for its one known error message.

    A good subscribe is not acknowledged, and a bad one usually passes in silence: a channel that
    never speaks is found out by its age.
    """
    if data.startswith(b"{"):
        refusal = REFUSAL.decode(data)
        if not refusal.result:
            reason = f"{bounded(op)} refused by the venue: {bounded(refusal.msg)}"
            return (FrameRejected(received_ns, bounded(op), reason),)
    return ()


def _explain(frame: bytes, received_ns: int, error: Exception) -> Events:
    """Return the rejection of a frame, in few words; a control message after all gives none."""
    channel = "unreadable"
    try:
        head = HEAD.decode(frame)
    except UNREADABLE:
        if is_html(frame):
            return (FrameRejected(received_ns, channel, "HTML instead of JSON"),)
    else:
        if head.op is not None and head.ch is not None:
            return ()  # an acknowledgement that names its channel; seen by one client
        channel = bounded(head.ch or head.op or channel)
    if _EMPTY_LEVEL in frame:
        # Sent once for an unknown, delisted or unlisted symbol, and then nothing more.
        reason = "empty levels: the venue does not push this symbol"
    elif isinstance(error, RecursionError):
        reason = "nested too deeply"
    elif isinstance(error, UnicodeDecodeError):
        reason = "not UTF-8"
    else:
        reason = bounded(str(error) or type(error).__name__)
    return (FrameRejected(received_ns, channel, reason),)


_BY_CHANNEL: Final[Mapping[str, Callable[[bytes, int], Events]]] = {
    BOOK_CHANNEL: _book,
    PRICE_CHANNEL: _mark,
    TRADE_CHANNEL: _trades,
    **{
        KLINE_CHANNEL_PREFIX + name.push: partial(_bar, interval_s)
        for interval_s, name in INTERVAL_NAMES.items()
    },
}
_PARSERS: Final = MappingProxyType(
    {_OPENING + channel.encode(): parse for channel, parse in _BY_CHANNEL.items()}
)
"""By a frame's first bytes, up to the end of its channel's name."""
_CONFLATED: Final = tuple(
    _OPENING + channel.encode() + b'"' for channel in (BOOK_CHANNEL, PRICE_CHANNEL)
)
