"""What a review is told of the account: enough to refuse what could not end well."""

from tests.support.instruments import BTCUSDT_TIERED
from tests.support.run import Run, setup_of
from trading.model.events import IntentRefused
from trading.model.numbers import ZERO


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
