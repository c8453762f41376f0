"""What order a wish becomes: its type, its times, its pair and its ways out."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.bench import Bench
from tests.support.market import SYMBOL, T0_NS
from tests.support.risk import QUIET
from trading.account.position import Position
from trading.broker import rules
from trading.config import RiskConfig
from trading.model.intents import Enter
from trading.model.numbers import NS_PER_S
from trading.model.orders import (
    BracketScope,
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
    Trail,
    TriggerSource,
)
from trading.risk.facts import Facts
from trading.risk.limits import RiskReview
from trading.risk.verdicts import Approved, Refused

D = Decimal
VENUE_NS = T0_NS + 5 * NS_PER_S
FACTS = replace(QUIET, exchange_ns=VENUE_NS)
REVIEW = RiskReview(RiskConfig(risk_pct=1))


def review(*, facts: Facts = FACTS, has_index: bool = True, **wish: Any) -> OrderRequest | Refused:  # noqa: ANN401
    """Review a buy with a stop at 49,000, at a book of 49,999.9 to 50,000."""
    bench = Bench()
    bench.book(49_999.9, 50_000.0, 0)
    bench.trade(50_000.0, 0)
    if has_index:
        bench.mark(50_000.0, 0)
    plain: dict[str, Any] = {"side": Side.BUY, "stop_price": D(49_000)}
    verdict = REVIEW.entry(Enter(**plain | wish), 7, bench.market, facts)
    if isinstance(verdict, Approved):
        position = Position(symbol=SYMBOL)
        assert None is rules.refusal(verdict.item, bench.market, position)
        return verdict.item
    return verdict


def approved(**wish: Any) -> OrderRequest:  # noqa: ANN401
    """Return what was approved, which the venue takes as well."""
    verdict = review(**wish)
    assert isinstance(verdict, OrderRequest), verdict
    return verdict


def refused(**wish: Any) -> str:  # noqa: ANN401
    """Return the rule that refused."""
    verdict = review(**wish)
    assert isinstance(verdict, Refused), verdict
    return verdict.rule


@pytest.mark.parametrize(
    ("prices", "kind", "price", "trigger"),
    [
        ({}, OrderType.MARKET, None, None),
        ({"limit_price": D("49900.19")}, OrderType.LIMIT, D("49900.1"), None),
        ({"trigger_price": D("50100.01")}, OrderType.STOP_MARKET, None, D("50100.1")),
        (
            {"trigger_price": D("50100.01"), "limit_price": D("50200.09")},
            OrderType.STOP_LIMIT,
            D("50200.0"),
            D("50100.1"),
        ),
    ],
)
def test_prices_make_the_type(
    prices: dict[str, Decimal], kind: OrderType, price: Decimal | None, trigger: Decimal | None
) -> None:
    """A limit waits at its price, a trigger for its price; each rounded to its cautious side."""
    order = approved(**prices)

    assert (kind, price, trigger) == (order.type, order.price, order.trigger_price)


def test_it_is_sized_at_the_worst_price_it_may_pay() -> None:
    """The limit where there is one, else the trigger, else the market: the stop is farther."""
    sizes = [
        approved(**prices).quantity
        for prices in (
            {},
            {"trigger_price": D(50_100)},
            {"trigger_price": D(50_100), "limit_price": D(50_200)},
        )
    ]

    assert sizes == sorted(sizes, reverse=True)
    assert 3 == len(set(sizes))


def test_the_ways_out_are_in_its_bracket() -> None:
    """Everything the venue watches for us goes with the entry."""
    trail = Trail(callback_bps=D(80), activation_price=D(50_500))
    bracket = approved(
        target_price=D(52_000), target_is_limit=True, trail=trail, hold_s=90.5
    ).bracket

    assert bracket is not None
    assert (D(49_000), D(52_000), True, trail, 90_500_000_000) == (
        bracket.stop_price,
        bracket.target_price,
        bracket.target_is_limit,
        bracket.trail,
        bracket.hold_ns,
    )
    assert BracketScope.POSITION is bracket.scope


def test_times_are_counted_by_the_venues_clock() -> None:
    """Good for a minute from what it is at the venue now, not from what our clock says."""
    order = approved(limit_price=D(49_900), time_in_force=TimeInForce.GTD, good_for_s=60)

    assert (TimeInForce.GTD, VENUE_NS + 60 * NS_PER_S) == (order.time_in_force, order.expires_ns)


def test_names_and_series_are_passed_on() -> None:
    """The client id, the pair, and which price the triggers watch, on the entry and its legs."""
    order = approved(
        trigger_price=D(50_100), client_id="mine", oco="pair", trigger_by=TriggerSource.INDEX
    )

    assert ("mine", "pair", TriggerSource.INDEX) == (order.client_id, order.oco, order.trigger_by)
    assert order.bracket is not None
    assert TriggerSource.INDEX is order.bracket.trigger_by


def test_an_index_nobody_told_is_not_watched() -> None:
    """The venue would refuse it; the strategy is told what would help instead."""
    assert "no_index" == refused(has_index=False, trigger_by=TriggerSource.INDEX)


@pytest.mark.parametrize("trigger", ["0", "-1", "NaN", "Infinity", "1E+12"])
def test_a_trigger_that_is_no_price_is_refused(trigger: str) -> None:
    """As every other price is."""
    assert "bad_price" == refused(trigger_price=D(trigger))


def test_the_stop_of_a_stop_entry_lies_behind_its_trigger() -> None:
    """Measured from where it would be filled, not from where the market is now."""
    assert "wrong_side" == refused(trigger_price=D(50_100), stop_price=D(50_100))
    assert D(50_050) == approved(trigger_price=D(50_100), stop_price=D(50_050)).bracket.stop_price  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("oco", "under_way", "position", "rule"),
    [
        ("p", "p", "0", None),
        ("p", "q", "0", "one_position"),
        ("", None, "0", "one_position"),
        ("p", "p", "0.1", "one_position"),
    ],
)
def test_the_other_of_a_pair_may_join_while_nothing_is_held(
    oco: str, under_way: str | None, position: str, rule: str | None
) -> None:
    """Only one of the two can fill; of any others one is enough. The throttle counts the pair."""
    facts = replace(
        FACTS,
        has_entry=True,
        oco_under_way=under_way,
        last_entry_ns=T0_NS,
        position=Position(symbol=SYMBOL, quantity=D(position)),
    )
    wish: dict[str, Any] = {"facts": facts, "trigger_price": D(50_100), "oco": oco}

    if rule is None:
        assert "p" == approved(**wish).oco
    else:
        assert rule == refused(**wish)
