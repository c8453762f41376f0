"""Data frames for strategies that want them; pandas is loaded when the first one asks."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence


def pandas_frame(columns: Mapping[str, Sequence[float]]) -> object:
    """Return a ``pandas.DataFrame`` of the columns.

    By name, because this process must not load pandas before somebody needs it.
    """
    return importlib.import_module("pandas").DataFrame(columns)
