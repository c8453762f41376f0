"""The feed-health strip: when the market data could be trusted, on the figures' time axis.

A row a channel by its stage; below them what broke and when nothing could be opened, and when a
position was open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reports import formats
from reports.figures.canvas import (
    NARROW_PX,
    WIDE_PX,
    Drawing,
    Figure,
    Frame,
    Label,
    Mark,
    Path,
    Scale,
    box,
    px,
    time_labels,
)
from reports.figures.shapes import keyed, outline
from reports.story import SessionStory, Span, StageSpan
from trading.model.events import FeedStage
from trading.model.numbers import NS_PER_MS

_WORDS: Final = {
    "stage fresh": "fresh",
    "stage waiting": "waiting for its first message",
    "stage stale": "too old to open on",
    "stage dead": "silent",
    "stage blind": "no process listening",
    "shut": "entries shut",
    "gap": "bars missing",
    "holding": "position open",
}
_SHAPES: Final = {
    "connection lost": "down",
    "reconnecting": "down",
    "resumed": "diamond",
    "breaker": "cross",
    "liquidation": "cross",
    "strategy failed": "cross",
    "control": "square",
}
"""What of the timeline stands in the strip, by its word there."""
_KEYS: Final = {
    "down": "connection lost",
    "diamond": "process restarted",
    "cross": "halt or failure",
    "square": "a person's order",
}
_ROW_PX: Final = 13
_BAR_PX: Final = 9
_APART_PX: Final = 3
_MARK_PX: Final = 10


@dataclass(frozen=True, slots=True)
class _Bar:
    """A stretch of a row, and what a pointer shows of it; most say nothing."""

    style: str
    span: Span
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the strip: its name and what stands in it, in the order of painting."""

    name: str
    bars: tuple[_Bar, ...]


def feed_figure(story: SessionStory) -> Figure | None:
    """Draw the strip; None where no feed was watched."""
    feed = story.feed
    share = feed.fresh_share
    if share is None:
        return None
    rows = _rows(story)
    styles = {bar.style for row in rows for bar in row.bars}
    shapes = {_SHAPES[each.what] for each in story.timeline if each.what in _SHAPES}
    return Figure(
        name="feed",
        title="Market data, and when a position was open",
        description=(
            f"Every channel was fresh {formats.percent_at_least(share)} of the session; "
            f"{formats.count_of(feed.losses, 'connection')} lost, "
            f"{formats.count_of(len(feed.gaps), 'gap')} in the bars, "
            f"{formats.count_of(len(story.attempts), 'restart')}; "
            f"a position was open for {formats.duration(story.equity.held_ns)}."
        ),
        wide=_draw(story, rows, WIDE_PX),
        narrow=_draw(story, rows, NARROW_PX),
        legend=(
            *(
                (Path(style, "M0 4H16V12H0Z"), words)
                for style, words in _WORDS.items()
                if style in styles
            ),
            *(
                (Path(f"mark event {shape}", keyed(shape)), words)
                for shape, words in _KEYS.items()
                if shape in shapes
            ),
        ),
    )


def _rows(story: SessionStory) -> list[_Row]:
    several = len({channel.symbol for channel in story.feed.channels}) > 1
    blind = [
        _Bar("stage blind", each.span, _told("nobody", each))
        for each in story.feed.stages
        if each.is_blind
    ]
    rows = []
    for channel in story.feed.channels:
        # Trouble last and a pixel wide at least: no outage hides under the fresh time around it.
        stages = sorted(channel.stages, key=lambda each: each.stage is not FeedStage.FRESH)
        bars = [
            _Bar(f"stage {each.stage}", each.span, _told(channel.channel, each)) for each in stages
        ]
        gaps = story.feed.gaps if channel.channel == "candle" else ()
        bars += [_Bar("gap", gap, f"bars missing, {_between(gap)}") for gap in gaps]
        name = f"{channel.symbol[:4]} {channel.channel}" if several else channel.channel
        rows.append(_Row(name, (*bars, *blind)))
    shut = tuple(
        _Bar("shut", span, f"entries shut by {each.rule}, {_between(span)}")
        for each in story.funnel.suspensions
        for span in each.spans
    )
    if shut:
        rows.append(_Row("entries", shut))
    least_ns = story.span.length_ns // (2 * WIDE_PX)
    held = tuple(_Bar("holding", span) for span in _holdings(story, least_ns))
    if held:
        rows.append(_Row("position", held))
    return rows


def _told(who: str, each: StageSpan) -> str:
    if each.is_blind:
        return f"no process was listening, {_between(each.span)}"
    if each.stage is FeedStage.FRESH:
        return ""
    age = formats.duration(each.age_ms * NS_PER_MS)
    heard = f", last heard {age} before" if each.age_ms else ""
    return f"{who} {each.stage}, {_between(each.span)}{heard}"


def _between(span: Span) -> str:
    stamps = formats.Stamps.spanning(span.from_ns, span.to_ns)
    return f"{stamps.second(span.from_ns)} to {stamps.second(span.to_ns)}"


def _draw(story: SessionStory, rows: list[_Row], width: int) -> Drawing:
    above = 14 if any(each.what in _SHAPES for each in story.timeline) else 4
    frame = Frame(width, above + _ROW_PX * len(rows) + 24, top=above)
    span = story.span
    times = Scale(span.from_ns, span.to_ns, frame.left, frame.x_end)
    plot: list[Path] = []
    labels = time_labels(frame, times, width // 90)
    for number, row in enumerate(rows):
        y = frame.top + number * _ROW_PX
        plot += _strip(row.bars, times, y)
        labels.append(Label(frame.x_end + 6, y + _BAR_PX, row.name))
    return Drawing(
        width=frame.width,
        height=frame.height,
        paths=(Path("grid", f"M{px(frame.left)} {px(frame.y_end)}H{px(frame.x_end)}"),),
        labels=tuple(labels),
        plot=tuple(plot),
        marks=_broken(story, times),
        frame=frame,
    )


def _broken(story: SessionStory, times: Scale) -> tuple[Mark, ...]:
    """Return a shape for everything that broke, but where it would lie under one of its kind.

    One that would hide another of a different shape stands beside it.
    """
    marks: dict[tuple[str, int], Mark] = {}
    for each in story.timeline:
        shape = _SHAPES.get(each.what)
        if shape is None:
            continue
        x = times(each.at_ns)
        hint = f"{formats.utc(each.at_ns)[11:19]} {each.what}: {each.words}"
        place = (shape, round(x / _APART_PX))
        if place in marks:
            continue
        style = f"mark event {shape}"
        near = (each for each in marks.values() if abs(each.x - x) < _MARK_PX)
        if any(each.style != style for each in near):
            x += _MARK_PX if x + _MARK_PX <= times.to_px else -_MARK_PX
        marks[place] = Mark(style, x, 6, outline(shape, 4.5), hint)
    return tuple(marks.values())


def _strip(bars: Iterable[_Bar], times: Scale, y: float) -> list[Path]:
    """Return a path for every stretch with words, and one for all others of a style."""
    paths: dict[str, list[str]] = {}
    told = []
    for bar in bars:
        x = times(bar.span.from_ns)
        data = box(x, y, max(times(bar.span.to_ns) - x, 1.0), _BAR_PX)
        if bar.hint:
            told.append(Path(bar.style, data, bar.hint))
        else:
            paths.setdefault(bar.style, []).append(data)
    return [*(Path(style, "".join(data)) for style, data in paths.items()), *told]


def _holdings(story: SessionStory, least_ns: int) -> list[Span]:
    """Return every stretch in which anything was held; a break shorter than that is none."""
    from_ns, to_ns = story.span.from_ns, story.span.to_ns
    held = {each.key for each in story.opening.setup.head.positions if each.quantity}
    stretches = [[from_ns, to_ns]] if held else []
    for change in story.positions:
        was_held = bool(held)
        if change.quantity:
            held.add((change.symbol, change.position_side))
        else:
            held.discard((change.symbol, change.position_side))
        if bool(held) == was_held:
            continue
        if was_held:
            stretches[-1][1] = change.at_ns
        elif stretches and change.at_ns - stretches[-1][1] < least_ns:
            stretches[-1][1] = to_ns
        else:
            stretches.append([change.at_ns, to_ns])
    return [Span(from_ns=begun, to_ns=ended) for begun, ended in stretches]
