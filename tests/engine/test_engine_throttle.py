"""The distance between entries: kept over restarts, and never in the way of an exit."""

from decimal import Decimal

from tests.support.market import mark
from tests.support.run import Run, next_head, setup_of
from trading.config import RiskConfig
from trading.model.events import IntentRefused, OrderRejected, OrderSubmitted
from trading.model.orders import OrderRole

D = Decimal
MINUTE = RiskConfig(risk_pct=1, entry_interval_s=60, no_entry_last_s=0)


def throttled(script: str, *, minutes: float = 5, **changes: object) -> Run:
    """Return a connected session with a minute between entries."""
    run = Run(
        setup_of(
            strategy="ScriptedOnTrades",
            parameters={"script": script},
            risk=MINUTE,
            minutes=minutes,
            **changes,  # type: ignore[arg-type]
        )
    )
    run.connect()
    return run


def entries(run: Run) -> list[float]:
    """Return the seconds at which entries were sent."""
    sent = [each for each in run.all(OrderSubmitted) if each.request.role is OrderRole.ENTRY]
    return [(each.at_ns - run.engine.setup.opened_ns) / 1e9 for each in sent]


def test_a_second_entry_waits_a_minute() -> None:
    """In, out, and in again: refused until 60 s after the first entry; the exit was not."""
    wishes = "; ".join(f"{call} buy 49500" for call in range(7, 130))
    run = throttled(f"2 buy 49500; 5 exit; {wishes}")
    run.feed(0, 66_000)

    assert ["entry", "exit", "entry"] == run.roles()
    first, second = entries(run)
    assert 60.0 <= second - first <= 60.5
    assert {"entry_interval"} == {each.rule for each in run.all(IntentRefused)} - {"one_position"}


def test_a_restart_buys_no_new_entry() -> None:
    """The next session of the account keeps the distance to the last one's entry."""
    run = throttled("2 buy 49500", minutes=0.1)
    run.feed(0, 10_000)
    assert run.engine.has_ended
    assert 1 == len(entries(run))

    wishes = "; ".join(f"{call} buy 49500" for call in range(2, 130))
    later = throttled(wishes, head=next_head(run), opened_ms=20_000)
    later.connect(20_000)
    later.feed(20_000, 70_000)

    assert 60.0 <= 20 + entries(later)[0] - entries(run)[0] <= 60.6
    assert "entry_interval" == later.all(IntentRefused)[0].rule


def test_a_stop_is_never_throttled() -> None:
    """A second after the entry the stop closes it."""
    run = throttled("2 buy 49500")
    run.feed(0, 1_500)
    run.feed(1_500, 4_000, 49_400.0)

    assert ["entry", "stop"] == run.roles()


def test_a_rejected_entry_costs_nothing_but_its_turn() -> None:
    """The venue refused it (its limit fell out of the band under way): no fill, no fee.

    The distance counts from the attempt: a strategy that is refused does not try every second.
    """
    run = throttled("2 buy 49500 - 49900; 4 buy 35000")
    run.feed(0, 1_000)
    run.at(mark(40_000.0, at_ms=560, delay_ms=40))
    run.feed(1_000, 3_000, 40_000.0)

    assert ["30014"] == [each.code for each in run.all(OrderRejected)]
    assert ["entry_interval"] == [each.rule for each in run.all(IntentRefused)]
    assert ([], D("10000.00")) == (run.roles(), run.engine.account.wallet)
