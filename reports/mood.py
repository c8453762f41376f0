"""Pleased, worried or unmoved: the one word a tired person reads first, and why.

To be pleased takes everything: enough round trips, a gain that luck seldom gives, sums and replay
that hold, and nothing that calls for a look. Most honest sessions leave one unmoved.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reports.findings import Findings
from reports.verdict import Judgement

CHANCE_MOST: Final = 0.05
"""Random entries may do as well in at most this share of draws for a gain to please."""


class Feeling(StrEnum):
    """What a session should leave behind in whoever paid for it, if it had been money."""

    PLEASED = "pleased"
    WORRIED = "worried"
    UNMOVED = "unmoved"


@dataclass(frozen=True, slots=True)
class Mood:
    """A feeling, and the shortest reason for it."""

    feeling: Feeling
    why: str


def mood(findings: Findings, judgement: Judgement) -> Mood:
    """Choose by the first of these that holds, from the gravest on."""
    numbers, mean = findings.statistics, findings.significance.expectancy
    if not judgement.adds_up or judgement.replay_word.lower() == "different":
        return Mood(Feeling.WORRIED, "this result cannot be trusted")
    if judgement.concerns:
        return Mood(Feeling.WORRIED, _in_short(judgement.concerns))
    if not numbers.fills:
        return Mood(Feeling.UNMOVED, "nothing was traded")
    if numbers.is_few or mean is None:
        return Mood(Feeling.UNMOVED, "too few round trips to say anything")
    if mean.high < 0.0:
        return Mood(Feeling.WORRIED, "it lost more than bad luck explains")
    if mean.low <= 0.0 or _is_chance(findings):
        return Mood(Feeling.UNMOVED, "no more than luck gives")
    if judgement.replay_word.lower() != "identical":
        return Mood(Feeling.UNMOVED, "a gain, but the replay has not been verified")
    return Mood(Feeling.PLEASED, "a gain that luck seldom gives; one session proves no edge")


def _in_short(concerns: tuple[str, ...]) -> str:
    """Return the worst concern as the end of a sentence, and how many there are beside it."""
    worst = concerns[0].removesuffix(".")
    others = len(concerns) - 1
    more = f", and {others} more to look at" if others else ""
    return f"{worst[:1].lower()}{worst[1:]}{more}"


def _is_chance(findings: Findings) -> bool:
    beside = findings.baselines
    return beside is not None and beside.random.chance > CHANCE_MOST
