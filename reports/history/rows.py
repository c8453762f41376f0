"""A session's row in the history, from its summary or its refusal."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from reports.history.schema import SESSION
from reports.refusal import Refusal
from reports.summary import SessionSummary
from trading.model.numbers import ZERO

Cell = str | int | float | bool | Decimal | datetime | None

_NAMES: Final = tuple(column.name for column in SESSION.columns)


def of_summary(summary: SessionSummary, folder: str) -> list[Cell]:
    """Return the row of a session that left a journal, in the order of the columns."""
    trades, data, parts = summary.trades, summary.data, summary.attribution
    baselines = summary.baselines
    return _ordered(
        session_id=summary.session_id,
        kind=summary.kind,
        account=summary.account,
        source=summary.source,
        symbol=summary.symbol,
        strategy=summary.strategy,
        config_digest=summary.config_digest,
        seed=summary.seed,
        opened=_time(summary.opened_utc),
        ended=_time(summary.ended_utc),
        outcome=summary.outcome,
        reason=summary.reason,
        resumed=summary.resumed,
        equity_start=summary.equity_start,
        equity_end=summary.equity_end,
        result_net=summary.result_net,
        return_pct=_double(summary.return_pct),
        drawdown=summary.drawdown,
        drawdown_pct=_double(summary.drawdown_pct),
        fills=trades.fills,
        round_trips=trades.round_trips,
        wins=trades.wins,
        turnover=trades.turnover,
        gross=_part(parts, "gross"),
        delay=_part(parts, "delay"),
        spread=_part(parts, "spread"),
        impact=_part(parts, "impact"),
        fees=_part(parts, "maker fees", "taker fees"),
        funding=_part(parts, "funding"),
        holding=None if baselines is None else float(baselines.holding),
        luck=None if baselines is None else float(baselines.random.chance),
        realism=_double(summary.realism.score),
        exposure_pct=_double(trades.exposure_pct),
        fresh_pct=_double(data.fresh_pct),
        gaps=data.gaps,
        connections_lost=data.connections_lost,
        adds_up=summary.adds_up,
        concerns="\n".join(summary.concerns),
        replay=summary.replay,
        journal_digest=summary.journal_digest,
        folder=folder,
    )


def of_refusal(refusal: Refusal, folder: str) -> list[Cell]:
    """Return the row of a session that was refused before it had a journal."""
    return _ordered(
        session_id=refusal.session_id,
        kind=refusal.kind,
        account=refusal.account,
        source=refusal.source,
        symbol=refusal.symbol,
        strategy=refusal.strategy,
        opened=_time(refusal.refused_utc),
        ended=_time(refusal.refused_utc),
        outcome=refusal.outcome,
        reason=refusal.check,
        concerns=refusal.found,
        folder=folder,
    )


def _ordered(**cells: Cell) -> list[Cell]:
    """Return the cells as the columns stand; a column not named is NULL."""
    return [cells.get(name) for name in _NAMES]


def _part(parts: dict[str, Decimal] | None, *names: str) -> Decimal | None:
    return None if parts is None else sum((parts.get(name, ZERO) for name in names), ZERO)


def _double(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def _time(iso: str) -> datetime:
    """Return a time of a summary, UTC, without its zone."""
    return datetime.fromisoformat(iso).replace(tzinfo=None)
