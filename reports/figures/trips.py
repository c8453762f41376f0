"""Round trips as a crowd: how far each went against and for us, and how their results spread."""

from __future__ import annotations

from math import ceil, floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reports import formats
from reports.excursions import Excursions
from reports.figures.canvas import (
    HALF_PX,
    Drawing,
    Figure,
    Frame,
    Label,
    Mark,
    Path,
    Scale,
    box,
    px,
    value_ticks,
)
from reports.figures.decimate import distinct
from reports.figures.shapes import keyed, outline
from reports.story import SessionStory

CROWD_LEAST: Final = 3
"""Fewer round trips than this are better read in their table."""
TRIPS_LEAST: Final = 20
"""Fewer results than this have no shape worth drawing."""
_BINS: Final = 14
_CELL_PX: Final = 3
_SMALL: Final = 4.0
_MANY: Final = 500
_ROOM_BELOW: Final = 38


def excursion_figure(story: SessionStory, found: Excursions | None) -> Figure | None:
    """Draw each round trip by its worst and best moment; None for few, or without prices."""
    if found is None or len(found.adverse_bps) < CROWD_LEAST:
        return None
    adverse, favourable = np.asarray(found.adverse_bps), np.asarray(found.favourable_bps)
    against, in_favour = float(-adverse.min()), float(favourable.max())
    return Figure(
        name="excursions",
        title="How far against us, how far for us",
        description=(
            f"{formats.count_of(adverse.size, 'round trip')}; the furthest against the entry "
            f"{against:,.1f} bps, the furthest in its favour {in_favour:,.1f} bps."
        ),
        wide=_scattered(story, -adverse, favourable),
        narrow=None,
        legend=(
            (Path("mark ring won", keyed("ring")), "gained"),
            (Path("mark cross", keyed("cross")), "lost"),
        ),
        note="Each round trip by its worst and its best moment, in bps of its entry price.",
    )


def _scattered(
    story: SessionStory, against: NDArray[np.float64], in_favour: NDArray[np.float64]
) -> Drawing:
    frame = Frame(HALF_PX, 300, right=44, bottom=_ROOM_BELOW)
    across = Scale(0.0, 1.05 * float(against.max()) or 1.0, frame.left + 8, frame.x_end)
    up = Scale(0.0, 1.05 * float(in_favour.max()) or 1.0, frame.y_end, frame.top)
    grid, labels = _square(frame, across, up)
    labels += [
        Label(frame.left, frame.height - 3, "against, bps"),
        Label(HALF_PX, frame.top - 1, "for, bps", "end"),
    ]
    marks = []
    size = 1.0 if against.size < _MANY else 0.5
    has_won = (story.results > 0.0).astype(np.int64)
    against_px, for_px = across.along(against), up.along(in_favour)
    cells = [(each / _CELL_PX).astype(np.int64) for each in (against_px, for_px)]
    for place in distinct(has_won, *cells):
        trip = story.trips[place]
        hint = (
            f"#{trip.trip_id}: {against[place]:,.1f} bps against, "
            f"{in_favour[place]:,.1f} for, net {formats.signed(trip.net)}"
        )
        style, shape = ("mark ring won", "ring") if has_won[place] else ("mark cross", "cross")
        x, y = float(against_px[place]), float(for_px[place])
        marks.append(Mark(style, x, y, outline(shape, _SMALL), hint, size))
    return Drawing(
        width=HALF_PX,
        height=frame.height,
        paths=tuple(grid),
        labels=tuple(labels),
        marks=tuple(marks),
    )


def _square(frame: Frame, across: Scale, up: Scale) -> tuple[list[Path], list[Label]]:
    """Return the grid of a picture without a time axis."""
    grid, labels = [], []
    for value, text in value_ticks(up.low, up.high, 4):
        grid.append(f"M{px(frame.left)} {px(up(value))}H{px(frame.x_end)}")
        labels.append(Label(frame.x_end + 6, up(value) + 4, text))
    for value, text in value_ticks(across.low, across.high, 4):
        grid.append(f"M{px(across(value))} {px(frame.y_end)}v4")
        labels.append(Label(across(value), frame.y_end + 16, text, "middle"))
    return [Path("grid", "".join(grid))], labels


def histogram_figure(story: SessionStory) -> Figure | None:
    """Draw how results spread; None for fewer than ``TRIPS_LEAST`` of them."""
    results = story.results
    if results.size < TRIPS_LEAST:
        return None
    width, first, counts = binned(results)
    lost = int(np.count_nonzero(results < 0))
    return Figure(
        name="results",
        title=f"Net results, {story.quote}",
        description=(
            f"{formats.count_of(int(results.size), 'round trip')}, {lost:,} of them below zero; "
            f"median {formats.plain(float(np.median(results)))}, from "
            f"{formats.plain(float(results.min()))} to {formats.plain(float(results.max()))}."
        ),
        wide=_columns(width, first, counts),
        narrow=None,
        legend=(
            (Path("step loss", "M0 4H16V12H0Z"), "lost"),
            (Path("step gain", "M0 4H16V12H0Z"), "gained"),
        ),
        note=f"Round trips by result; a column is {width:,.6g} {story.quote} wide.",
    )


def binned(results: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, int, list[int]]:
    """Count results in columns of a round width, none of which holds gains and losses.

    Returns the width, the number of the first column (0 begins at 0), and the counts.
    """
    low, high = min(0.0, float(results.min())), max(0.0, float(results.max()))
    ticks = value_ticks(low, high, _BINS)
    width = ticks[1][0] - ticks[0][0] if ticks[1:] else 1.0
    first, last = floor(low / width), max(ceil(high / width), floor(low / width) + 1)
    edges = np.arange(first, last + 1) * width
    counts: list[int] = np.histogram(results, edges)[0].tolist()
    return width, first, counts


def _columns(width: float, first: int, counts: list[int]) -> Drawing:
    frame = Frame(HALF_PX, 300, right=44, bottom=_ROOM_BELOW)
    across = Scale(first * width, (first + len(counts)) * width, frame.left, frame.x_end)
    up = Scale(0, 1.05 * max(counts), frame.y_end, frame.top)
    grid, labels = _square(frame, across, up)
    labels.append(Label(HALF_PX, frame.top - 1, "trips", "end"))
    paths = [*grid]
    for number, count in enumerate(counts, first):
        if count:
            x, end = across(number * width), across((number + 1) * width)
            style = "step gain" if number >= 0 else "step loss"
            told = f"{number * width:,.6g} to {(number + 1) * width:,.6g}"
            hint = f"{formats.count_of(count, 'round trip')} of {told}"
            paths.append(Path(style, box(x + 1, up(count), end - x - 2, up(0) - up(count)), hint))
    return Drawing(width=HALF_PX, height=frame.height, paths=tuple(paths), labels=tuple(labels))
