"""Changes: what lowers risk passes, what could raise it is sized anew or refused, in words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.bench import Bench
from tests.support.instruments import BTCUSDT
from tests.support.market import SYMBOL
from tests.support.risk import QUIET
from trading.model.intents import AmendEntry, MoveProtection
from trading.model.numbers import floor_to_step
from trading.model.orders import Bracket, Order, OrderRole, OrderType, Side
from trading.risk.changes import Change, review_entry_change, review_protection
from trading.risk.facts import Facts
from trading.risk.sizing import loss_per_unit
from trading.risk.verdicts import Approved, Refused

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
FACTS = replace(QUIET, has_entry=True)


def entry(
    kind: OrderType = OrderType.LIMIT,
    side: Side = BUY,
    *,
    quantity: str = "40",
    stop: str = "98.0",
    target: str | None = "110.0",
) -> tuple[Bench, Order]:
    """Return an entry at 100 that waits on a bench."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    order = bench.send(
        kind,
        side,
        quantity,
        price="100.0" if kind.has_limit else None,
        trigger="100.0" if kind.is_triggered else None,
        bracket=Bracket(stop_price=D(stop), target_price=None if target is None else D(target)),
    )
    return bench, order


def amended(
    bench: Bench,
    order: Order | None,
    facts: Facts = FACTS,
    least: str = "0",
    **change: Any,  # noqa: ANN401
) -> Change | Refused:
    """Review a change of an entry; its target must pay its fees ``least`` times over."""
    intent = AmendEntry(client_id="x", **change)
    verdict = review_entry_change(intent, order, bench.market, facts, D(least))
    return verdict.item if isinstance(verdict, Approved) else verdict


def approved(verdict: Change | Refused) -> Change:
    """Return the change that passed."""
    assert isinstance(verdict, Change), verdict
    return verdict


def rule(verdict: object) -> str:
    """Return the rule that refused, which says why and what would help."""
    assert isinstance(verdict, Refused), verdict
    assert verdict.detail
    assert verdict.remedy
    return verdict.rule


# --- entries ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "stop", "limit", "trigger"),
    [(BUY, "50.0", "100.5", "100.6"), (SELL, "150.0", "100.6", "100.5")],
)
def test_prices_are_rounded_to_the_cautious_side(
    side: Side, stop: str, limit: str, trigger: str
) -> None:
    """A less eager limit, a later trigger."""
    bench, order = entry(OrderType.STOP_LIMIT, side, stop=stop, target=None)
    change = approved(amended(bench, order, limit_price=D("100.55"), trigger_price=D("100.55")))

    assert (D(limit), D(trigger)) == (change.price, change.trigger_price)


def test_a_price_farther_from_the_stop_buys_less() -> None:
    """The same loss at the stop, over a longer way to it."""
    bench, order = entry()
    change = approved(amended(bench, order, limit_price=D(101)))

    was, becomes = (loss_per_unit(BTCUSDT, D(price), D(98)) for price in (100, 101))
    assert floor_to_step(40 * was / becomes, BTCUSDT.quantity_step) == change.quantity
    assert (D(101), None) == (change.price, change.trigger_price)


def test_a_price_nearer_to_the_stop_buys_no_more() -> None:
    """Risk was approved for a size; an amendment never raises it."""
    bench, order = entry()

    assert None is approved(amended(bench, order, limit_price=D("98.5"))).quantity


def test_what_is_filled_cannot_be_taken_back() -> None:
    """The new price allows less than is filled: the change ends the order there."""
    bench, order = entry()
    order.filled = D(39)

    assert D(39) == approved(amended(bench, order, limit_price=D(105))).quantity


@pytest.mark.parametrize(
    ("quantity", "expected"), [("39.00019", "39.0001"), ("40", None), ("0.0001", "0.0001")]
)
def test_a_quantity_may_fall(quantity: str, expected: str | None) -> None:
    """Onto the lot lattice, downwards; the same is no change."""
    bench, order = entry()
    change = approved(amended(bench, order, quantity=D(quantity)))

    assert (None if expected is None else D(expected)) == change.quantity


@pytest.mark.parametrize("quantity", ["40.0001", "0", "-1", "NaN", "Infinity"])
def test_a_quantity_may_not_rise_nor_be_none(quantity: str) -> None:
    """More is another entry's business."""
    bench, order = entry()

    assert "raises_quantity" == rule(amended(bench, order, quantity=D(quantity)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"limit_price": D("NaN")}, "bad_price"),
        ({"limit_price": D(-1)}, "bad_price"),
        ({"trigger_price": D("1E+12")}, "bad_price"),
        ({"limit_price": D(98)}, "wrong_side"),
        ({"limit_price": D(110)}, "wrong_side"),
    ],
)
def test_a_price_that_cannot_be_is_refused(change: dict[str, Any], expected: str) -> None:
    """No price at all, or one on the wrong side of its own stop or target."""
    bench, order = entry(OrderType.STOP_LIMIT)

    assert expected == rule(amended(bench, order, **change))


def test_who_may_not_enter_may_not_reprice() -> None:
    """A new price is a new risk: blocks, unknown equity and an empty account refuse it."""
    bench, order = entry()
    for facts, expected in (
        (replace(FACTS, blocks=("paused: by hand",)), "paused"),
        (replace(FACTS, equity=None), "unknown"),
        (replace(FACTS, equity=D(0)), "unknown"),
    ):
        assert expected == rule(amended(bench, order, facts, limit_price=D(99)))


def test_a_change_that_leaves_less_than_the_venue_takes_is_refused() -> None:
    """The least order, repriced away from its stop, would be none."""
    bench, order = entry(quantity="0.0001")

    assert "below_minimum" == rule(amended(bench, order, limit_price=D("100.1")))


def test_a_market_entry_has_no_price_to_change() -> None:
    """Nor any it was approved at."""
    bench, order = entry(OrderType.MARKET)

    assert "unknown" == rule(amended(bench, order, limit_price=D(99)))


def test_less_passes_even_while_entries_are_blocked() -> None:
    """Lowering risk is always allowed."""
    bench, order = entry()
    blocked = replace(FACTS, blocks=("paused: by hand",), equity=None)

    assert D(1) == approved(amended(bench, order, blocked, quantity=D(1))).quantity


def test_only_an_entry_under_way_can_be_amended() -> None:
    """No order of that name, or none that is an entry."""
    bench, order = entry()
    assert "unknown_order" == rule(amended(bench, None, limit_price=D(99)))

    order.request = bench.leave("1").request
    assert "unknown_order" == rule(amended(bench, order, limit_price=D(99)))


@pytest.mark.parametrize(("side", "stop", "target"), [(BUY, 98, 110), (SELL, 102, 90)])
@given(st.integers(min_value=905, max_value=1_095))
def test_no_change_risks_or_weighs_more(side: Side, stop: int, target: int, tick: int) -> None:
    """At whatever new price: neither the loss at the stop nor the notional grows."""
    bench, order = entry(side=side, stop=str(stop), target=str(target))
    price = D(tick) / 10
    verdict = amended(bench, order, limit_price=price)
    if isinstance(verdict, Refused):
        assert "wrong_side" == verdict.rule
        assert (price - stop) * side.sign <= 0
        return
    quantity = order.quantity if verdict.quantity is None else verdict.quantity

    assert quantity * loss_per_unit(BTCUSDT, price, D(stop)) <= 40 * loss_per_unit(
        BTCUSDT, D(100), D(stop)
    )
    assert quantity * price <= 40 * 100
    assert quantity <= order.quantity


# --- protection ---------------------------------------------------------------------------


def long(*, target_is_limit: bool = False) -> tuple[Bench, Sequence[Order]]:
    """Return a long with a stop at 98 and a target at 110."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bracket = Bracket(stop_price=D(98), target_price=D(110), target_is_limit=target_is_limit)
    bench.send(OrderType.MARKET, BUY, bracket=bracket)
    bench.book(99.9, 100.1, 100)
    return bench, bench.broker.live(SYMBOL)


def moved(bench: Bench, **wish: Any) -> tuple[Change, ...] | Refused:  # noqa: ANN401
    """Review a move of stop or target."""
    legs = bench.broker.live(SYMBOL)
    verdict = review_protection(MoveProtection(**wish), legs, bench.market)
    return verdict.item if isinstance(verdict, Approved) else verdict


def test_a_stop_comes_nearer_and_a_target_goes_where_it_likes() -> None:
    """Both in one wish, each rounded to its cautious side."""
    bench, (stop, target) = long()
    changes = moved(bench, stop_price=D("98.55"), target_price=D("105.01"))

    assert (
        Change(order=stop, trigger_price=D("98.6")),
        Change(order=target, trigger_price=D("105.1")),
    ) == changes


def test_a_limit_target_moves_its_price_with_its_trigger() -> None:
    """Else it would be reached at one price and wait at another."""
    bench, (_, target) = long(target_is_limit=True)

    assert (Change(order=target, trigger_price=D(105), price=D(105)),) == moved(
        bench, target_price=D(105)
    )


def test_a_stop_never_goes_away_from_the_market() -> None:
    """That would risk more than was approved; to stay where it is changes nothing."""
    bench, _ = long()

    assert "widens_stop" == rule(moved(bench, stop_price=D("97.9")))
    assert not isinstance(moved(bench, stop_price=D(98)), Refused)


def test_what_is_not_there_cannot_be_moved() -> None:
    """Flat, triggered already, or no price."""
    bench, (stop, _) = long()
    assert "bad_price" == rule(moved(bench, stop_price=D("NaN")))

    bench.trade(98.0, 200)
    assert stop.is_triggered
    assert "unknown_order" == rule(moved(bench, stop_price=D(99)))

    bench.book(97.9, 98.1, 300)
    assert [] == bench.live(OrderRole.STOP)
    assert "unknown_order" == rule(moved(bench, target_price=D(99)))


def test_a_short_is_the_mirror() -> None:
    """Its stop comes down, rounded down; up is away."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    bench.send(OrderType.MARKET, SELL, bracket=Bracket(stop_price=D(102)))
    bench.book(99.9, 100.1, 100)

    (stop,) = bench.live(OrderRole.STOP)
    change = Change(order=stop, trigger_price=D("101.5"))
    assert (change,) == moved(bench, stop_price=D("101.55"))
    assert "widens_stop" == rule(moved(bench, stop_price=D("102.1")))


@pytest.mark.parametrize(
    ("price", "least", "passes"),
    [("109.9", "1", True), ("109.9", "2", False), ("109.8", "2", True), ("109.9", "0", True)],
)
def test_a_dearer_entry_must_still_be_worth_its_fees(
    price: str, least: str, *, passes: bool
) -> None:
    """A maker's 2 bps in and a taker's 6 out are 8.8 cents a coin on the way to 110."""
    bench, order = entry()
    found = amended(bench, order, limit_price=D(price), least=least)

    assert passes is isinstance(found, Change)
    assert passes or rule(found) == "reward_below_costs"


def test_a_dearer_entry_must_still_reach_its_stop_alive() -> None:
    """What liquidates it before its stop is as good as no stop."""
    bench, order = entry(stop="90", target=None)

    def before(_side: Side, _quantity: Decimal, price: Decimal, stop: Decimal) -> Decimal | None:
        mark = price * D("0.85")
        return mark if stop <= mark else None

    late = replace(FACTS, liquidation=before)

    assert isinstance(amended(bench, order, late, limit_price=D("105")), Change)
    assert "stop_beyond_liquidation" == rule(amended(bench, order, late, limit_price=D("106")))
