"""Equity at the mark price over time, with what it lay below its own peak shaded."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate

from reports import formats
from reports.figures.canvas import (
    NARROW_PX,
    WIDE_PX,
    Drawing,
    Figure,
    Frame,
    Path,
    Point,
    Scale,
    area,
    axes,
    polyline,
    px,
)
from reports.figures.decimate import thin
from reports.story import SessionStory


def equity_figure(story: SessionStory) -> Figure | None:
    """Draw equity; None when it was never sampled."""
    equity = story.equity
    if not equity.times[1:]:
        return None
    fall = equity.drawdown
    end = Decimal(repr(equity.values[-1]))
    described = (
        f"From {formats.plain(equity.start)} to {formats.plain(end)} {story.quote}; "
        f"deepest fall {formats.plain(fall.depth)} ({formats.percent(fall.share, 2)})."
    )
    return Figure(
        name="equity",
        title=f"Equity at the mark price, {story.quote}",
        description=described,
        wide=_draw(story, Frame(WIDE_PX, 220)),
        narrow=_draw(story, Frame(NARROW_PX, 200)),
        legend=(
            (Path("equity", "M0 12L6 5L10 9L16 3"), "equity"),
            (Path("fall", "M0 3H16V13H0Z"), "below its peak"),
            (Path("start", "M0 8H16"), "start"),
        ),
    )


def _draw(story: SessionStory, frame: Frame) -> Drawing:
    equity, span = story.equity, story.span
    start = float(equity.start)
    peaks = list(accumulate(equity.values, max, initial=start))[1:]
    low, high = min(start, *equity.values), max(start, *equity.values)
    margin = 0.08 * (high - low) or max(abs(high) * 0.0005, 0.01)
    times = Scale(span.from_ns, span.to_ns, frame.left, frame.x_end)
    values = Scale(low - margin, high + margin, frame.y_end, frame.top)
    xs = [times(at_ns) for at_ns in equity.times]
    line = thin((x, values(value)) for x, value in zip(xs, equity.values, strict=True))
    crest = thin((x, values(peak)) for x, peak in zip(xs, peaks, strict=True))
    paths, labels = axes(frame, times, values, time_count=frame.width // 90, value_count=4)
    paths += [
        Path("fall", area(line, _stepped(crest))),
        Path("start", f"M{px(frame.left)} {px(values(start))}H{px(frame.x_end)}"),
        Path("equity", polyline(line)),
    ]
    last_x, last_y = line[-1]
    paths.append(Path("dot", f"M{px(last_x - 3)} {px(last_y)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z"))
    return Drawing(
        width=frame.width,
        height=frame.height,
        paths=tuple(paths),
        labels=tuple(labels),
    )


def _stepped(crest: list[Point]) -> list[Point]:
    """Leave out the points of a peak line that lie on a straight between their neighbours."""
    if not crest:
        return crest
    kept = [crest[0]]
    kept += [
        here
        for before, here, after in zip(crest, crest[1:], crest[2:], strict=False)
        if not before[1] == here[1] == after[1]
    ]
    return [*kept, *crest[-1:]]
