"""The price: bars, every fill by what it was for, and the levels of stops and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports import formats
from reports.figures.canvas import (
    NARROW_PX,
    WIDE_PX,
    Drawing,
    Figure,
    Frame,
    Mark,
    Path,
    Scale,
    axes,
    box,
    polyline,
    px,
)
from reports.figures.decimate import Bar, Point, merge
from reports.figures.shapes import keyed, outline, shape_of
from reports.figures.track import COLUMNS, Series, Track
from reports.story import SessionStory
from trading.model.events import CandleClosed, OrderFilled
from trading.model.numbers import NS_PER_MS
from trading.model.orders import OrderRole, Side

_BODY_PX_MAX: Final = 11.0
CROWD: Final = 60
"""Fills from which on their marks shrink, to less than half at most."""
_LEGEND: Final = {
    "up": "buy entry",
    "down": "sell entry",
    "diamond": "exit at the target",
    "cross": "exit at the stop",
    "ring": "exit",
    "square": "liquidation",
}


@dataclass(frozen=True, slots=True)
class _Level:
    """A stop or target and how long it stood."""

    style: str
    from_ns: int
    to_ns: int
    price: float


def price_figure(story: SessionStory, symbol: str) -> Figure | None:
    """Draw one symbol; None when the journal has neither a bar nor a fill of it."""
    bars = [bar for bar in story.bars if bar.symbol == symbol]
    fills = [fill for fill in story.fills if fill.symbol == symbol]
    if not bars and not fills:
        return None
    seen = [*(float(fill.price) for fill in fills)]
    seen += [edge for bar in bars for edge in (bar.low, bar.high, bar.open)]
    low, high = min(seen), max(seen)
    levels = _levels(story, symbol)
    # A level far away would flatten everything else: it is told, not drawn.
    room = 1.5 * (high - low) or abs(high) * 0.001
    drawn = [each for each in levels if low - room <= each.price <= high + room]
    low = min([low, *(each.price for each in drawn)])
    high = max([high, *(each.price for each in drawn)])
    margin = 0.06 * (high - low) or abs(high) * 0.0005
    bounds = (low - margin, high + margin)
    far = len(levels) - len(drawn)
    shapes = {shape_of(fill.role, fill.side) for fill in fills}
    legend = [
        (Path(f"mark {shape}", keyed(shape)), words)
        for shape, words in _LEGEND.items()
        if shape in shapes
    ]
    styles = {each.style for each in drawn}
    legend += [
        (Path(style, "M0 8H16"), words)
        for style, words in (("level stop", "stop"), ("level target", "target"))
        if style in styles
    ]
    return Figure(
        name=f"price-{symbol}",
        title=f"{symbol} price",
        description=_described(bars, fills),
        wide=_draw(story, bars, fills, drawn, bounds, Frame(WIDE_PX, 330)),
        narrow=_draw(story, bars, fills, drawn, bounds, Frame(NARROW_PX, 280)),
        legend=tuple(legend),
        note=f"{formats.count_of(far, 'level')} off the scale." if far else "",
        track=_track(story, bars, symbol),
    )


def _track(story: SessionStory, bars: list[CandleClosed], symbol: str) -> Track | None:
    """Return the bars for a reader's script; None where only fills are known."""
    joined = merge(bars, COLUMNS // 4)
    if not joined:
        return None
    places = formats.places_of(story.instruments[symbol].tick_size)
    return Track(
        times=[(bar.from_ns - story.span.from_ns) // NS_PER_MS for bar in joined],
        series=(
            Series("open", [bar.open for bar in joined], places),
            Series("high", [bar.high for bar in joined], places),
            Series("low", [bar.low for bar in joined], places),
            Series("close", [bar.close for bar in joined], places),
        ),
        low=2,
        high=1,
    )


def _described(bars: list[CandleClosed], fills: list[OrderFilled]) -> str:
    parts = []
    if bars:
        lowest, highest = min(bar.low for bar in bars), max(bar.high for bar in bars)
        parts.append(
            f"{formats.count_of(len(bars), 'bar')}, from {bars[0].open:,} to {bars[-1].close:,}, "
            f"lowest {lowest:,}, highest {highest:,}"
        )
    entries = sum(1 for fill in fills if fill.role is OrderRole.ENTRY)
    parts.append(
        f"{formats.count_of(entries, 'entry fill')} and "
        f"{formats.count_of(len(fills) - entries, 'exit fill')}; all of them are in the tables"
    )
    return "; ".join(parts) + "."


def _levels(story: SessionStory, symbol: str) -> list[_Level]:
    return [
        _Level(
            f"level {order.request.role}",
            max(order.submitted_ns, story.span.from_ns),
            order.ended_ns or story.span.to_ns,
            float(order.request.trigger_price),
        )
        for order in story.orders
        if order.request.symbol == symbol and order.request.trigger_price is not None
    ]


def _draw(
    story: SessionStory,
    bars: list[CandleClosed],
    fills: list[OrderFilled],
    levels: list[_Level],
    bounds: tuple[float, float],
    frame: Frame,
) -> Drawing:
    span = story.span
    times = Scale(span.from_ns, span.to_ns, frame.left, frame.x_end)
    prices = Scale(*bounds, frame.y_end, frame.top)
    grid, labels = axes(frame, times, prices, time_count=frame.width // 90, value_count=5)
    plot = _candles(merge(bars, frame.width // 4), times, prices, frame)
    for style in ("level stop", "level target"):
        data = "".join(
            f"M{px(times(each.from_ns))} {px(prices(each.price))}"
            f"H{px(max(times(each.to_ns), times(each.from_ns) + 1))}"
            for each in levels
            if each.style == style
        )
        plot += [Path(style, data)] if data else []
    plot += _held(fills, times, prices)
    return Drawing(
        width=frame.width,
        height=frame.height,
        paths=tuple(grid),
        labels=tuple(labels),
        plot=tuple(plot),
        marks=_marks(fills, times, prices, story),
        frame=frame,
        low=bounds[0],
        high=bounds[1],
    )


def _candles(bars: list[Bar], times: Scale, prices: Scale, frame: Frame) -> list[Path]:
    """Draw rising bars hollow and falling ones filled; one path each way, whatever the count."""
    wicks: list[str] = []
    bodies: dict[str, list[str]] = {"bar rise": [], "bar fall": []}
    for bar in bars:
        width = min(_BODY_PX_MAX, max(1.0, 0.6 * (times(bar.to_ns) - times(bar.from_ns))))
        x = (times(bar.from_ns) + times(bar.to_ns)) / 2
        if not frame.left + width / 2 <= x <= frame.x_end - width / 2:
            continue
        top, foot = prices(max(bar.open, bar.close)), prices(min(bar.open, bar.close))
        wicks.append(
            f"M{px(x)} {px(prices(bar.high))}V{px(top)}M{px(x)} {px(foot)}V{px(prices(bar.low))}"
        )
        style = "bar rise" if bar.close >= bar.open else "bar fall"
        bodies[style].append(box(x - width / 2, top, width, max(foot - top, 0.6)))
    paths = [Path("wick", "".join(wicks))] if wicks else []
    return paths + [Path(style, "".join(data)) for style, data in bodies.items() if data]


def _held(fills: list[OrderFilled], times: Scale, prices: Scale) -> list[Path]:
    """Join every exit's fills with the entry's last one by a thin line."""
    lines: list[str] = []
    entry: Point | None = None
    for fill in fills:
        here = (times(fill.at_ns), prices(float(fill.price)))
        if fill.role is OrderRole.ENTRY:
            entry = here
        elif entry is not None:
            lines.append(polyline([entry, here]))
    return [Path("held", "".join(lines))] if lines else []


def _marks(
    fills: list[OrderFilled], times: Scale, prices: Scale, story: SessionStory
) -> tuple[Mark, ...]:
    """Draw a shape for every fill that does not lie under another of its kind."""
    stamps = formats.Stamps.spanning(story.span.from_ns, story.span.to_ns)
    size = round(min(1.0, max(0.4, CROWD / max(len(fills), 1))), 2)
    seen: set[tuple[str, int, int]] = set()
    marks = []
    for fill in fills:
        x, y = times(fill.at_ns), prices(float(fill.price))
        shape = shape_of(fill.role, fill.side)
        place = (shape, round(x / 3), round(y / 3))
        if place in seen:
            continue
        seen.add(place)
        way = "bought" if fill.side is Side.BUY else "sold"
        hint = (
            f"{stamps.exact(fill.at_ns)} {fill.role}: {way} {formats.digits(fill.quantity)} "
            f"at {formats.digits(fill.price)}"
        )
        marks.append(Mark(f"mark {shape}", x, y, outline(shape), hint, size))
    return tuple(marks)
