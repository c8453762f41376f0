"""Reading a journal's first record, also one that an earlier version of this project wrote.

A limit the journal does not name was no limit yet when the session ran: it is read as none. With
today's default an old session would run again under rules it never knew, or be refused as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from trading.journal.record import Opening

_NONE_YET: Final[Mapping[str, float]] = MappingProxyType(
    {
        "daily_loss_pct": 0.0,
        "drawdown_pct": 0.0,
        "losses_in_a_row_max": 0,
        "errors_per_hour_max": 0,
        "failures_in_a_row_max": 0,
        "orders_per_min_max": 0,
        "no_entry_last_s": 0.0,
        "settlement_blackout_s": 0.0,
        "funding_no_entry_pct": 0.0,
        "funding_half_size_pct": 0.0,
        "reward_to_cost_min": 0.0,
    }
)
"""Limits of ``risk`` that came after the first journals, each with the value that means none."""


def read_opening(data: bytes) -> Opening:
    """Return the opening a journal begins with.

    Raises:
        msgspec.DecodeError: when it is not one.
    """
    told = msgspec.json.decode(data)
    match told:  # what is no opening at all is said below, with the place
        case {"setup": {"config": {"risk": dict() as risk}}}:
            for name, none in _NONE_YET.items():
                risk.setdefault(name, none)
    return msgspec.convert(told, Opening)
