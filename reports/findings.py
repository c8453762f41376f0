"""Everything computed about one session, as one value: what a page or a file then shows.

Nothing in here is text, and nothing is computed twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.ages import Ages, ages_over
from reports.arithmetic import Arithmetic, add_up
from reports.attribution import Attribution, attribute
from reports.band import Band
from reports.baselines import Baselines, compare
from reports.entries import Entries, entries
from reports.excursions import Excursions, excursions
from reports.realism import Realism, examine
from reports.significance import Significance, weigh
from reports.statistics import Statistics, describe
from reports.story import SessionStory
from reports.tape.read import Tape


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a session came to. None: it cannot be said, and its module says when."""

    arithmetic: Arithmetic
    statistics: Statistics
    significance: Significance
    attribution: Attribution | None
    ages: Ages | None
    """How old each channel was over the session; None where none was watched or kept."""
    entries: Entries
    excursions: Excursions | None
    """None where nothing was traded, or the tape holds no prices."""
    baselines: Baselines | None
    realism: Realism
    band: Band | None
    """The same decisions under each preset, or why not; None: nobody asked for it."""


def find(story: SessionStory, tape: Tape, band: Band | None = None) -> Findings:
    """Return everything that can be computed of a session and the tape it ran on."""
    path = tape.path(story)
    return Findings(
        arithmetic=add_up(story),
        statistics=describe(story),
        significance=weigh(story),
        attribution=attribute(story),
        ages=ages_over(story, tape),
        entries=entries(story),
        excursions=excursions(story, path),
        baselines=compare(story, path),
        realism=examine(story, tape),
        band=band,
    )
