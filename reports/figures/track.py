"""What lies under a figure's time axis, for a reader's script: values to name, spans to zoom into.

A figure reads without it. A track holds what is drawn and nothing more, in at most four points a
column of a picture four times as wide: no extreme is lost, however long the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reports.figures.decimate import corners
from reports.story import Span
from trading.model.numbers import NS_PER_MS

COLUMNS: Final = 3_840


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers with a name, as many as the track has times; ``places`` are shown of each."""

    name: str
    values: list[float]
    places: int
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """``times`` are milliseconds since the session began, rising.

    ``low`` and ``high`` name the series whose least and greatest visible values the figure is
    fitted to when it is zoomed; both -1: it keeps its height.
    """

    times: list[int]
    series: tuple[Series, ...]
    low: int = -1
    high: int = -1


@dataclass(frozen=True, slots=True)
class Reduced:
    """A series over time with at most four points a column."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]

    def since_ms(self, from_ns: int) -> list[int]:
        """Return its times in milliseconds after an instant."""
        since: list[int] = ((self.times - from_ns) // NS_PER_MS).tolist()
        return since


def reduced(
    times: Sequence[int], values: Sequence[float] | NDArray[np.float64], span: Span
) -> Reduced:
    """Return a series (sorted by time, inside the span) as a page can hold it."""
    at = np.asarray(times, dtype=np.int64)
    numbers = np.asarray(values, dtype=np.float64)
    columns = (at - span.from_ns) * (COLUMNS / max(span.length_ns, 1))
    kept = corners(columns.astype(np.int64), numbers)
    return Reduced(at[kept], numbers[kept])
