"""What a review is told of the account: enough to refuse what could not end well."""

from decimal import Decimal

import pytest

from tests.support.instruments import BTCUSDT_TIERED
from tests.support.run import Run, setup_of
from trading.broker import funds
from trading.config import MarginModeName, PositionModeName
from trading.engine.desk import Desk
from trading.engine.facts import facts_of
from trading.model.events import IntentRefused
from trading.model.intents import Enter
from trading.model.numbers import ZERO
from trading.model.sides import Side


def test_an_entry_that_would_be_liquidated_before_its_stop_is_refused() -> None:
    """At 5x a coin bought at 50,000 is gone at 40,200: a stop at 39,000 protects nobody."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": "2 buy 39000"},
            instruments=(BTCUSDT_TIERED,),
        )
    )
    run.connect()
    run.feed(0, 3_000, 50_000.0)

    (refused,) = run.all(IntentRefused)
    assert ("stop_beyond_liquidation", ZERO) == (refused.rule, run.quantity)


@pytest.mark.parametrize("margin_mode", ["isolated", "cross"])
@pytest.mark.parametrize("position_mode", ["one_way", "hedge"])
def test_with_nothing_open_and_nothing_under_way_all_is_free(
    margin_mode: MarginModeName, position_mode: PositionModeName
) -> None:
    """What is then told without looking is what a look at positions and orders would tell."""
    desk = Desk(setup_of(margin_mode=margin_mode, position_mode=position_mode), None)
    account, broker, marks = desk.account, desk.broker, desk.marks()
    (turn,) = desk.turns.values()
    told = facts_of(desk, turn, Enter(side=Side.SELL, stop_price=Decimal(51_000)))

    key = told.position.symbol, told.position.position_side
    assert (account.exposure(marks), broker.entry_notional(key, marks)) == (told.exposure, ZERO)
    assert broker.entry_notional(key, marks, key[0]) == told.symbol_exposure
    assert funds.free_for(broker, key, marks, desk.markets) == told.free
    assert (broker.has_entry(*key), broker.oco_under_way(key[0])) == (
        told.has_entry,
        told.oco_under_way,
    )
