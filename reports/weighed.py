"""Lists of what was computed beyond the journal's own numbers: luck, parts, baselines, realism."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from reports import formats
from reports.attribution import Attribution
from reports.band import Band
from reports.baselines import Baselines
from reports.excursions import Excursions
from reports.formats import NOTHING
from reports.inference.bootstrap import SAMPLE_LEAST, Interval
from reports.listings import Entry
from reports.realism import Realism
from reports.significance import Significance
from reports.tape.witness import Grade


def luck_list(found: Significance) -> tuple[Entry, ...]:
    """List what the round trips prove; too few of them is one entry, and a result."""
    n = f"n = {found.n:,}"
    if found.expectancy is None:
        least = f"n = {found.n:,}; {SAMPLE_LEAST} that differ are the least to say anything from"
        return (Entry("Skill or luck", "too few round trips to say", least),)
    needed = (
        "no number of round trips as these would show an edge"
        if found.needed is None
        else f"{found.needed:,} round trips as these would show an edge with 95% confidence"
    )
    ratio = NOTHING if found.sharpe is None else formats.plain(found.sharpe)
    return (
        Entry("Mean net, 90% interval", _between(found.expectancy), f"of a round trip, {n}"),
        Entry("Mean in R, 90% interval", _between(found.in_r), "of those planned at entry"),
        Entry("Profit factor, 90% interval", _between(found.profit_factor), n),
        Entry(
            "Luck alone gives as much",
            formats.chance(found.expectancy.chance),
            "where the true mean is 0; resampled in blocks",
        ),
        Entry("Sharpe ratio of a round trip", ratio, f"not annualised; {needed}"),
        Entry(
            "Probability that it is above 0",
            NOTHING if found.skill is None else formats.chance(found.skill),
            "the probabilistic Sharpe ratio, of this one session",
        ),
    )


def _between(found: Interval | None) -> str:
    if found is None:
        return NOTHING
    return f"{formats.plain(found.low)} to {formats.plain(found.high)}"


_PARTS: Final = {
    "gross": "at the middle of the book when each order was decided",
    "delay": "what the middle moved from the decision to the fill",
    "spread": "from the middle to the best price met; resting orders earn it",
    "impact": "from the best price met to deeper levels",
    "rounding": "of the ledger's lines to their quantum",
}


def attribution_list(found: Attribution | None) -> tuple[Entry, ...]:
    """List the parts of the result between equity at the start and at the end, every digit."""
    if found is None:
        return (Entry("Result", "unknown", "a position is open without a price"),)
    unpriced = formats.count_of(found.unpriced, "fill")
    hidden = f"; {unpriced} without a book keep their costs in here" if found.unpriced else ""
    return (
        Entry("Equity at the start", formats.full(found.start)),
        *(
            Entry(
                part.name.capitalize(),
                formats.full_signed(part.amount),
                _PARTS.get(part.name, "") + (hidden if part.name == "gross" else ""),
                1,
            )
            for part in found.parts
        ),
        Entry("Equity at the end", formats.full(found.end)),
    )


def excursion_list(found: Excursions | None) -> tuple[Entry, ...]:
    """List how far round trips went; nothing where the journal holds no prices."""
    if found is None:
        return ()
    adverse = formats.plain(found.adverse_mean_bps, 1)
    favourable = formats.plain(found.favourable_mean_bps, 1)
    ratio = found.edge_ratio
    about = "mean favourable over mean adverse excursion; about 1 where entries are chance"
    return (
        Entry(
            "Mean excursion against and for it",
            f"{adverse} / {favourable} bps",
            f"of the entry price, n = {len(found.adverse_bps):,}",
        ),
        Entry("Edge ratio", NOTHING if ratio is None else formats.plain(ratio), about),
    )


def baseline_list(found: Baselines | None, quote: str) -> tuple[Entry, ...]:
    """List what doing nothing, holding and entering at random would have made."""
    if found is None:
        return (Entry("Baselines", NOTHING, "no round trip to compare"),)
    luck = found.random
    low, high = formats.plain(luck.low), formats.plain(luck.high)
    draws = f"the middle of {luck.draws:,} draws; nine in ten made {low} to {high}"
    return (
        Entry("Its round trips", _result(found.result), f"{quote} net"),
        Entry("Doing nothing", "0.00", quote),
        Entry("Holding", _result(found.holding), f"{quote}, the mean position bought and kept"),
        Entry("Entering at random", _result(luck.middle), f"{quote}, {draws}"),
        Entry(
            "Random entries did as well",
            formats.chance(luck.chance),
            "same sides, sizes, exits and costs; the less, the less it was luck",
        ),
    )


def _result(amount: float) -> str:
    return formats.signed(Decimal(amount))


def band_list(found: Band | None, quote: str) -> tuple[Entry, ...]:
    """List what came of the same decisions under each preset; nothing where nobody asked."""
    if found is not None and found.why_not:
        return (Entry("Not run again", NOTHING, found.why_not),)
    runs = () if found is None else found.runs
    return tuple(
        Entry(
            run.preset,
            "unknown" if run.result is None else formats.signed(run.result),
            f"{quote}; {formats.count_of(run.fills, 'fill')}, "
            f"{formats.count_of(run.round_trips, 'round trip')}",
        )
        for run in runs
    )


_GRADES: Final = {
    Grade.SEEN: "borne out by a book or a print",
    Grade.IN_BAR: "inside a bar that reached the price",
    Grade.UNSEEN: "of which the tape knows nothing",
    Grade.MORE: "larger than what the market showed",
    Grade.BETTER: "better than what the market showed",
}


def realism_list(found: Realism, quote: str) -> tuple[Entry, ...]:
    """List how far the tape bears the fills out, what followed them, and what deciding cost."""
    score = NOTHING if found.score is None else formats.plain(found.score, 0)
    pruned = f"; {formats.count_of(found.pruned, 'input')} dropped" if found.pruned else ""
    entries = [
        Entry("Realism score", score, f"share of the notional that the tape bears out{pruned}"),
        *(
            Entry("fills", f"{found.grades[grade]:,}", words, 1)
            for grade, words in _GRADES.items()
            if grade in found.grades
        ),
    ]
    for each in found.markouts:
        error = "" if each.error_bps is None else f" ± {formats.plain(each.error_bps)}"
        flatters = "; too good to be true" if each.flatters else ""
        entries.append(
            Entry(
                f"{each.liquidity.capitalize()} markout after {each.horizon_s:g} s",
                f"{formats.plain(each.mean_bps)} bps",
                f"{error} (standard error), n = {each.n:,}{flatters}".lstrip(),
            )
        )
    fallen = found.shortfall
    if fallen is not None:
        entries += [
            Entry(
                "Implementation shortfall",
                f"{formats.plain(fallen.total_bps)} bps",
                f"of what {formats.count_of(fallen.orders, 'order')} decided; above zero it cost",
            ),
            Entry("delay", formats.signed(fallen.delay), f"{quote}, to the arrival", 1),
            Entry(
                "spread and impact", formats.signed(fallen.execution), f"{quote}, to the fill", 1
            ),
            Entry("opportunity", formats.signed(fallen.opportunity), f"{quote}, never filled", 1),
        ]
    return tuple(entries)
