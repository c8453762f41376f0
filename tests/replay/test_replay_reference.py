"""The reference strategies at work: they trade, each entry has its stop, each bar its cause."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from reports.fold import fold_session
from reports.fold_bars import IN_POSITION, NOTHING, SENT
from reports.story import SessionStory
from tests.support.walks import bars_csv, recorded_bars, walk
from trading.config import RiskConfig, SessionConfig
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import OrderFilled, OrderSubmitted, Output
from trading.model.numbers import ZERO
from trading.model.orders import OrderRole
from trading.replay.candle_file import CandleFile
from trading.replay.run import replay
from trading.session.paths import SessionPaths

REFERENCE = ("sma_cross", "donchian", "pullback_ribbon", "sweep_reclaim", "vwap_reversion")
BARS = 4_000
RISK = RiskConfig(risk_pct=0.05, daily_loss_pct=0, drawdown_pct=0, losses_in_a_row_max=0)


def played(folder: Path, bars: Path, strategy: str) -> tuple[list[Output], SessionStory]:
    """Replay some thousand bars; return what came out, and the report's story of it."""
    config = SessionConfig(
        source="recording", strategy=strategy, minutes=BARS, account="replay", risk=RISK
    )
    paths = SessionPaths(var_dir=folder, account="replay", session_id=strategy)
    replay(config, CandleFile(bars, config), paths)
    assert verify(paths.journal).is_identical
    with JournalReader(paths.journal) as reader:
        return list(reader.outputs()), fold_session(reader)


def hold(outputs: list[Output], story: SessionStory) -> None:
    """Hold what is true of every strategy that deserves the name."""
    sent = {each.order_id: each for each in outputs if isinstance(each, OrderSubmitted)}
    entered: dict[int, Decimal] = {}
    for each in outputs:
        if isinstance(each, OrderFilled) and each.role is OrderRole.ENTRY:
            entered[each.order_id] = entered.get(each.order_id, ZERO) + each.quantity
    stops = {each.parent_id for each in sent.values() if each.request.role is OrderRole.STOP}
    causes = {each.name: each.count for each in story.funnel.causes}

    assert len(entered) >= 5
    assert set(entered) <= stops, "no entry was filled without its stop"
    assert all(sent[order_id].request.bracket is not None for order_id in entered)
    assert story.funnel.bars == sum(causes.values()) > BARS - 10
    assert {NOTHING, IN_POSITION, SENT} <= set(causes)
    assert causes[SENT] <= story.funnel.entry_orders


@pytest.mark.parametrize("strategy", REFERENCE)
def test_it_trades_on_a_made_market(tmp_path: Path, strategy: str) -> None:
    """Bars of a walk, by which nobody could have been tuned."""
    hold(*played(tmp_path, bars_csv(tmp_path / "bars.csv", walk(3, BARS)), strategy))


@pytest.mark.parametrize("strategy", REFERENCE)
def test_it_trades_on_a_recorded_market(tmp_path: Path, strategy: str) -> None:
    """Bars of January 2024."""
    bars = bars_csv(tmp_path / "bars.csv", recorded_bars(BARS))
    hold(*played(tmp_path, bars, strategy))
