"""How old the market data was: a line a channel, told apart by its dashes."""

from __future__ import annotations

from typing import Final

import numpy as np

from reports import formats
from reports.ages import Ages
from reports.figures.canvas import (
    NARROW_PX,
    WIDE_PX,
    Drawing,
    Figure,
    Frame,
    Path,
    Scale,
    axes,
    polyline,
    px,
)
from reports.figures.track import Series, Track
from reports.story import SessionStory
from trading.model.numbers import NS_PER_MS, NS_PER_S

_HIGH_PX: Final = 120
_LEAST_S: Final = 1.0


def ages_figure(story: SessionStory, found: Ages | None) -> Figure | None:
    """Draw each channel's age; None where it is not known."""
    if found is None:
        return None
    stale_s = story.config.feed.stale_s
    oldest = {name: max(ages) for name, ages in found.oldest_s.items()}
    told = ", ".join(
        f"{name} {formats.duration(round(age * NS_PER_S))}" for name, age in oldest.items()
    )
    high = 1.08 * max(*oldest.values(), _LEAST_S)
    legend = [(Path(f"age {name}", "M0 8H16"), name) for name in found.oldest_s]
    if stale_s < high:
        legend.append((Path("limit", "M0 8H16"), f"too old to open on, {stale_s:g} s"))
    span = story.span
    return Figure(
        name="ages",
        title="Age of the market data, s",
        description=f"At its oldest: {told}.",
        wide=_draw(story, found, high, Frame(WIDE_PX, _HIGH_PX)),
        narrow=_draw(story, found, high, Frame(NARROW_PX, _HIGH_PX)),
        legend=tuple(legend),
        track=Track(
            times=[(end_ns - span.from_ns) // NS_PER_MS for end_ns in found.ends_ns],
            series=tuple(Series(name, list(ages), 1, "s") for name, ages in found.oldest_s.items()),
        ),
    )


def _draw(story: SessionStory, found: Ages, high: float, frame: Frame) -> Drawing:
    times = Scale(story.span.from_ns, story.span.to_ns, frame.left, frame.x_end)
    values = Scale(0.0, high, frame.y_end, frame.top)
    grid, labels = axes(frame, times, values, time_count=frame.width // 90, value_count=2)
    xs = times.along(np.array(found.ends_ns)).tolist()
    stale_s = story.config.feed.stale_s
    limit = f"M{px(frame.left)} {px(values(stale_s))}H{px(frame.x_end)}"
    return Drawing(
        width=frame.width,
        height=frame.height,
        paths=tuple(grid),
        labels=tuple(labels),
        plot=(
            *([Path("limit", limit)] if stale_s < high else []),
            *(
                Path(f"age {name}", polyline(zip(xs, map(values, ages), strict=True)))
                for name, ages in found.oldest_s.items()
            ),
        ),
        frame=frame,
        low=0.0,
        high=high,
    )
