"""The tables of a report, as values: columns and rows of text. Every number of a figure is here.

A page shows at most ``ROWS_MAX`` rows of a table and says how many there are; the rest is in
``trades.csv`` and in the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reports import formats
from reports.formats import NOTHING, Stamps
from reports.story import OrderLife, SessionStory
from trading.model.events import FeedStage
from trading.model.numbers import BPS, NS_PER_MS, ZERO, exact
from trading.model.orders import OrderStatus

ROWS_MAX: Final = 500
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether it holds numbers, and whether their sign is the message."""

    name: str
    is_number: bool = False
    is_signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text under columns. ``note`` says what the rows do not."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""


def _table(
    name: str, title: str, columns: Sequence[Column], rows: Iterable[Row], note: str = ""
) -> Table:
    listed = tuple(rows)
    if len(listed) > ROWS_MAX:
        more = f"The first {ROWS_MAX:,} of {len(listed):,} rows; the journal has them all."
        note = f"{more} {note}".strip()
    return Table(name=name, title=title, columns=tuple(columns), rows=listed[:ROWS_MAX], note=note)


def _text(*names: str) -> list[Column]:
    return [Column(name) for name in names]


def _numbers(*names: str) -> list[Column]:
    return [Column(name, is_number=True) for name in names]


def _results(*names: str) -> list[Column]:
    return [Column(name, is_number=True, is_signed=True) for name in names]


def trips_table(story: SessionStory, stamps: Stamps) -> Table:
    """List the round trips, oldest first."""
    rows = []
    for trip in story.trips:
        tick = story.instruments[trip.symbol].tick_size
        rows.append(
            (
                str(trip.trip_id),
                "long" if trip.side.sign > 0 else "short",
                stamps.second(trip.opened_ns),
                formats.duration(trip.closed_ns - trip.opened_ns),
                formats.digits(trip.quantity),
                formats.on_tick(trip.entry_price, tick),
                formats.on_tick(trip.exit_price, tick),
                formats.signed(trip.gross),
                formats.signed(-trip.fees),
                formats.signed(trip.funding),
                formats.signed(trip.net),
                formats.signed(trip.net / trip.risk) if trip.risk > ZERO else NOTHING,
                trip.reason_in,
                trip.reason_out,
            )
        )
    columns = [
        *_numbers("#"),
        *_text("side"),
        *_numbers("in, UTC", "held", "quantity", "entry", "exit"),
        *_results("gross", "fees", "funding", "net", "R"),
        *_text("why in", "why out"),
    ]
    note = "Prices are averages over the fills. R is the net over the loss planned at entry."
    return _table("trips", "Round trips", columns, rows, note)


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
    return _table("orders", "Orders", columns, rows, note)


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
        str(request.side),
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
    rows = []
    for fill in story.fills:
        cost = NOTHING
        if fill.mid:
            middle = exact(fill.mid)
            cost = formats.signed(fill.side.sign * (fill.price - middle) / middle * BPS, 1)
        rows.append(
            (
                str(fill.fill_id),
                str(fill.order_id),
                stamps.exact(fill.at_ns),
                str(fill.role),
                str(fill.side),
                formats.digits(fill.quantity),
                formats.digits(fill.price),
                str(fill.liquidity),
                formats.full(fill.fee),
                cost,
                fill.evidence + (", the worse of two readings" if fill.is_pessimistic else ""),
            )
        )
    columns = [
        *_numbers("#", "order", "time, UTC"),
        *_text("role", "side"),
        *_numbers("quantity", "price"),
        *_text("liquidity"),
        *_numbers("fee", "over mid, bps"),
        *_text("evidence"),
    ]
    note = "Evidence names the recorded market data that filled it, by its exchange time."
    return _table("fills", "Fills", columns, rows, note)


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
    rows = [
        (
            str(line.line),
            stamps.second(line.at_ns),
            str(line.reason).replace("_", " "),
            line.cause,
            formats.full_signed(line.amount),
            formats.full(line.balance),
        )
        for line in story.ledger
    ]
    columns = [
        *_numbers("line", "time, UTC"),
        *_text("reason", "cause"),
        *_results("amount"),
        *_numbers("balance"),
    ]
    return _table("ledger", "Ledger", columns, [opening, *rows])


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
    return _table("channels", "Channels", columns, rows)


def timeline_table(story: SessionStory, stamps: Stamps) -> Table:
    """List what happened besides trading."""
    rows = ((stamps.exact(each.at_ns), each.what, each.words) for each in story.timeline)
    columns = [*_numbers("time, UTC"), *_text("what", "in words")]
    return _table("timeline", "Events", columns, rows)
