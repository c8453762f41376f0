"""The ages of the market data over a session: of each channel the greatest in every stretch.

Where a session heard several symbols, a channel is as old as its oldest. A journal whose frames
were pruned has no ages any more: the stages it went through are all that is left of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.story import SessionStory
from reports.tape.read import Tape

STRETCHES: Final = 240
"""So many are told of a session, of whatever length: four pixels each of a wide figure."""


@dataclass(frozen=True, slots=True)
class Ages:
    """``ends_ns`` are the ends of the stretches; ``oldest_s`` has an age for each, by channel."""

    ends_ns: tuple[int, ...]
    oldest_s: dict[str, tuple[float, ...]]


def ages_over(story: SessionStory, tape: Tape) -> Ages | None:
    """Return the ages over a session; None where no channel was watched, or no frame is left."""
    span = story.span
    is_known = any(heard.at_ns for fold in tape.ages.values() for heard in fold.channels.values())
    if not is_known or tape.pruned or span.length_ns < STRETCHES:
        return None
    edges = np.linspace(span.from_ns, span.to_ns, STRETCHES + 1).astype(np.int64)
    channels = next(iter(tape.ages.values())).channels
    oldest = {
        str(channel): np.max(
            [fold.channels[channel].oldest_s(edges) for fold in tape.ages.values()], axis=0
        )
        for channel in channels
    }
    return Ages(
        ends_ns=tuple(edges[1:].tolist()),
        oldest_s={name: tuple(ages.round(2).tolist()) for name, ages in oldest.items()},
    )
