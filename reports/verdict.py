"""The first words of a report: what came of it, whether to believe it, and whether to worry.

Never flatters: a gain over a few round trips is called too few to say, and whatever went wrong is
said before the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reports import formats
from reports.band import Band
from reports.findings import Findings
from reports.realism import Realism
from reports.statistics import Statistics
from reports.story import SessionStory
from trading.model.events import FundingUnknown, Outcome
from trading.model.orders import OrderRole
from trading.model.sides import name_of

FRESH_SHARE_LEAST: Final = 0.9
"""Below this share of fresh time a report calls for a look, as the engine calls it degraded."""

_AS_PLANNED: Final = frozenset({Outcome.COMPLETED, Outcome.NO_TRADES})
_ENDINGS: Final = {
    Outcome.COMPLETED: "It ran to its end",
    Outcome.NO_TRADES: "It ran to its end without a trade",
    Outcome.DEGRADED: "It ran to its end, but not all of it can be trusted",
    Outcome.HALTED: "A risk rule stopped it",
    Outcome.KILLED: "It was killed",
    Outcome.FEED_FAILED: "It stopped because the market data failed",
    Outcome.REFUSED: "It was refused",
    Outcome.CRASHED: "It crashed or was still running",
    Outcome.ABANDONED: "It crashed and was not resumed in time",
}

_CHANCE_SMALL: Final = 0.1
_FRESH: Final = "market data was fresh"
_NOT_THE_SUM: Final = "The money does not add up: do not trust this result."
_NOT_THE_SAME: Final = "Running the journal again gave something else: do not trust this result."


_AT_THE_TOUCH: Final = (
    "Only optimistic assumptions make it a gain: no result, for it lives on fills at the touch."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What stands on top of a report.

    ``concerns`` are the reasons to look closer, worst first; sums that fail stand apart, above
    everything. ``replay`` is what whoever asked for the report knows of its proof, in their words.
    """

    sentence: str
    adds_up: bool
    concerns: tuple[str, ...]
    replay: str

    @property
    def is_calm(self) -> bool:
        """Whether nothing calls for a look."""
        return self.adds_up and not self.concerns

    @property
    def replay_word(self) -> str:
        """The replay's verdict in a word or two."""
        return replay_word(self.replay)


def judge(story: SessionStory, findings: Findings, replay: str) -> Judgement:
    """Put a session in a sentence or three.

    ``replay``: the proof's verdict; one that begins with "identical" is good news, one that
    begins with "different" is an alarm, an empty one means nobody has verified it.
    """
    told = replay.strip()
    arithmetic, statistics = findings.arithmetic, findings.statistics
    parts = [
        *([_NOT_THE_SUM] if arithmetic.broken else []),
        *([_NOT_THE_SAME] if _is_different(told) else []),
        _result(story, statistics),
        *_luck(findings, story.quote),
        *_band(findings.band, story.quote),
        _ended(story),
        _data(story),
        f"Replay: {replay_word(told)}.",
    ]
    return Judgement(
        sentence=" ".join(parts),
        adds_up=not arithmetic.broken,
        concerns=tuple(_concerns(story, findings.realism, told)),
        replay=told,
    )


def _is_different(replay: str) -> bool:
    return replay.lower().startswith("different")


def replay_word(told: str) -> str:
    """Return the verdict of a replay in a word: what stands before its first colon."""
    return told.partition(":")[0].strip() or "not verified"


def _result(story: SessionStory, statistics: Statistics) -> str:
    quote, net, share = story.quote, story.result_net, statistics.return_share
    if net is None:
        moved = formats.signed(story.ending.wallet - story.wallet_start)
        result = f"Result unknown: a position is open without a price (wallet {moved} {quote})"
    elif share is None:
        result = f"{formats.signed(net)} {quote} net"
    else:
        result = f"{formats.signed(net)} {quote} net ({formats.percent_signed(share, 2)})"
    length = formats.duration(story.span.length_ns)
    if not story.fills:
        return f"{result}: nothing was traded in {length}."
    over = formats.count_of(statistics.trips, "closed round trip")
    few = ", too few to tell skill from luck" if statistics.is_few else ""
    return f"{result} over {over} in {length}{few}."


def _luck(findings: Findings, quote: str) -> list[str]:
    """Say how far the mean can be believed, and how often random entries did as well."""
    told = []
    mean, baselines = findings.significance.expectancy, findings.baselines
    if mean is not None:
        low, high = (formats.signed(Decimal(each)) for each in (mean.low, mean.high))
        bounds = f"A round trip made {low} to {high} {quote} (90% interval)"
        chance = _chance(mean.chance)
        told.append(f"{bounds}; without any edge, luck gives as much in {chance} of cases.")
    if baselines is not None:
        chance = _chance(baselines.random.chance)
        told.append(
            f"Random entries with the same exits and costs did as well in {chance} of draws."
        )
    return told


def _band(found: Band | None, quote: str) -> list[str]:
    """Say what the same decisions make under the other assumptions."""
    known = [] if found is None else [run.result for run in found.runs if run.result is not None]
    if found is None or not known:
        return []
    if found.is_touch_only:
        return [_AT_THE_TOUCH]
    if not any(known):
        return []  # nothing was traded under any of them
    low, high = formats.signed(min(known)), formats.signed(max(known))
    return [f"Under the presets the same decisions make {low} to {high} {quote}."]


def _chance(share: float) -> str:
    return formats.percent(share, 0 if share >= _CHANCE_SMALL else 1)


def _ended(story: SessionStory) -> str:
    ending = story.ending
    if not ending.is_written:
        last = formats.utc(ending.at_ns)
        return f"No ending was written: it crashed or was still running; numbers as of {last}."
    told = [] if ending.reason == ending.outcome else [ending.reason]
    # The session counts its fresh time from when it first was fresh; one number of that is enough.
    details = [each for each in ending.detail.split("; ") if not each.startswith(_FRESH)]
    told += [each for each in details if each]
    why = f" ({'; '.join(told)})" if told else ""
    return f"{_ENDINGS[ending.outcome]}{why}."


def _data(story: SessionStory) -> str:
    share = story.feed.fresh_share
    if not story.feed.is_watched:
        return "It ran on recorded bars; no feed was watched."
    if share is None:
        return "Nothing was heard of the market."
    return f"Market data was fresh {formats.percent_at_least(share)} of the time."


def _concerns(story: SessionStory, realism: Realism, replay: str) -> list[str]:
    ending, feed = story.ending, story.feed
    concerns = []
    if _is_different(replay):
        concerns.append(_NOT_THE_SAME)
    if realism.impossible:
        fills = formats.count_of(len(realism.impossible), "fill")
        concerns.append(f"{fills} the market cannot have given: {realism.impossible[0]}.")
    concerns.extend(
        f"{each.liquidity.capitalize()} fills were followed by gains no honest fill model gives."
        for each in realism.flattering
    )
    if ending.outcome not in _AS_PLANNED:
        concerns.append(f"{_ENDINGS[ending.outcome]}.")
    taken = sorted({name_of(fill) for fill in story.fills if fill.role is OrderRole.LIQUIDATION})
    concerns += [_liquidated(story, name) for name in taken]
    for symbol, quantity in story.open_positions.items():
        if story.config.end_policy == "flatten" or not ending.is_written:
            concerns.append(f"A position is still open: {formats.digits(quantity)} {symbol}.")
    if story.attempts:
        times = formats.count_of(len(story.attempts), "time")
        concerns.append(f"The process was replaced {times}; it did not hear all of the market.")
    share = feed.fresh_share
    if share is not None and share < FRESH_SHARE_LEAST:
        concerns.append(
            f"Market data was fresh only {formats.percent_at_least(share)} of the time."
        )
    if feed.gaps:
        concerns.append(f"{formats.count_of(len(feed.gaps), 'gap')} in the bars.")
    owed = sum(1 for each in story.funding if isinstance(each, FundingUnknown))
    if owed:
        concerns.append(f"{formats.count_of(owed, 'funding settlement')} still owed.")
    if story.funnel.strategy_failures:
        failures = formats.count_of(story.funnel.strategy_failures, "time")
        concerns.append(f"The strategy failed {failures}.")
    return concerns


def _liquidated(story: SessionStory, name: str) -> str:
    """Say that a position was taken away, and at which mark price it first was."""
    mark = next(each.mark for each in story.liquidations if name_of(each) == name)
    return f"The venue liquidated the {name} position at a mark of {formats.digits(mark)}."


def why_no_trades(story: SessionStory) -> str:
    """Name the narrowest place of the funnel, in words; empty when there were fills."""
    funnel = story.funnel
    if funnel.fills:
        return ""
    if not funnel.bars:
        return "No bar closed during the session."
    if not funnel.tradable:
        seen = formats.count_of(funnel.bars, "bar")
        return f"No bar could be traded on: {seen} closed, none confirmed in time."
    asked = formats.count_of(funnel.tradable, "bar")
    if not funnel.entries_wanted:
        failed = funnel.strategy_failures
        failures = f" and failed {formats.count_of(failed, 'time')}" if failed else ""
        return f"The strategy was asked on {asked}{failures} and wanted no entry."
    if not funnel.entry_orders:
        top = funnel.refused[0] if funnel.refused else None
        rule = f", most often by the rule {top.name} ({top.detail})" if top else ""
        return f"Every entry it wanted ({funnel.entries_wanted}) was refused{rule}."
    sent = formats.count_of(funnel.entry_orders, "entry order")
    if funnel.rejected:
        return f"{sent} went out; the venue rejected with {funnel.rejected[0].name}."
    if funnel.canceled:
        return f"{sent} went out and came back unfilled: {funnel.canceled[0].name}."
    return f"{sent} went out and none was filled before the end."
