"""Lists of name and value: statistics, funnel, data quality, configuration, instrument rules."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal

import msgspec

from reports import formats
from reports.formats import NOTHING
from reports.statistics import TRADES_FEW, Statistics
from reports.story import FeedStory, Funnel, SessionStory


@dataclass(frozen=True, slots=True)
class Entry:
    """A name, its value, and what should be known about it."""

    name: str
    value: str
    note: str = ""
    depth: int = 0


def statistics_list(story: SessionStory, numbers: Statistics) -> tuple[Entry, ...]:
    """List the statistics, each with its n; what has no meaning says why."""
    quote = story.quote
    n = f"n = {numbers.trips:,}"
    fall = story.equity.drawdown
    few = f"fewer than {TRADES_FEW}: too few to say" if numbers.is_few else ""
    interval = NOTHING
    if numbers.win_rate_low is not None and numbers.win_rate_high is not None:
        low, high = formats.percent(numbers.win_rate_low), formats.percent(numbers.win_rate_high)
        interval = f"95% interval {low} to {high} (Wilson), {n}"
    fallen = "equity never fell below an earlier value"
    if fall.depth:
        recovered = "recovered" if fall.recovered_ns is not None else "not recovered"
        fallen = (
            f"{formats.percent(fall.share, 2)} of the peak; {recovered}; under water "
            f"{formats.duration(fall.under_water_ns)}"
        )
    times = NOTHING if numbers.turnover_times is None else formats.plain(numbers.turnover_times)
    return (
        Entry("Round trips", f"{numbers.trips:,}", few),
        Entry("Win rate", _share(numbers.win_rate), interval),
        Entry("Expectancy", _money(numbers.expectancy), f"{quote} net a round trip, {n}"),
        Entry(
            "Expectancy in R",
            _money(numbers.expectancy_r),
            f"net over the loss planned at entry, n = {numbers.planned:,}",
        ),
        Entry(
            "Profit factor",
            "n/a" if numbers.profit_factor is None else formats.plain(numbers.profit_factor),
            f"gains {formats.plain(numbers.gains)} over losses "
            f"{formats.plain(-numbers.losses)} {quote}, {n}",
        ),
        Entry(
            "Best and worst", f"{_money(numbers.best)} / {_money(numbers.worst)}", f"{quote} net"
        ),
        Entry("Deepest drawdown", formats.plain(fall.depth), f"{quote}, {fallen}"),
        Entry("Time in the market", _share(numbers.exposure_share), "of the session"),
        Entry(
            "Turnover",
            formats.plain(numbers.turnover),
            f"{quote} over {formats.count_of(numbers.fills, 'fill')}, {times} times mean equity",
        ),
        Entry(
            "Fees", formats.plain(numbers.fees), f"{quote}, {_bps(numbers.fees_bps)} of turnover"
        ),
        Entry(
            "Spread and depth",
            formats.plain(numbers.slippage),
            f"{quote} worse than the middle of the book, {_bps(numbers.slippage_bps)}; inside the "
            f"prices already, n = {formats.count_of(numbers.compared, 'fill')}",
        ),
    )


def _share(share: float | None) -> str:
    return "n/a" if share is None else formats.percent(share)


def _money(amount: Decimal | None) -> str:
    return "n/a" if amount is None else formats.signed(amount)


def _bps(amount: Decimal | None) -> str:
    return "n/a" if amount is None else f"{formats.plain(amount, 1)} bps"


def funnel_list(funnel: Funnel) -> tuple[Entry, ...]:
    """List the way from bars to fills; what was lost on it stands indented."""
    return (
        Entry(
            "Bars closed in the session",
            f"{funnel.bars:,}",
            f"after {formats.count_of(funnel.bars_before, 'bar')} of warm-up",
        ),
        *(Entry(each.name, f"{each.count:,}", "of the bars", 1) for each in funnel.causes),
        Entry("Bars the strategy could act on", f"{funnel.tradable:,}"),
        *(
            [Entry("turns lost to its own failures", f"{funnel.strategy_failures:,}", "", 1)]
            if funnel.strategy_failures
            else []
        ),
        Entry("Entries it wanted", f"{funnel.entries_wanted:,}"),
        *(
            Entry(f"refused by {each.name}", f"{each.count:,}", f"last: {each.detail}", 1)
            for each in funnel.refused
        ),
        Entry("Entry orders sent", f"{funnel.entry_orders:,}"),
        *(Entry("rejected", f"{each.count:,}", each.name, 1) for each in funnel.rejected),
        *(Entry("cancelled", f"{each.count:,}", each.name, 1) for each in funnel.canceled),
        Entry("Entries filled", f"{funnel.filled_entries:,}", "in whole or in part"),
        Entry(
            "Fills in all",
            f"{funnel.fills:,}",
            f"with {formats.count_of(funnel.closing_orders, 'closing order')} and "
            f"{formats.count_of(funnel.protective_orders, 'stop or target', 'stops and targets')}",
        ),
        *(
            Entry(
                f"Entries shut: {each.rule}",
                formats.duration(each.total_ns),
                f"{formats.count_of(each.count, 'time')}; last: {each.detail}",
            )
            for each in funnel.suspensions
        ),
    )


def feed_list(feed: FeedStory) -> tuple[Entry, ...]:
    """List what the market data went through."""
    missing = sum(gap.length_ns for gap in feed.gaps)
    return (
        Entry(
            "Every channel fresh",
            "n/a" if feed.fresh_share is None else formats.percent_at_least(feed.fresh_share),
            f"{formats.duration(feed.fresh_ns)} of {formats.duration(feed.watched_ns)}"
            if feed.is_watched
            else "recorded bars: no feed was watched",
        ),
        Entry("Connections made", f"{feed.connections:,}", f"{feed.losses:,} lost"),
        Entry("Given up as silent", f"{feed.reconnects_asked:,}"),
        Entry(
            "Gaps in the bars", f"{len(feed.gaps):,}", formats.duration(missing) if missing else ""
        ),
        Entry("Frames overtaken", f"{feed.overtaken:,}", "replaced by newer ones before use"),
        Entry("Messages ignored", f"{sum(each.count for each in feed.ignored):,}"),
        *(Entry(each.name, f"{each.count:,}", "", 1) for each in feed.ignored),
    )


def config_list(story: SessionStory) -> tuple[Entry, ...]:
    """List every setting in effect, by its full name."""
    return tuple(Entry(name, value) for name, value in _flat(msgspec.to_builtins(story.config), ""))


def instrument_list(story: SessionStory) -> tuple[Entry, ...]:
    """List the venue's rules for what was traded."""
    listed = []
    for instrument in story.instruments.values():
        rules = asdict(instrument)
        rules["tiers"] = formats.count_of(len(instrument.tiers), "margin tier")
        listed += [Entry(f"{name}", _told(value)) for name, value in rules.items()]
    return tuple(listed)


def provenance_list(story: SessionStory) -> tuple[Entry, ...]:
    """List what is needed to run the session again, and what it follows on."""
    opening = story.opening
    before = opening.predecessor
    return (
        Entry("Session", story.session_id),
        Entry("Account", story.config.account),
        Entry("Venue", opening.venue),
        Entry("Seed", str(story.config.seed)),
        Entry("Configuration", opening.config_digest, "SHA-256"),
        Entry("Source", opening.source_digest, "SHA-256 over the code that wrote the journal"),
        Entry("Journal", story.digest, f"digest after {formats.count_of(story.records, 'record')}"),
        Entry("Follows", before.session_id if before else "nothing: the account's first session"),
        *(Entry(name, version) for name, version in sorted(opening.versions.items())),
        *(Entry(f"endpoint {name}", told) for name, told in sorted(opening.endpoint.items())),
    )


def _flat(value: object, name: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(name, _told(value))]
    if not value:
        return [(name, "none")]
    flat = []
    for key, inner in value.items():
        flat += _flat(inner, f"{name}.{key}" if name else str(key))
    return flat


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.12g}"
    if isinstance(value, Decimal):
        return formats.digits(value)
    return str(value)
