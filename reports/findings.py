"""Everything computed about one session, as one value: what a page or a file then shows.

Nothing in here is text, and nothing is computed twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.arithmetic import Arithmetic, add_up
from reports.attribution import Attribution, attribute
from reports.significance import Significance, weigh
from reports.statistics import Statistics, describe
from reports.story import SessionStory


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a session came to. None: it cannot be said, and its module says when."""

    arithmetic: Arithmetic
    statistics: Statistics
    significance: Significance
    attribution: Attribution | None


def find(story: SessionStory) -> Findings:
    """Return everything the story alone can tell."""
    return Findings(
        arithmetic=add_up(story),
        statistics=describe(story),
        significance=weigh(story),
        attribution=attribute(story),
    )
