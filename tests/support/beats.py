"""A heartbeat of a session in position, for those who show it."""

from __future__ import annotations

from trading.session.heartbeat import Progress

BEAT = Progress(
    session_id="20261121T040000Z-BTCUSDT-pulse-3f9a",
    attempt=1,
    pid=7,
    beat=1,
    sequence=120,
    unix_ts=1_795_233_661.5,
    monotonic_ns=1,
    elapsed_s=15.0,
    remaining_s=45.0,
    wallet="10000.00",
    equity="10012.346",
    position="long 0.05 BTCUSDT at 86500.10, liquidated at 69632.6",
    last_price=86_500.1,
    feed_age_ms=140,
    fills=3,
    round_trips=1,
    entries="open",
    ram_mb=50.0,
    cpu_pct=2.0,
    loop_lag_ms=0.3,
)
