"""The sign of progress: one small file, replaced every second, that says how far things are."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from trading.account.position import Position
from trading.engine import Engine
from trading.io.clock import monotonic_ns, wall_ns
from trading.io.process import ProcessFacts
from trading.model.numbers import NS_PER_MS, NS_PER_S, ZERO, exact, price_down, price_up


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How a running session stands; ``sequence`` is the journal's newest record.

    ``equity`` is None while a mark is unknown; ``entries`` is ``open`` or why they are not.
    Times in seconds are session time, but ``unix_ts`` and ``loop_lag_ms`` are real.
    """

    session_id: str
    attempt: int
    pid: int
    beat: int
    sequence: int
    unix_ts: float
    monotonic_ns: int
    elapsed_s: float
    remaining_s: float
    wallet: str
    equity: str | None
    position: str
    last_price: float | None
    feed_age_ms: int | None
    fills: int
    round_trips: int
    entries: str
    ram_mb: float
    cpu_pct: float
    loop_lag_ms: float
    descriptors: int = 0
    unread: str = ""
    """What the supervisor should know and cannot find out; empty where there is nothing."""


def read_progress(path: Path) -> Progress | None:
    """Return the newest beat; None when there is none yet or it is unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Progress)
    except (OSError, ValueError, RecursionError):
        return None


def progress_of(
    engine: Engine,
    facts: ProcessFacts,
    *,
    attempt: int,
    beat: int,
    sequence: int,
    now_ns: int,
    loop_lag_ms: float,
) -> Progress:
    """Look at a running engine; changes nothing."""
    setup = engine.setup
    market = next(iter(engine.markets.values()))
    held = [
        _told(engine, each)
        for each in engine.account.positions_of(market.symbol)
        if not each.is_flat
    ]
    marks = {symbol: each.mark for symbol, each in engine.markets.items()}
    unrealised = engine.account.unrealised(marks)
    ages = [market.health.age_ns(channel, now_ns) for channel in market.health.last_ns]
    return Progress(
        session_id=setup.session_id,
        attempt=attempt,
        pid=os.getpid(),
        beat=beat,
        sequence=sequence,
        unix_ts=wall_ns() / NS_PER_S,
        monotonic_ns=monotonic_ns(),
        elapsed_s=(now_ns - setup.opened_ns) / NS_PER_S,
        remaining_s=max(0.0, (setup.deadline_ns - now_ns) / NS_PER_S),
        wallet=str(engine.account.wallet),
        equity=None if unrealised is None else str(engine.account.wallet + unrealised),
        position="; ".join(held) or "flat",
        last_price=market.last_price,
        feed_age_ms=max(ages) // NS_PER_MS if ages else None,
        fills=engine.fills,
        round_trips=engine.account.round_trips,
        entries="; ".join(engine.entry_blocks(market.symbol)) or "open",
        ram_mb=facts.rss_mb(),
        cpu_pct=facts.cpu_pct(),
        loop_lag_ms=loop_lag_ms,
        descriptors=facts.descriptors(),
    )


def _told(engine: Engine, position: Position) -> str:
    side = "long" if position.quantity > ZERO else "short"
    entry = position.average_entry.quantize(exact(0.01))
    told = f"{side} {position.held} {position.symbol} at {entry}"
    price = engine.liquidation_price(position)
    if price is None:
        return told
    tick = engine.markets[position.symbol].instrument.tick_size
    first = price_up if position.quantity > ZERO else price_down
    return f"{told}, liquidated at {first(price, tick)}"
