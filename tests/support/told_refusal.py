"""A session that was refused before it had a journal, with a hostile name in it."""

from __future__ import annotations

from reports.refusal import Refusal
from tests.support.told_scenarios import HOSTILE

REFUSAL = Refusal(
    session_id="20261121T050000Z-BTCUSDT-sma_cross-3f9a",
    account="second",
    symbol="BTCUSDT",
    strategy=HOSTILE,
    source="bitunix",
    refused_utc="2026-11-21T05:00:00.000Z",
    check="clock",
    found="this clock is 3.2 s ahead",
    remedy="set the clock",
    is_retryable=True,
)
