"""The price: bars, every fill by what it was for, and the levels of stops and targets."""

from __future__ import annotations

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
from reports.figures.decimate import Bar, merge
from reports.figures.scene import Scene, scene_of
from reports.figures.shapes import keyed, outline, shape_of
from reports.figures.track import Series, Track
from reports.story import SessionStory
from trading.model.numbers import NS_PER_MS
from trading.model.orders import Side

_BODY_PX_MAX: Final = 11.0
_LEVELS: Final = ("stop", "target")
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


def price_figure(story: SessionStory, symbol: str) -> Figure | None:
    """Draw one symbol; None when the journal has neither a bar nor a fill of it."""
    scene = scene_of(story, symbol)
    if scene is None:
        return None
    shapes = {shape_of(fill.role, fill.side) for fill in scene.fills}
    legend = [
        (Path(f"mark {shape}", keyed(shape)), words)
        for shape, words in _LEGEND.items()
        if shape in shapes
    ]
    roles = {str(level.role) for level in scene.levels}
    legend += [(Path(f"level {role}", "M0 8H16"), role) for role in _LEVELS if role in roles]
    return Figure(
        name=f"price-{symbol}",
        title=f"{symbol} price",
        description=_described(scene),
        wide=_draw(scene, Frame(WIDE_PX, 330)),
        narrow=_draw(scene, Frame(NARROW_PX, 280)),
        legend=tuple(legend),
        note=f"{formats.count_of(scene.far, 'level')} off the scale." if scene.far else "",
        track=_track(scene, formats.places_of(story.instruments[symbol].tick_size)),
    )


def _track(scene: Scene, places: int) -> Track | None:
    """Return the bars for a reader's script; None where only fills are known."""
    bars = scene.bars
    if not bars:
        return None
    return Track(
        times=[(bar.from_ns - scene.span.from_ns) // NS_PER_MS for bar in bars],
        series=(
            Series("open", [bar.open for bar in bars], places),
            Series("high", [bar.high for bar in bars], places),
            Series("low", [bar.low for bar in bars], places),
            Series("close", [bar.close for bar in bars], places),
        ),
        low=2,
        high=1,
    )


def _described(scene: Scene) -> str:
    parts, bars = [], scene.bars
    if bars:
        lowest, highest = min(bar.low for bar in bars), max(bar.high for bar in bars)
        parts.append(
            f"from {bars[0].open:,} to {bars[-1].close:,}, lowest {lowest:,}, highest {highest:,}"
        )
    parts.append(
        f"{formats.count_of(scene.entered, 'entry fill')} and "
        f"{formats.count_of(scene.left, 'exit fill')}; all of them are in the tables"
    )
    return "; ".join(parts) + "."


def _draw(scene: Scene, frame: Frame) -> Drawing:
    times = Scale(scene.span.from_ns, scene.span.to_ns, frame.left, frame.x_end)
    prices = Scale(scene.low, scene.high, frame.y_end, frame.top)
    grid, labels = axes(frame, times, prices, time_count=frame.width // 90, value_count=5)
    plot = _candles(merge(scene.bars, frame.width // 4), times, prices, frame)
    for role in _LEVELS:
        data = "".join(
            f"M{px(times(each.from_ns))} {px(prices(each.price))}"
            f"H{px(max(times(each.to_ns), times(each.from_ns) + 1))}"
            for each in scene.levels
            if each.role == role
        )
        plot += [Path(f"level {role}", data)] if data else []
    held = "".join(
        polyline((times(fill.at_ns), prices(float(fill.price))) for fill in pair)
        for pair in scene.exits
    )
    return Drawing(
        width=frame.width,
        height=frame.height,
        paths=tuple(grid),
        labels=tuple(labels),
        plot=(*plot, *([Path("held", held)] if held else [])),
        marks=_marks(scene, times, prices),
        frame=frame,
        low=scene.low,
        high=scene.high,
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


def _marks(scene: Scene, times: Scale, prices: Scale) -> tuple[Mark, ...]:
    """Draw a shape for every fill, the smaller the more of them there are."""
    stamps = formats.Stamps.spanning(scene.span.from_ns, scene.span.to_ns)
    size = round(min(1.0, max(0.4, CROWD / max(scene.entered + scene.left, 1))), 2)
    marks = []
    for fill in scene.fills:
        way = "bought" if fill.side is Side.BUY else "sold"
        hint = (
            f"{stamps.exact(fill.at_ns)} {fill.role}: {way} {formats.digits(fill.quantity)} "
            f"at {formats.digits(fill.price)}"
        )
        shape = shape_of(fill.role, fill.side)
        x, y = times(fill.at_ns), prices(float(fill.price))
        marks.append(Mark(f"mark {shape}", x, y, outline(shape), hint, size))
    return tuple(marks)
