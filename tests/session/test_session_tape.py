"""The recording of 2023-04-04 23:58 to 00:06, through sockets, a position held over 00:00."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.live import Lab, assert_sound, busy, exchange, run
from tests.support.recordings import recording
from trading.exchange.options import ExchangeOptions
from trading.journal.verify import replay
from trading.model.events import FundingBooked, OrderFilled
from trading.session.funding_check import SettlementVerdict, check_funding

TAPE = "l2_raw/binance_um_BTCUSDT_20230404T2358_20230405T0006.raw.jsonl.gz"
MIDNIGHT_NS = 1_680_652_800 * 10**9


@pytest.fixture(scope="module")
def tape() -> Path:
    """The recording, where it is."""
    return recording(TAPE)


def test_a_position_held_over_midnight_pays_the_recorded_funding(
    tape: Path, tmp_path: Path
) -> None:
    """Mark 28155.1 at rate 0.0000276, once; fills; a ledger that adds up; an identical replay."""

    async def told() -> None:
        options = ExchangeOptions(market="recorded", tape=str(tape), speed=20.0)
        async with exchange(tmp_path / "exchange", options) as world:
            lab = Lab(world, tmp_path / "var")
            plan = await lab.plan(
                busy(
                    3.0,
                    strategy="tests.support.strategies_live:HoldOver",
                    strategy_parameters={"side": "buy"},
                )
            )
            result = await run(plan)
            check = await check_funding(plan.paths, world)

        found = assert_sound(plan.paths)
        assert result.fills >= 2
        assert any(isinstance(output, OrderFilled) for output in found)
        (booked,) = (output for output in found if isinstance(output, FundingBooked))
        assert (booked.settlement_ns, booked.mark, booked.rate) == (
            MIDNIGHT_NS,
            Decimal("28155.1"),
            Decimal("0.0000276"),
        )
        assert booked.quantity > 0
        exact = -booked.quantity * Decimal("28155.1") * Decimal("0.0000276")
        assert booked.amount == exact.quantize(Decimal("1e-8"))
        assert [s.verdict for s in check.settlements] == [SettlementVerdict.EQUAL]
        assert check.is_clean
        hashes = [replay(plan.paths.journal, seed) for seed in (None, None, 2)]
        assert hashes[0] == hashes[1]
        assert hashes[0] != hashes[2]

    asyncio.run(told())
