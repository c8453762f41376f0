"""The shapes of Bitunix's messages, checked while they are parsed.

The bounds stand in the types: the parser itself refuses NaN, infinity, a price of zero, a negative
size, an unknown side and a stamp outside this century, at no cost to a good message. Numbers come
as JSON strings or plain numbers, whichever the venue prefers that month; decoders are made with
``strict=False``, which takes both.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import Meta, field

from trading.model.orders import Side

Price = Annotated[float, Meta(gt=0, lt=1e12)]
Quantity = Annotated[float, Meta(ge=0, lt=1e18)]
Symbol = Annotated[str, Meta(min_length=1, max_length=32)]
Millis = Annotated[int, Meta(ge=946_684_800_000, lt=4_102_444_800_000)]
"""Milliseconds since 1970, from the year 2000 up to 2100; anything else is a broken stamp."""
Levels = tuple[tuple[Price, Quantity], ...]


# --- pushes -----------------------------------------------------------------------------------


class Book(msgspec.Struct, gc=False):
    """``depth_book15``: the whole window, best first on both sides."""

    bids: Levels = field(name="b")
    asks: Levels = field(name="a")


class BookPush(msgspec.Struct, gc=False):
    """A push of the book; ``ts`` is when it was sent."""

    symbol: Symbol
    ts: Millis
    data: Book


class MarkRow(msgspec.Struct, gc=False):
    """``price``: mark, index, and the funding rate in percent that was settled at ``ft``."""

    mark: Price = field(name="mp")
    index: Price = field(name="ip")
    settled_percent: Decimal | None = field(name="fr", default=None)
    settled_at: str | None = field(name="ft", default=None)
    next_at: str | None = field(name="nft", default=None)


class MarkPush(msgspec.Struct, gc=False):
    """A push of mark and index price."""

    symbol: Symbol
    ts: Millis
    data: MarkRow


class BarRow(msgspec.Struct, gc=False):
    """``market_kline_*``: the bar now forming. Here ``b`` is coin and ``q`` USDT, always."""

    open: Price = field(name="o")
    high: Price = field(name="h")
    low: Price = field(name="l")
    close: Price = field(name="c")
    volume: Quantity = field(name="b")
    turnover: Quantity = field(name="q")


class BarPush(msgspec.Struct, gc=False):
    """A push of the forming bar: it names neither the bar's time nor whether it is over."""

    symbol: Symbol
    ts: Millis
    data: BarRow


class TradeRow(msgspec.Struct, gc=False):
    """``trade``: one print; ``s`` is taken to be the taker's side, by convention."""

    time: str = field(name="t")
    price: Price = field(name="p")
    quantity: Quantity = field(name="v")
    side: Side = field(name="s")


class TradePush(msgspec.Struct, gc=False):
    """A push of one or more prints."""

    symbol: Symbol
    ts: Millis
    data: list[TradeRow]


class Head(msgspec.Struct, gc=False):
    """What tells a push from a control message, whatever the order of its keys."""

    ch: str | None = None
    op: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class Refusal(msgspec.Struct, gc=False):
    """``data`` of a control message that says yes or no."""

    result: bool = True
    msg: str = ""


# --- REST replies -----------------------------------------------------------------------------


class Envelope(msgspec.Struct, gc=False):
    """Every REST reply; success is ``code`` 0, and errors come with HTTP 200 as well."""

    code: int
    data: msgspec.Raw = msgspec.Raw(b"null")
    msg: str | None = None


class KlineTime(msgspec.Struct, gc=False):
    """A kline row's open time, all that paging needs."""

    time: Millis


class KlineRow(msgspec.Struct, gc=False):
    """A kline row; which of the two volumes is USDT changed during September 2026."""

    time: Millis
    open: Price
    high: Price
    low: Price
    close: Price
    quote_vol: Quantity = field(name="quoteVol")
    base_vol: Quantity = field(name="baseVol")


class FundingNow(msgspec.Struct, gc=False):
    """The running funding interval; ``fundingRate`` is in percent."""

    symbol: Symbol
    rate_percent: Decimal = field(name="fundingRate")
    interval_h: Annotated[int, Meta(ge=1, le=24)] = field(name="fundingInterval")
    next_ms: Millis = field(name="nextFundingTime")


class FundingPast(msgspec.Struct, gc=False):
    """A settlement of the past; here ``fundingRate`` is a fraction."""

    rate: Decimal = field(name="fundingRate")
    time: Millis = field(name="fundingTime")
    mark: Decimal = field(name="markPrice")


class Pair(msgspec.Struct, gc=False):
    """A row of ``trading_pairs``; precisions are decimals, volumes are in the base coin."""

    symbol: Symbol
    base: str
    quote: str
    quantity_min: Decimal = field(name="minTradeVolume")
    limit_quantity_max: Decimal = field(name="maxLimitOrderVolume")
    market_quantity_max: Decimal = field(name="maxMarketOrderVolume")
    quantity_decimals: Annotated[int, Meta(ge=0, le=18)] = field(name="basePrecision")
    price_decimals: Annotated[int, Meta(ge=0, le=18)] = field(name="quotePrecision")
    leverage_max: Annotated[int, Meta(ge=1, le=1000)] = field(name="maxLeverage")
    price_band: Decimal = field(name="priceProtectScope")
    status: str = field(name="symbolStatus")


class Tier(msgspec.Struct, gc=False):
    """A row of ``get_position_tiers``; the bounds are read as notional in USDT."""

    notional_from: Decimal = field(name="startValue")
    notional_to: Decimal = field(name="endValue")
    leverage_max: Annotated[int, Meta(ge=1, le=1000)] = field(name="leverage")
    maintenance_rate: Decimal = field(name="maintenanceMarginRate")


HEAD: Final = msgspec.json.Decoder(Head)
REFUSAL: Final = msgspec.json.Decoder(Refusal)
ENVELOPE: Final = msgspec.json.Decoder(Envelope, strict=False)
ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])

UNREADABLE: Final = (ValueError, ArithmeticError, RecursionError)
"""All that parsing may raise: malformed or mistyped JSON, bad UTF-8, absurd numbers, deep nests."""

_TEXT_MAX = 160


def bounded(text: str) -> str:
    """Return text of the venue fit to be shown: one line, printable, at most 160 characters."""
    line = "".join(c if c.isprintable() else " " for c in text[: 4 * _TEXT_MAX])
    line = " ".join(line.split())
    return line if len(line) <= _TEXT_MAX else line[: _TEXT_MAX - 3] + "..."


def is_html(body: bytes) -> bool:
    """Tell whether a body is a page for people: what the edge sends instead of the venue."""
    return body[:64].lstrip().startswith(b"<")
