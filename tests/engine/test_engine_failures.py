"""A strategy that fails: an event, suspended entries, and exits that stay armed."""

from decimal import Decimal

import pytest

from tests.support.market import bar, control
from tests.support.run import Run, setup_of
from tests.support.strategies import BUILT
from trading.model.events import (
    ControlWord,
    EntriesSuspended,
    IntentRaised,
    IntentRefused,
    OrderSubmitted,
    Outcome,
    StrategyFailed,
)

D = Decimal


def failing(strategy: str = "RaisesOnTrades", **parameters: float | str) -> Run:
    """Return a session after connecting."""
    run = Run(setup_of(strategy=strategy, parameters=dict(parameters), minutes=5))
    run.connect()
    return run


def test_a_failure_is_an_event_and_costs_one_turn() -> None:
    """What the strategy raised is told; at its next turn it may act again."""
    run = failing(first=2, last=2, script="4 buy 49500")
    run.feed(0, 4_000)

    (failed,) = run.all(StrategyFailed)
    assert ("RuntimeError: decide 2", 1) == (failed.error, failed.failures_in_a_row)
    assert ["entry"] == run.roles()


def test_failures_in_a_row_suspend_entries() -> None:
    """Three are too many: entries wait for a person, although the strategy is well again."""
    run = failing(first=2, last=4, script="6 buy 49500; 20 buy 49500")
    run.feed(0, 8_000)

    assert [1, 2, 3] == [each.failures_in_a_row for each in run.all(StrategyFailed)]
    assert ["strategy_failed"] == [each.rule for each in run.all(IntentRefused)]
    assert any("strategy_failed" in each.reason for each in run.all(EntriesSuspended))
    assert [] == run.roles()

    run.step(control(ControlWord.RESUME, 8_100))
    run.feed(8_500, 14_000)
    assert ["entry"] == run.roles()


def test_failures_apart_suspend_nothing() -> None:
    """A turn that went well in between starts the count anew."""
    run = failing(first=2, last=3, script="4 buy 49500")
    run.feed(0, 8_000)

    assert [1, 2] == [each.failures_in_a_row for each in run.all(StrategyFailed)]
    assert ["entry"] == run.roles()


def test_on_bars_too_a_good_turn_starts_the_count_anew() -> None:
    """Failing on two bars, well on the third, failing on two more: five bars, no suspension."""
    run = Run(setup_of(strategy="Raises", parameters={"first": 1, "last": 2}, channels=()))
    run.at(*(bar(index, 50_000.0) for index in range(3)))
    assert [1, 2] == [each.failures_in_a_row for each in run.all(StrategyFailed)]
    BUILT[-1].calls = 0
    run.at(*(bar(index, 50_000.0) for index in range(3, 6)))

    assert [1, 2, 1, 2] == [each.failures_in_a_row for each in run.all(StrategyFailed)]
    assert () == run.engine.entry_blocks("BTCUSDT")


def test_exits_stay_armed_while_the_strategy_fails() -> None:
    """With the strategy failing at every turn, the stop still does its work."""
    run = failing(first=3, script="2 buy 49500")
    run.feed(0, 3_000)
    assert run.quantity > 0
    run.feed(3_000, 5_000, 49_400.0)

    assert ["entry", "stop"] == run.roles()


@pytest.mark.parametrize("channels", ["venue", "bars"])
def test_a_strategy_that_cannot_observe_is_suspended_too(channels: str) -> None:
    """Failing on every closed bar is failing: a green session without a trade is no answer."""
    if channels == "venue":
        run = failing("Raises", where="observe")
        run.feed(0, 250_000)
    else:
        run = Run(setup_of(strategy="Raises", parameters={"where": "observe"}, channels=()))
        run.at(*(bar(index, 50_000.0) for index in range(6)))

    assert len(run.all(StrategyFailed)) >= 3
    assert any("strategy_failed" in reason for reason in run.engine.entry_blocks("BTCUSDT"))


def test_a_session_of_failures_is_not_a_success() -> None:
    """It ends degraded, and says how often."""
    run = failing(first=2, last=2)
    run.feed(0, 320_000)

    assert Outcome.DEGRADED == run.ended.outcome
    assert "failures of the strategy: 1" in run.ended.detail


@pytest.mark.parametrize("kind", ["word", "float stop", "no stop", "side", "class", "pair"])
def test_nonsense_from_a_strategy_is_its_failure_not_ours(kind: str) -> None:
    """What is no intent, or an intent of the wrong kinds, costs the turn, never the session."""
    run = Run(setup_of(strategy="Nonsense", parameters={"kind": kind}, channels=()))
    run.at(*(bar(index, 50_000.0) for index in range(5)))

    assert len(run.all(StrategyFailed)) >= 3
    assert ([], []) == (run.all(IntentRaised), run.all(OrderSubmitted))


def test_a_price_that_is_none_is_refused_with_words() -> None:
    """NaN is a Decimal, and an intent: risk refuses it by name."""
    run = failing("ScriptedOnTrades", script="2 buy NaN; 3 buy 49500 Infinity; 4 buy 49500 - NaN")
    run.feed(0, 4_000)

    assert ["bad_price"] * 3 == [each.rule for each in run.all(IntentRefused)]
    assert [] == run.all(OrderSubmitted)
