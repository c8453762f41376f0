"""Puts what was found into the schema of ``summary.json``; rounds nothing that is money."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from reports import excursions, formats
from reports.attribution import Attribution
from reports.band import Band
from reports.baselines import Baselines
from reports.findings import Findings
from reports.inference.bootstrap import Interval
from reports.realism import Realism
from reports.significance import Significance
from reports.statistics import Statistics
from reports.story import FeedStory, Funnel, SessionStory
from reports.summary import (
    Borne,
    Bounds,
    Compared,
    DataQuality,
    Excursions,
    FellShort,
    Funnelled,
    Luck,
    MarkedOut,
    Preset,
    RandomDraws,
    SessionSummary,
    Trades,
)
from reports.verdict import Judgement

_PCT: Final = Decimal("0.000001")


def summarise(story: SessionStory, findings: Findings, judgement: Judgement) -> SessionSummary:
    """Return the summary of a session."""
    arithmetic, numbers = findings.arithmetic, findings.statistics
    config, ending, opening = story.config, story.ending, story.opening
    span, fall, net = story.span, story.equity.drawdown, story.result_net
    return SessionSummary(
        session_id=story.session_id,
        account=config.account,
        source=config.source,
        venue=opening.venue,
        symbol=config.symbol,
        strategy=config.strategy,
        seed=config.seed,
        speed=config.speed,
        opened_utc=formats.iso(span.from_ns),
        ended_utc=formats.iso(span.to_ns),
        duration_s=Decimal(span.length_ns).scaleb(-9),
        outcome=str(ending.outcome),
        reason=ending.reason,
        detail=ending.detail,
        is_ended=ending.is_written,
        resumed=len(story.attempts),
        quote=story.quote,
        wallet_start=story.wallet_start,
        wallet_end=ending.wallet,
        equity_start=story.equity.start,
        equity_end=None if net is None else story.equity.start + net,
        result_net=net,
        return_pct=_pct(numbers.return_share),
        moved={str(part.reason): part.amount for part in arithmetic.parts},
        adds_up=not arithmetic.broken,
        broken=tuple(
            f"{check.claim}: expected {check.expected}, was {check.found}"
            for check in arithmetic.broken
        ),
        open_positions=story.open_positions,
        drawdown=fall.depth,
        drawdown_pct=(fall.share * 100).quantize(_PCT),
        trades=_trades(numbers),
        luck=_luck(findings.significance),
        attribution=_attribution(findings.attribution),
        excursions=_excursions(findings.excursions),
        baselines=_baselines(findings.baselines),
        realism=_realism(findings.realism),
        presets=_presets(findings.band),
        funnel=_funnelled(story.funnel),
        data=_data_quality(story.feed),
        concerns=judgement.concerns,
        verdict=f"PAPER. {judgement.sentence}",
        replay=judgement.replay,
        config_digest=opening.config_digest,
        source_digest=opening.source_digest,
        journal_digest=story.digest,
        records=story.records,
    )


def _trades(numbers: Statistics) -> Trades:
    return Trades(
        fills=numbers.fills,
        round_trips=numbers.trips,
        is_few=numbers.is_few,
        wins=numbers.wins,
        win_rate=_rounded(numbers.win_rate),
        win_rate_low=_rounded(numbers.win_rate_low),
        win_rate_high=_rounded(numbers.win_rate_high),
        profit_factor=_rounded(numbers.profit_factor),
        expectancy=_rounded(numbers.expectancy),
        expectancy_r=_rounded(numbers.expectancy_r),
        exposure_pct=_pct(numbers.exposure_share),
        turnover=numbers.turnover,
        slippage=numbers.slippage.quantize(_PCT),
    )


def _luck(found: Significance) -> Luck:
    return Luck(
        expectancy=_bounds(found.expectancy),
        expectancy_r=_bounds(found.in_r),
        profit_factor=_bounds(found.profit_factor),
        chance=None if found.expectancy is None else _rounded(found.expectancy.chance),
        sharpe=_rounded(found.sharpe),
        skill=_rounded(found.skill),
        round_trips_needed=found.needed,
    )


def _bounds(found: Interval | None) -> Bounds | None:
    if found is None:
        return None
    return Bounds(low=_digits(found.low), high=_digits(found.high))


def _attribution(found: Attribution | None) -> dict[str, Decimal] | None:
    return None if found is None else {part.name: part.amount for part in found.parts}


def _excursions(found: excursions.Excursions | None) -> Excursions | None:
    if found is None:
        return None
    return Excursions(
        adverse_bps=_digits(found.adverse_mean_bps),
        favourable_bps=_digits(found.favourable_mean_bps),
        edge_ratio=_rounded(found.edge_ratio),
    )


def _baselines(found: Baselines | None) -> Compared | None:
    if found is None:
        return None
    luck = found.random
    return Compared(
        holding=_digits(found.holding),
        random=RandomDraws(
            draws=luck.draws,
            low=_digits(luck.low),
            middle=_digits(luck.middle),
            high=_digits(luck.high),
            chance=_digits(luck.chance),
        ),
    )


def _realism(found: Realism) -> Borne:
    fallen = found.shortfall
    return Borne(
        score=_rounded(found.score),
        fills={str(grade): count for grade, count in found.grades.items()},
        impossible=found.impossible,
        markouts=tuple(
            MarkedOut(
                liquidity=str(each.liquidity),
                horizon_s=Decimal(repr(each.horizon_s)),
                n=each.n,
                mean_bps=_digits(each.mean_bps),
                error_bps=_rounded(each.error_bps),
            )
            for each in found.markouts
        ),
        shortfall=None
        if fallen is None
        else FellShort(
            orders=fallen.orders,
            delay=fallen.delay,
            execution=fallen.execution,
            opportunity=fallen.opportunity,
            total_bps=_digits(fallen.total_bps),
        ),
        inputs_pruned=found.pruned,
    )


def _presets(found: Band | None) -> dict[str, Preset] | None:
    if found is None or not found.runs:
        return None
    return {
        run.preset: Preset(result_net=run.result, fills=run.fills, round_trips=run.round_trips)
        for run in found.runs
    }


def _funnelled(funnel: Funnel) -> Funnelled:
    return Funnelled(
        bars=funnel.bars,
        bars_tradable=funnel.tradable,
        strategy_failures=funnel.strategy_failures,
        entries_wanted=funnel.entries_wanted,
        entries_refused={each.name: each.count for each in funnel.refused},
        entry_orders=funnel.entry_orders,
        orders_rejected=sum(each.count for each in funnel.rejected),
    )


def _data_quality(feed: FeedStory) -> DataQuality:
    return DataQuality(
        fresh_pct=_pct(feed.fresh_share),
        gaps=len(feed.gaps),
        connections_lost=feed.losses,
        messages_ignored=sum(each.count for each in feed.ignored),
        frames_overtaken=feed.overtaken,
    )


def _rounded(number: Decimal | float | None) -> Decimal | None:
    return None if number is None else _digits(number)


def _digits(number: Decimal | float) -> Decimal:
    return Decimal(number).quantize(_PCT)


def _pct(share: Decimal | float | None) -> Decimal | None:
    return None if share is None else (Decimal(share) * 100).quantize(_PCT)
