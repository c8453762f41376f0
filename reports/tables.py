"""The tables of a report but the round trips': every number of a figure is in one of them.

A table of more than ``ROWS_MOST`` rows is shown by its first ones only; the journal has them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from reports import formats
from reports.columns import ROWS_FIRST, Column, Filled, Kind, Table, tabled
from reports.formats import NOTHING, Stamps
from reports.story import OrderLife, SessionStory
from trading.model.events import FeedStage, OrderFilled
from trading.model.numbers import BPS, NS_PER_MS, exact
from trading.model.orders import OrderStatus
from trading.model.sides import PositionSide, Side

ROWS_MOST: Final = 10_000
Row = tuple[str, ...]


def _table(
    name: str,
    title: str,
    headings: Sequence[Column],
    rows: Iterable[Row],
    count: int,
    note: str = "",
) -> Table:
    """Return a table of words; ``rows`` is read no further than is shown."""
    if count > ROWS_MOST:
        more = f"The first {ROWS_FIRST:,} of {count:,} rows; the journal has them all."
        note = f"{more} {note}".strip()
    listed = list(islice(rows, count if count <= ROWS_MOST else ROWS_FIRST))
    values = list(zip(*listed, strict=True)) or [()] * len(headings)
    columns = [Filled(head, Kind.TEXT, told) for head, told in zip(headings, values, strict=True)]
    return replace(tabled(name, title, columns, Stamps(has_days=False), note=note), count=count)


def _text(*names: str) -> list[Column]:
    return [Column(name) for name in names]


def _numbers(*names: str) -> list[Column]:
    return [Column(name, is_number=True) for name in names]


def _results(*names: str) -> list[Column]:
    return [Column(name, is_number=True, is_signed=True) for name in names]


def orders_table(story: SessionStory, stamps: Stamps) -> Table:
    """List every order with what became of it."""
    columns = [
        *_numbers("#", "sent, UTC"),
        *_text("role", "side", "type"),
        *_numbers("quantity", "price"),
        *_text("became"),
        *_numbers("filled", "average"),
        *_numbers("latency, ms", "over mid, bps"),
        *_text("why"),
    ]
    note = (
        "The last number compares the average price with the middle of the book at the decision: "
        "above zero it cost, below it gained. A stop's or target's middle is that of its placing, "
        "so it has none."
    )
    rows = (_order_row(order, story, stamps) for order in story.orders)
    return _table("orders", "Orders", columns, rows, len(story.orders), note)


def _order_row(order: OrderLife, story: SessionStory, stamps: Stamps) -> Row:
    request = order.request
    level = request.price if request.price is not None else request.trigger_price
    average = order.average_price
    tick = story.instruments[request.symbol].tick_size
    is_sent = order.parent_id == 0 and not order.is_carried
    latency_ms = (order.arrival_ns - order.submitted_ns) / NS_PER_MS
    shortfall = NOTHING
    if average is not None and order.decision_mid and is_sent:
        middle = exact(order.decision_mid)
        shortfall = formats.signed(request.side.sign * (average - middle) / middle * BPS, 1)
    return (
        str(order.order_id),
        stamps.second(order.submitted_ns),
        str(request.role),
        _acts(request.side, request.position_side),
        "trigger" if request.type.is_triggered else str(request.type),
        formats.digits(order.quantity),
        NOTHING if level is None else formats.digits(level),
        became(order),
        formats.digits(order.filled) if order.fills else NOTHING,
        NOTHING if average is None else formats.on_tick(average, tick),
        f"{latency_ms:,.0f}" if is_sent else NOTHING,
        shortfall,
        "; ".join(why for why in (request.reason, order.why) if why),
    )


def _acts(side: Side, position: PositionSide) -> str:
    """Return an order's side, and in hedge mode the position it acts on."""
    return str(side) if position is PositionSide.BOTH else f"{side}, {position}"


def became(order: OrderLife) -> str:
    """Say in words how an order ended, or that it was still alive."""
    if order.status is OrderStatus.CANCELED and order.filled:
        return "part filled, rest cancelled"
    return {
        OrderStatus.IN_FLIGHT: "under way at the end",
        OrderStatus.WORKING: "live at the end",
        OrderStatus.PART_FILLED: "part filled, live at the end",
        OrderStatus.FILLED: "filled",
        OrderStatus.CANCELED: "cancelled",
        OrderStatus.EXPIRED: "expired",
        OrderStatus.REJECTED: "rejected",
    }[order.status]


def fills_table(story: SessionStory, stamps: Stamps) -> Table:
    """List every fill with the market data it rests on."""
    columns = [
        *_numbers("#", "order", "time, UTC"),
        *_text("role", "side"),
        *_numbers("quantity", "price"),
        *_text("liquidity"),
        *_numbers("fee", "over mid, bps"),
        *_text("evidence"),
    ]
    note = "Evidence names the recorded market data that filled it, by its exchange time."
    rows = (_fill_row(fill, stamps) for fill in story.fills)
    return _table("fills", "Fills", columns, rows, len(story.fills), note)


def _fill_row(fill: OrderFilled, stamps: Stamps) -> Row:
    cost = NOTHING
    if fill.mid:
        middle = exact(fill.mid)
        cost = formats.signed(fill.side.sign * (fill.price - middle) / middle * BPS, 1)
    return (
        str(fill.fill_id),
        str(fill.order_id),
        stamps.exact(fill.at_ns),
        str(fill.role),
        _acts(fill.side, fill.position_side),
        formats.digits(fill.quantity),
        formats.digits(fill.price),
        str(fill.liquidity),
        formats.full(fill.fee),
        cost,
        fill.evidence + (", the worse of two readings" if fill.is_pessimistic else ""),
    )


def ledger_table(story: SessionStory, stamps: Stamps) -> Table:
    """List every movement of the wallet with the balance after it, all digits shown."""
    opening = (
        "",
        stamps.second(story.span.from_ns),
        "opening",
        "",
        "",
        formats.full(story.wallet_start),
    )
    rows = (
        (
            str(line.line),
            stamps.second(line.at_ns),
            str(line.reason).replace("_", " "),
            line.cause,
            formats.full_signed(line.amount),
            formats.full(line.balance),
        )
        for line in story.ledger
    )
    columns = [
        *_numbers("line", "time, UTC"),
        *_text("reason", "cause"),
        *_results("amount"),
        *_numbers("balance"),
    ]
    count = 1 + len(story.ledger)
    return _table("ledger", "Ledger", columns, chain([opening], rows), count)


def channels_table(story: SessionStory) -> Table:
    """List how long each channel was in each stage."""
    rows = [
        (
            channel.symbol,
            channel.channel,
            *(formats.duration(channel.stage_ns[stage]) for stage in FeedStage),
            f"{channel.age_ms_max:,}",
        )
        for channel in story.feed.channels
    ]
    columns = [
        *_text("symbol", "channel"),
        *_numbers(*(str(stage) for stage in FeedStage)),
        *_numbers("oldest noted, ms"),
    ]
    return _table("channels", "Channels", columns, rows, len(rows))


def timeline_table(story: SessionStory, stamps: Stamps) -> Table:
    """List what happened besides trading."""
    rows = ((stamps.exact(each.at_ns), each.what, each.words) for each in story.timeline)
    columns = [*_numbers("time, UTC"), *_text("what", "in words")]
    return _table("timeline", "Events", columns, rows, len(story.timeline))
