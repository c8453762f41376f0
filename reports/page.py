"""A report as one HTML page: everything decided here or before, the templates only place it.

The page stands alone: no request, and no script but our own, which a content policy names by its
hash; so a hostile name in the journal is text and nothing else. The templates escape every value.
Everything can be read without the script.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports import formats, listings, tables, weighed
from reports.arithmetic import Arithmetic
from reports.figures.ages import ages_figure
from reports.figures.canvas import Figure
from reports.figures.equity import equity_figure, exposure_figure, underwater_figure
from reports.figures.feed import feed_figure
from reports.figures.price import price_figure
from reports.figures.trips import excursion_figure, histogram_figure
from reports.figures.waterfall import waterfall_figure
from reports.findings import Findings
from reports.formats import Stamps
from reports.leftovers import leftovers
from reports.mood import mood
from reports.script import script, tracks
from reports.statistics import Statistics
from reports.story import SessionStory
from reports.trips import trips_table
from reports.verdict import Judgement, why_no_trades
from trading.model.events import FundingUnknown, LedgerReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One of the numbers a person looks for first. ``tone``: gain, loss, bad or nothing."""

    name: str
    value: str
    note: str
    tone: str = ""


def render_session(story: SessionStory, findings: Findings, judgement: Judgement) -> str:
    """Return the page of a session."""
    arithmetic, statistics = findings.arithmetic, findings.statistics
    span = story.span
    stamps = Stamps.spanning(span.from_ns, span.to_ns)
    figures = _over_time(story, findings)
    return (
        environment()
        .get_template("session.html.j2")
        .render(
            story=story,
            config=story.config,
            opened=formats.utc(span.from_ns),
            ended=formats.utc(span.to_ns),
            length=formats.duration(span.length_ns),
            judgement=judgement,
            mood=mood(findings, judgement),
            arithmetic=arithmetic,
            cards=_cards(story, arithmetic, statistics, judgement),
            figures=figures,
            waterfall=waterfall_figure(findings.attribution, story.quote),
            crowds=_drawn(excursion_figure(story, findings.excursions), histogram_figure(story)),
            why=why_no_trades(story),
            open_positions=leftovers(story),
            attribution=weighed.attribution_list(findings.attribution),
            statistics=listings.statistics_list(story, statistics),
            luck=weighed.luck_list(findings.significance)
            + weighed.excursion_list(findings.excursions),
            baselines=weighed.baseline_list(findings.baselines, story.quote),
            band=weighed.band_list(findings.band, story.quote),
            realism=weighed.realism_list(findings.realism, story.quote),
            funnel=listings.funnel_list(story.funnel),
            feed=listings.feed_list(story.feed),
            settings_of=listings.config_list(story),
            rules_of=listings.instrument_list(story),
            provenance=listings.provenance_list(story),
            tracks=tracks(span, figures),
            script=script(),
            trips=trips_table(story, findings, stamps),
            orders=tables.orders_table(story, stamps),
            fills=tables.fills_table(story, stamps),
            ledger=tables.ledger_table(story, stamps),
            channels=tables.channels_table(story),
            timeline=tables.timeline_table(story, stamps),
        )
    )


def render_refusal(facts: tuple[listings.Entry, ...], sentence: str, remedy: str) -> str:
    """Return the page of a session that was refused before it had a journal."""
    template = environment().get_template("refusal.html.j2")
    return template.render(facts=facts, sentence=sentence, remedy=remedy)


@cache
def environment() -> Environment:
    """Return the templates' world, built once; it holds no state of any report."""
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["full"] = formats.full
    environment.filters["full_signed"] = formats.full_signed
    return environment


def _over_time(story: SessionStory, findings: Findings) -> tuple[Figure, ...]:
    return _drawn(
        *(price_figure(story, symbol) for symbol in story.instruments),
        equity_figure(story),
        underwater_figure(story),
        exposure_figure(story),
        feed_figure(story),
        ages_figure(story, findings.ages),
    )


def _drawn(*figures: Figure | None) -> tuple[Figure, ...]:
    return tuple(figure for figure in figures if figure is not None)


def _cards(
    story: SessionStory, arithmetic: Arithmetic, numbers: Statistics, judgement: Judgement
) -> tuple[Card, ...]:
    quote, net, fall = story.quote, story.result_net, story.equity.drawdown
    fees = arithmetic.total(LedgerReason.FEE)
    funding = arithmetic.total(LedgerReason.FUNDING)
    owed = any(isinstance(each, FundingUnknown) for each in story.funding)
    rate = "n/a"
    interval = "no round trip"
    if numbers.win_rate is not None:
        rate = formats.percent(numbers.win_rate, 0)
        low, high = numbers.win_rate_low or 0.0, numbers.win_rate_high or 0.0
        interval = f"95% interval {formats.percent(low, 0)} to {formats.percent(high, 0)}"
    share = numbers.return_share
    fresh = story.feed.fresh_share
    return (
        Card(
            name="Net result",
            value="unknown" if net is None else formats.signed(net),
            note=quote if share is None else f"{quote}, {formats.percent_signed(share, 2)}",
            tone="" if not net else "gain" if net > 0 else "loss",
        ),
        Card(
            name="Round trips",
            value=f"{numbers.trips:,}",
            note="too few to say" if numbers.is_few else formats.count_of(numbers.fills, "fill"),
        ),
        Card(name="Win rate", value=rate, note=interval),
        Card(
            name="Deepest drawdown",
            value=formats.plain(fall.depth),
            note=f"{quote}, {formats.percent(fall.share, 2)}"
            + (", as far as sampled" if net is None else ""),
        ),
        Card(
            name="Fees",
            value=formats.signed(fees),
            note=quote
            if numbers.fees_bps is None
            else f"{quote}, {formats.plain(numbers.fees_bps, 1)} bps of turnover",
        ),
        Card(
            name="Funding", value=formats.signed(funding), note="some still owed" if owed else quote
        ),
        Card(
            name="Fresh data",
            value="n/a" if fresh is None else formats.percent_at_least(fresh),
            note="recorded bars" if not story.feed.is_watched else "of the session",
        ),
        Card(
            name="Replay",
            value=judgement.replay_word,
            note=f"{story.records:,} records",
            tone="bad" if judgement.replay_word.lower() == "different" else "",
        ),
    )
