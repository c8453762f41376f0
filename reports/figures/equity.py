"""What the account was worth: equity at the mark price, how far below its peak, what was at stake.

Three figures on one time axis; the last two only where there is something to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
    area,
    axes,
    polyline,
    px,
)
from reports.figures.decimate import Point, corners
from reports.figures.track import Reduced, Series, Track, reduced
from reports.story import SessionStory, Span

_LOW_PX: Final = 104
_DOT: Final = "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z"


def equity_figure(story: SessionStory) -> Figure | None:
    """Draw equity with its falls shaded; None when it was never sampled twice."""
    equity = story.equity
    if not equity.times[1:]:
        return None
    fall = equity.drawdown
    end = Decimal(repr(equity.values[-1]))
    described = (
        f"From {formats.plain(equity.start)} to {formats.plain(end)} {story.quote}; "
        f"deepest fall {formats.plain(fall.depth)} ({formats.percent(fall.share, 2)})."
    )
    line = reduced(equity.times, equity.values, story.span)
    # Every column keeps its highest, and so the peaks of what is kept are those of the whole.
    crest = Reduced(line.times, _peaks(line.values, equity.start))
    return Figure(
        name="equity",
        title=f"Equity at the mark price, {story.quote}",
        description=described,
        wide=_worth(story, line, crest, Frame(WIDE_PX, 220)),
        narrow=_worth(story, line, crest, Frame(NARROW_PX, 200)),
        legend=(
            (Path("equity", "M0 12L6 5L10 9L16 3"), "equity"),
            (Path("fall", "M0 3H16V13H0Z"), "below its peak"),
            (Path("start", "M0 8H16"), "start"),
        ),
        track=Track(
            times=line.since_ms(story.span.from_ns),
            series=(Series("equity", line.values.round(4).tolist(), 2, story.quote),),
            low=0,
            high=0,
        ),
    )


def underwater_figure(story: SessionStory) -> Figure | None:
    """Draw how far equity lay below its highest so far; None when it never fell."""
    equity = story.equity
    if not equity.drawdown.depth:
        return None
    values = np.asarray(equity.values)
    shares = 100 * (values / np.maximum(_peaks(values, equity.start), 1e-9) - 1)
    deepest = formats.percent(equity.drawdown.share, 2)
    shape = _Shape(
        name="underwater",
        title="Below the highest equity so far, %",
        description=(
            f"At worst {deepest}; under water "
            f"{formats.duration(equity.drawdown.under_water_ns)} of the session."
        ),
        styles=("fall", "below"),
        unit="%",
        is_stepped=False,
    )
    return _over_zero(story, shape, reduced(equity.times, shares, story.span))


def exposure_figure(story: SessionStory) -> Figure | None:
    """Draw the worth of what was held; None when nothing ever was."""
    equity = story.equity
    most = float(np.max(equity.exposures, initial=0.0))
    if not most:
        return None
    times = most / max(float(equity.start), 1e-9)
    shape = _Shape(
        name="exposure",
        title=f"Exposure, {story.quote}",
        description=(
            f"At most {most:,.2f} {story.quote}, {times:,.2f} times the equity at the start; "
            f"a position was open for {formats.duration(equity.held_ns)}."
        ),
        styles=("stake", "staked"),
        unit=story.quote,
        is_stepped=True,
    )
    return _over_zero(story, shape, reduced(equity.times, equity.exposures, story.span))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """An area between zero and a line; ``styles`` are the area's and the line's.

    ``is_stepped``: a value holds until the next one.
    """

    name: str
    title: str
    description: str
    styles: tuple[str, str]
    unit: str
    is_stepped: bool


def _peaks(values: NDArray[np.float64], start: Decimal) -> NDArray[np.float64]:
    return np.maximum(np.maximum.accumulate(values), float(start))


def _over_zero(story: SessionStory, shape: _Shape, line: Reduced) -> Figure:
    return Figure(
        name=shape.name,
        title=shape.title,
        description=shape.description,
        wide=_filled(story.span, shape, line, Frame(WIDE_PX, _LOW_PX)),
        narrow=_filled(story.span, shape, line, Frame(NARROW_PX, _LOW_PX)),
        track=Track(
            times=line.since_ms(story.span.from_ns),
            series=(Series(shape.name, line.values.round(4).tolist(), 2, shape.unit),),
        ),
    )


def _filled(span: Span, shape: _Shape, line: Reduced, frame: Frame) -> Drawing:
    low, high = min(0.0, float(line.values.min())), max(0.0, float(line.values.max()))
    low, high = (low * 1.1, high * 1.1) if high > low else (-1.0, 1.0)
    times = Scale(span.from_ns, span.to_ns, frame.left, frame.x_end)
    values = Scale(low, high, frame.y_end, frame.top)
    drawn = _points(line, times, values)
    if shape.is_stepped:
        drawn = _held(drawn)
    grid, labels = axes(frame, times, values, time_count=frame.width // 90, value_count=2)
    zero = values(0.0)
    inside = area(drawn, [(drawn[0][0], zero), (drawn[-1][0], zero)])
    return Drawing(
        width=frame.width,
        height=frame.height,
        paths=tuple(grid),
        labels=tuple(labels),
        plot=(Path(shape.styles[0], inside), Path(shape.styles[1], polyline(drawn))),
        frame=frame,
        low=low,
        high=high,
    )


def _worth(story: SessionStory, line: Reduced, crest: Reduced, frame: Frame) -> Drawing:
    span, start = story.span, float(story.equity.start)
    low = min(start, float(line.values.min()))
    high = max(start, float(line.values.max()))
    margin = 0.08 * (high - low) or max(abs(high) * 0.0005, 0.01)
    low, high = low - margin, high + margin
    times = Scale(span.from_ns, span.to_ns, frame.left, frame.x_end)
    values = Scale(low, high, frame.y_end, frame.top)
    drawn = _points(line, times, values)
    grid, labels = axes(frame, times, values, time_count=frame.width // 90, value_count=4)
    last_x, last_y = drawn[-1]
    return Drawing(
        width=frame.width,
        height=frame.height,
        paths=tuple(grid),
        labels=tuple(labels),
        plot=(
            Path("fall", area(drawn, _stepped(_points(crest, times, values)))),
            Path("start", f"M{px(frame.left)} {px(values(start))}H{px(frame.x_end)}"),
            Path("equity", polyline(drawn)),
        ),
        marks=(Mark("dot", last_x, last_y, _DOT, f"at the end {story.equity.values[-1]:,.2f}"),),
        frame=frame,
        low=low,
        high=high,
    )


def _points(line: Reduced, times: Scale, values: Scale) -> list[Point]:
    """Return a line in pixels, as many of its points as can be told apart in them."""
    xs, ys = times.along(line.times), values.along(line.values)
    kept = corners(xs.astype(np.int64), ys)
    return list(zip(xs[kept].tolist(), ys[kept].tolist(), strict=True))


def _held(points: list[Point]) -> list[Point]:
    """Draw every value as far as the next one's time, then leap."""
    stairs = points[:1]
    for (_, before), (x, y) in pairwise(points):
        stairs += [(x, before), (x, y)] if y != before else []
    return [*stairs, points[-1]]


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
