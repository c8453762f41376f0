"""What a figure is made of, and how numbers become pixels.

A figure is drawn twice, for a wide page and for a phone: scaling one picture down would scale its
words down with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reports.figures.decimate import Point
from reports.figures.track import Track
from reports.formats import MINUS
from trading.model.numbers import NS_PER_DAY, NS_PER_S


@dataclass(frozen=True, slots=True)
class Path:
    """A line or an area; ``style`` is a class of the stylesheet, ``hint`` what a pointer shows."""

    style: str
    data: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape drawn around its own middle, which stands at ``x`` and ``y``.

    ``size`` below 1 shrinks it where there are many; a zoom gives it room again.
    """

    style: str
    x: float
    y: float
    data: str
    hint: str
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Label:
    """A word in the picture; ``anchor`` is SVG's text-anchor, ``style`` a class."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    style: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the plot lies inside a drawing; the same left and right in all figures of a page."""

    width: int
    height: int
    left: int = 2
    right: int = 62
    top: int = 10
    bottom: int = 22

    @property
    def x_end(self) -> int:
        """Right edge of the plot."""
        return self.width - self.right

    @property
    def y_end(self) -> int:
        """Lower edge of the plot."""
        return self.height - self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One picture in pixels, painted in order: what stands still, what a zoom stretches, marks.

    ``frame`` is where the stretched part lies; None: nothing in this picture can be zoomed.
    ``low`` and ``high`` are the values at its lower and upper edge.
    """

    width: int
    height: int
    paths: tuple[Path, ...]
    labels: tuple[Label, ...]
    plot: tuple[Path, ...] = ()
    marks: tuple[Mark, ...] = ()
    frame: Frame | None = None
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture for both widths, with its words: ``description`` tells it to who cannot see it.

    ``legend`` pairs a path of a 16 by 16 picture with what it stands for. Without a narrow picture
    the one there is goes half as wide, and serves both.
    """

    name: str
    title: str
    description: str
    wide: Drawing
    narrow: Drawing | None
    legend: tuple[tuple[Path, str], ...] = ()
    note: str = ""
    track: Track | None = None


WIDE_PX: Final = 960
NARROW_PX: Final = 380
HALF_PX: Final = 430
_HALF_LABEL_PX: Final = 18


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from values to pixels; a span without length maps to the middle."""

    low: float
    high: float
    from_px: float
    to_px: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        if self.high == self.low:
            return (self.from_px + self.to_px) / 2
        share = (value - self.low) / (self.high - self.low)
        return self.from_px + share * (self.to_px - self.from_px)

    def along(self, values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of many values."""
        if self.high == self.low:
            return np.full(values.size, self(self.low))
        shares = np.asarray((values - self.low) / (self.high - self.low), dtype=np.float64)
        return self.from_px + shares * (self.to_px - self.from_px)


def px(value: float) -> str:
    """Return a coordinate with one decimal at most.

    >>> px(12.0), px(3.14159)
    ('12', '3.1')
    """
    return f"{value:.1f}".removesuffix(".0")


def polyline(points: Iterable[Point]) -> str:
    """Return path data through all points; empty for none.

    From the first on it goes in steps of tenths, each from where the one before came out, so that
    no rounding adds up; level stretches are one step. That takes half the room of coordinates.

    >>> polyline([(2.0, 10.0), (3.5, 10.0), (5.0, 10.0), (5.25, 9.25)]), polyline([])
    ('M2 10h3l.2 -.8', '')
    """
    told: list[str] = []
    at: tuple[int, int] | None = None
    level = 0
    for x, y in points:
        to = round(10 * x), round(10 * y)
        if at is None:
            told.append(f"M{_tenths(to[0])} {_tenths(to[1])}")
            at = to
        across, down = to[0] - at[0], to[1] - at[1]
        at = to
        if not down and level * across >= 0:  # further on the same way
            level += across
            continue
        told += [f"h{_tenths(level)}"] if level else []
        level = 0 if down else across
        if down:
            told.append(f"l{_tenths(across)} {_tenths(down)}" if across else f"v{_tenths(down)}")
    return "".join(told) + (f"h{_tenths(level)}" if level else "")


def _tenths(count: int) -> str:
    """Return so many tenths as the shortest number.

    >>> _tenths(30), _tenths(5), _tenths(-12), _tenths(105)
    ('3', '.5', '-1.2', '10.5')
    """
    text = f"{count / 10:.1f}".removesuffix(".0")
    return text.replace("0.", ".", 1) if -10 < count < 10 else text  # noqa: PLR2004 - below one pixel


def area(points: Sequence[Point], base: Sequence[Point]) -> str:
    """Return path data of what lies between a line and a base line."""
    return f"{polyline([*points, *reversed(base)])}Z" if points and base else ""


def box(x: float, y: float, width: float, height: float) -> str:
    """Return path data of a rectangle."""
    return f"M{px(x)} {px(y)}h{px(width)}v{px(height)}h{px(-width)}Z"


def value_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """Return about ``count`` round values inside a span, each with its label.

    >>> value_ticks(86_480.0, 86_735.0, 4)
    [(86500.0, '86,500'), (86600.0, '86,600'), (86700.0, '86,700')]
    """
    span = high - low
    if not span > 0:
        return [(low, f"{low:,.6g}".replace("-", MINUS))]
    rough = span / count
    power = 10.0 ** floor(log10(rough))
    step = next((f * power for f in (1, 2, 5) if f * power >= rough), 10 * power)
    places = max(0, -floor(log10(step) + 1e-9))
    first = ceil(low / step - 1e-9)
    last = floor(high / step + 1e-9)
    return [(i * step, _told(i * step, places)) for i in range(first, last + 1)]


def _told(value: float, places: int) -> str:
    return f"{value + 0.0:,.{places}f}".replace("-", MINUS)


_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800)
_MINUTE_S: Final = 60
_LONG_STEPS_S: Final = (21_600, 43_200, 86_400)


def time_ticks(from_ns: int, to_ns: int, count: int) -> list[tuple[int, str]]:
    """Return at most ``count`` + 1 round UTC times inside a span; midnight shows the day."""
    steps = _STEPS_S + _LONG_STEPS_S
    least = (to_ns - from_ns) / NS_PER_S / max(count, 1)
    step_s = next((step for step in steps if step >= least), steps[-1])
    step_ns = step_s * NS_PER_S
    ticks = []
    for at_ns in range(-(-from_ns // step_ns) * step_ns, to_ns + 1, step_ns):
        moment = datetime.fromtimestamp(at_ns // NS_PER_S, UTC)
        shape = (
            "%b %d" if at_ns % NS_PER_DAY == 0 else "%H:%M" if step_s >= _MINUTE_S else "%H:%M:%S"
        )
        ticks.append((at_ns, moment.strftime(shape)))
    return ticks


def axes(
    frame: Frame, times: Scale, values: Scale, *, time_count: int, value_count: int
) -> tuple[list[Path], list[Label]]:
    """Return grid lines and labels: values on the right, UTC times below."""
    grid, labels = [], []
    for value, text in value_ticks(values.low, values.high, value_count):
        y = values(value)
        grid.append(f"M{px(frame.left)} {px(y)}H{px(frame.x_end)}")
        labels.append(Label(frame.x_end + 6, y + 4, text, style="y"))
    for label in time_labels(frame, times, time_count):
        labels.append(label)
        grid.append(f"M{px(label.x)} {px(frame.y_end)}v4")
    return [Path("grid", "".join(grid))], labels


def time_labels(frame: Frame, times: Scale, count: int) -> list[Label]:
    """Return the times below a plot; one at an edge stays inside it."""
    labels = []
    for at_ns, text in time_ticks(int(times.low), int(times.high), count):
        x = times(at_ns)
        is_first, is_last = x < frame.left + _HALF_LABEL_PX, x > frame.x_end - _HALF_LABEL_PX
        anchor = "start" if is_first else "end" if is_last else "middle"
        labels.append(Label(x, frame.height - 4, text, anchor, "x"))
    return labels
