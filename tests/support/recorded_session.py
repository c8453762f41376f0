"""A small whole session on Bitunix frames made from a seed: real bytes through the real machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.support.instruments import BTCUSDT
from trading.account.head import AccountHead
from trading.config import MarginModeName, PositionModeName, RiskConfig, SessionConfig
from trading.engine import Engine, EngineSetup
from trading.journal.machine import Machine
from trading.journal.record import SCHEMA_VERSION, Opening
from trading.journal.source import source_digest
from trading.journal.store import JournalWriter
from trading.model.events import FeedConnected, TimerFired
from trading.model.numbers import NS_PER_MS, NS_PER_S
from trading.session.recorder import Recorder
from trading.venues.base import RestRequest
from trading.venues.bitunix import Bitunix
from trading.venues.registry import venue_named

OPENED_NS = 1_790_000_040 * NS_PER_S
"""A whole minute of 2026-09-21."""
NEXT_FUNDING = "2026-09-21T16:00:00Z"


def opening(
    *,
    seed: int = 1,
    minutes: float = 1.0,
    strategy: str = "pulse",
    position_mode: PositionModeName = "one_way",
    margin_mode: MarginModeName = "isolated",
) -> Opening:
    """Return the opening of a session that trades on prints every few seconds."""
    parameters: dict[str, float | int | bool | str] = (
        {"period_s": 8.0, "hold_s": 3.0} if strategy == "pulse" else {}
    )
    config = SessionConfig(
        source="embedded",
        strategy=strategy,
        minutes=minutes,
        seed=seed,
        strategy_parameters=parameters,
        risk=RiskConfig(entry_interval_s=0.0),
        position_mode=position_mode,
        margin_mode=margin_mode,
    )
    setup = EngineSetup(
        session_id="20260921T141400Z-BTCUSDT-test",
        config=config,
        instruments=(BTCUSDT,),
        head=AccountHead(wallet=Decimal("10000.00")),
        opened_ns=OPENED_NS,
        deadline_ns=OPENED_NS + round(minutes * 60 * NS_PER_S),
    )
    return Opening(
        schema_version=SCHEMA_VERSION,
        setup=setup,
        config_digest=config.digest(),
        source_digest=source_digest(),
        versions={},
        venue="embedded",
        endpoint={},
    )


def frames(seconds: float, seed: int = 5) -> Iterator[tuple[bytes, int]]:
    """Yield ``(frame, received_ns)`` of every channel, 50 ms after their stamp."""
    rng = Random(seed)
    tick = 865_000
    opened_ms = OPENED_NS // NS_PER_MS
    for step in range(round(seconds * 10)):
        ts = opened_ms + step * 100
        tick += rng.choice((-3, -1, 0, 0, 1, 3))
        received_ns = (ts + 50) * NS_PER_MS
        if step % 3 == 0:
            yield _book(ts, tick), received_ns
        if step % 5 == 0:
            yield _price(ts, tick), received_ns
            yield _candle(ts, tick), received_ns
        if step % 2 == 0:
            yield _trade(ts, tick, rng), received_ns


def _wire(channel: str, ts: int, data: object) -> bytes:
    message = {"ch": channel, "symbol": "BTCUSDT", "ts": ts, "data": data}
    return json.dumps(message, separators=(",", ":")).encode()


def _book(ts: int, tick: int) -> bytes:
    bids = [[f"{(tick - 1 - i) / 10:.1f}", f"{0.5 + i / 10:.4f}"] for i in range(15)]
    asks = [[f"{(tick + i) / 10:.1f}", f"{0.5 + i / 10:.4f}"] for i in range(15)]
    return _wire("depth_book15", ts, {"b": bids, "a": asks})


def _price(ts: int, tick: int) -> bytes:
    price = f"{tick / 10:.1f}"
    settled = {"fr": "0.001", "ft": "2026-09-21T08:00:00Z", "nft": NEXT_FUNDING}
    return _wire("price", ts, {"ip": price, "mp": price, **settled})


def _candle(ts: int, tick: int) -> bytes:
    price = f"{tick / 10:.1f}"
    bar = {"o": price, "h": price, "l": price, "c": price, "b": "1.5", "q": "129750"}
    return _wire("market_kline_1min", ts, bar)


def _trade(ts: int, tick: int, rng: Random) -> bytes:
    at = f"2026-09-21T14:14:{ts // 1000 % 60:02d}Z"
    row = {"t": at, "p": f"{tick / 10:.1f}", "v": f"{rng.random():.4f}", "s": "buy"}
    return _wire("trade", ts, [row])


def funding_reply() -> tuple[RestRequest, bytes]:
    """Return the reply that tells when the venue settles next."""
    row = {
        "symbol": "BTCUSDT",
        "markPrice": "86500.0",
        "lastPrice": "86500.0",
        "indexPrice": "86500.0",
        "fundingRate": "0.01",
        "fundingInterval": 8,
        "nextFundingTime": "1790006400000",
        "maxFundingRate": "0.3",
        "minFundingRate": "-0.3",
    }
    body = json.dumps({"code": 0, "data": [row], "msg": "Success"}).encode()
    return Bitunix().funding_rate_request("BTCUSDT"), body


def begin(path: Path, opened: Opening) -> Recorder:
    """Open a journal at ``path`` and return its recorder, before the first frame."""
    machine = Machine(Engine(opened.setup), venue_named(opened.venue))
    recorder = Recorder(machine, JournalWriter.create(path, opened), opened.setup.opened_ns)
    recorder.reply(*funding_reply(), opened.setup.opened_ns)
    recorder.event(FeedConnected(opened.setup.opened_ns, 1))
    return recorder


def feed(recorder: Recorder, items: list[tuple[bytes, int]]) -> None:
    """Apply frames, with a timer wherever the engine would have woken in between."""
    for frame, received_ns in items:
        engine = recorder.machine.engine
        while engine.wake_ns < received_ns and not engine.has_ended:
            recorder.event(TimerFired(max(engine.wake_ns, engine.now_ns)))
        if engine.has_ended:
            return
        recorder.frame(frame, received_ns)


def record_hedged(path: Path) -> Path:
    """Record a session with a long and a short beside each other, and return its path."""
    recorder = begin(path, hedged())
    feed(recorder, list(frames(85)))
    recorder.close()
    return path


def hedged(margin_mode: MarginModeName = "isolated") -> Opening:
    """Return the opening of a session in hedge mode that does something on every print."""
    strategy = "tests.support.strategies_orders:BothSidesOnTrades"
    return opening(strategy=strategy, position_mode="hedge", margin_mode=margin_mode)


def record(path: Path, *, seed: int = 1, minutes: float = 1.0, strategy: str = "pulse") -> Path:
    """Record a whole session, to its closing record, and return its path."""
    recorder = begin(path, opening(seed=seed, minutes=minutes, strategy=strategy))
    feed(recorder, list(frames(minutes * 60 + 25)))
    recorder.close()
    return path
