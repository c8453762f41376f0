"""The shortcuts over real recordings: outputs and state as if there were none, to the byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from tests.support.instruments import BTCUSDT
from tests.support.recordings import recording
from tests.support.run import EAGER_RISK, EXECUTION, Plain, Run, state
from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.engine import EngineSetup
from trading.model.events import CandleUpdate, Input, OrderFilled, PublicTrade
from trading.model.numbers import NS_PER_MINUTE, NS_PER_MS
from trading.model.orders import Side

TRADES = "trades/binance_um_BTCUSDT_trades_20241028_1542_1715.parquet"
BARS = "klines/binance_um_BTCUSDT_1m_20230718_20230817.parquet"
TRADE_ROWS, BAR_ROWS = 25_000, 5_000


def rows(name: str, count: int) -> list[dict[str, float | str]]:
    """Return the first rows of a recording, or skip where there is none."""
    found: list[dict[str, float | str]]
    found = pq.read_table(recording(name)).slice(0, count).to_pylist()
    return found


def prints(recorded: Iterable[dict[str, float | str]]) -> Iterator[PublicTrade]:
    """Yield the prints of a recording, each received at its own stamp."""
    for row in recorded:
        at_ns = int(row["ts_ms"]) * NS_PER_MS
        side = Side(str(row["taker_side"]))
        price, quantity = float(row["price"]), float(row["qty"])
        yield PublicTrade(BTCUSDT.symbol, at_ns, at_ns, price, quantity, side)


def bars(recorded: Iterable[dict[str, float | str]]) -> Iterator[CandleUpdate]:
    """Yield the bars of a recording, each received when it is over."""
    for row in recorded:
        open_ns = int(row["open_time_ms"]) * NS_PER_MS
        close_ns = open_ns + NS_PER_MINUTE
        yield CandleUpdate(
            BTCUSDT.symbol,
            close_ns,
            close_ns,
            60,
            open_ns,
            float(row["open"]),
            float(row["high"]),
            float(row["low"]),
            float(row["close"]),
            float(row["volume"]),
            float(row["volume"]) * float(row["close"]),
            is_closed=True,
        )


def replayed(events: list[Input], *, builds_candles: bool) -> tuple[Run, Run]:
    """Return the same replay with shortcuts and without."""
    config = SessionConfig(
        source="embedded",
        strategy="sma_cross",
        strategy_parameters={"fast_bars": 2, "slow_bars": 6, "stop_bps": 4.0},
        risk=EAGER_RISK,
        execution=EXECUTION,
        equity_sample_s=600.0,
    )
    setup = EngineSetup(
        session_id="replay",
        config=config,
        instruments=(BTCUSDT,),
        head=AccountHead(wallet=Decimal("10000.00")),
        opened_ns=events[0].received_ns,
        deadline_ns=events[-1].received_ns + NS_PER_MINUTE,
        channels=(),
        builds_candles=builds_candles,
    )
    fast, plain = Run(setup), Run(setup, engine=Plain)
    for event in events:
        assert fast.step(event) == plain.step(event)
    return fast, plain


@pytest.mark.parametrize("kind", ["prints", "bars"])
def test_the_shortcuts_change_nothing_on_recordings(kind: str) -> None:
    """Real prints and real bars, step by step; and both replays traded."""
    events: list[Input] = (
        list(prints(rows(TRADES, TRADE_ROWS)))
        if kind == "prints"
        else list(bars(rows(BARS, BAR_ROWS)))
    )

    fast, plain = replayed(events, builds_candles=kind == "prints")

    assert state(fast) == state(plain)
    assert len(fast.all(OrderFilled)) > 3
