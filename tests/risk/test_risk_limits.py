"""The review: every limit, on the resulting exposure, with its arithmetic; exits always pass."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.bench import Bench
from tests.support.instruments import BTCUSDT
from tests.support.market import SYMBOL, T0_NS, trade
from tests.support.risk import QUIET
from trading.account.position import Position
from trading.broker import rules
from trading.config import RiskConfig
from trading.market.state import SymbolMarket
from trading.model.instrument import Instrument
from trading.model.intents import Enter
from trading.model.numbers import NS_PER_S, floor_to_step, is_multiple
from trading.model.orders import OrderRequest, OrderRole, OrderType, Side, TriggerSource
from trading.risk.limits import RiskReview, closing
from trading.risk.verdicts import Approved, Refused

D = Decimal
NOW_NS = T0_NS + 1_000 * NS_PER_S
FACTS = structs.replace(QUIET, now_ns=NOW_NS)
ONE_PERCENT = RiskConfig(risk_pct=1)


def market(instrument: Instrument = BTCUSDT) -> SymbolMarket:
    """Return a market with a book of 49,999.9 to 50,000."""
    bench = Bench(instrument=instrument)
    bench.book(49_999.9, 50_000.0, 0)
    return bench.market


def buy(stop: str = "49500", **prices: str | None) -> Enter:
    """Return a wish to be long."""
    decimals = {name: D(price) for name, price in prices.items() if price is not None}
    return Enter(side=Side.BUY, stop_price=D(stop), **decimals)  # type: ignore[arg-type]


def sell(stop: str = "50500", **prices: str) -> Enter:
    """Return a wish to be short."""
    decimals = {name: D(price) for name, price in prices.items()}
    return Enter(side=Side.SELL, stop_price=D(stop), **decimals)  # type: ignore[arg-type]


def review(
    wish: Enter,
    *,
    config: RiskConfig = ONE_PERCENT,
    instrument: Instrument = BTCUSDT,
    **facts: object,
) -> Approved[OrderRequest] | Refused:
    """Review a wish."""
    told = structs.replace(FACTS, **facts)
    return RiskReview(config).entry(wish, 7, market(instrument), told)


def approved(verdict: Approved[OrderRequest] | Refused) -> OrderRequest:
    """Return what was approved."""
    assert isinstance(verdict, Approved), verdict
    return verdict.item


def refused(verdict: Approved[OrderRequest] | Refused) -> str:
    """Return the rule that refused, which must say why and what would help."""
    assert isinstance(verdict, Refused), verdict
    assert verdict.detail
    assert verdict.remedy
    return verdict.rule


def test_an_entry_is_sized_by_its_stop_at_the_price_it_will_pay() -> None:
    """A buy is expected at the best ask, a sell at the best bid."""
    order = approved(review(buy(target_price="51000")))

    assert (D("0.1786"), Side.BUY, OrderType.MARKET, OrderRole.ENTRY) == (
        order.quantity,
        order.side,
        order.type,
        order.role,
    )
    assert order.bracket is not None
    assert (D(49_500), D(51_000), TriggerSource.LAST) == (
        order.bracket.stop_price,
        order.bracket.target_price,
        order.bracket.trigger_by,
    )
    assert (7, None, False) == (order.intent_id, order.price, order.reduce_only)
    assert D("0.1784") == approved(review(sell())).quantity


def test_prices_are_rounded_to_the_cautious_side() -> None:
    """A nearer stop, a farther target, a less eager limit, for either side."""
    long = approved(review(buy("49500.01", target_price="51000.01", limit_price="49900.19")))
    short = approved(review(sell("50500.09", target_price="48999.99", limit_price="50100.01")))

    assert long.bracket is not None
    assert short.bracket is not None
    assert (D("49500.1"), D("51000.1"), D("49900.1")) == (
        long.bracket.stop_price,
        long.bracket.target_price,
        long.price,
    )
    assert (D("50500.0"), D("48999.9"), D("50100.1")) == (
        short.bracket.stop_price,
        short.bracket.target_price,
        short.price,
    )


def test_a_limit_entry_is_sized_at_its_own_price() -> None:
    """As rounded: 100.09 is placed at 100.0, and the distance to the stop counts from there."""
    order = approved(review(buy("99.9", limit_price="100.09")))

    assert (D("100.0"), D("454.6694")) == (order.price, order.quantity)


@pytest.mark.parametrize(
    ("config", "room"),
    [
        (RiskConfig(risk_pct=2, leverage_max=0.5), D(5_000)),
        (RiskConfig(risk_pct=2, notional_max_usdt=3_000), D(3_000)),
        (RiskConfig(risk_pct=2, leverage_max=100, notional_max_usdt=1e9), D(48_735)),
    ],
    ids=["leverage cap", "notional cap", "margin and fees at the leverage set at the venue"],
)
def test_caps_bound_the_exposure(config: RiskConfig, room: Decimal) -> None:
    """Whatever the stop allows, no more is bought than the tightest cap leaves room for."""
    order = approved(review(buy("49990"), config=config))

    assert room / 50_000 == order.quantity


def test_caps_are_on_what_would_be_held_in_all() -> None:
    """Other positions of the account count: 48,000 of 50,000 held leaves room for 2,000."""
    config = RiskConfig(risk_pct=2)

    order = approved(review(buy("49990"), config=config, exposure=D(48_000)))
    full = review(buy("49990"), config=config, exposure=D(50_000))
    over = review(buy("49990"), config=config, exposure=D(90_000))

    assert D("0.04") == order.quantity
    assert "below_minimum" == refused(full) == refused(over)


@pytest.mark.parametrize("exposure", ["0", "12345.67", "49999"])
@given(
    stop=st.integers(1, 499_998).map(lambda ticks: D(ticks) / 10),
    equity=st.integers(1, 10**8).map(lambda cents: D(cents) / 100),
)
def test_no_approval_breaks_a_limit(exposure: str, stop: Decimal, equity: Decimal) -> None:
    """Every approved order fits every cap, risks no more than allowed, and the venue takes it."""
    config = RiskConfig(risk_pct=2, leverage_max=3, notional_max_usdt=40_000)
    held = D(exposure)
    verdict = review(buy(str(stop)), config=config, equity=equity, exposure=held)
    if isinstance(verdict, Refused):
        assert "below_minimum" == refused(verdict)
        return

    order, bench_market = verdict.item, market()
    after = held + order.quantity * 50_000
    planned = order.quantity * (50_000 - stop + BTCUSDT.taker_fee_rate * (50_000 + stop))
    assert after <= min(D(40_000), 3 * equity)
    assert planned <= equity * 2 / 100
    assert None is rules.refusal(order, bench_market, Position(symbol=SYMBOL))


def test_the_venues_largest_order_is_respected() -> None:
    """Market and limit orders have maxima of their own; the size lands on the lot lattice."""
    tight = replace(BTCUSDT, market_quantity_max=D("0.01005"), limit_quantity_max=D("0.02"))

    assert D("0.0100") == approved(review(buy(), instrument=tight)).quantity
    limited = approved(review(buy(limit_price="49900"), instrument=tight))
    assert D("0.02") == limited.quantity


@pytest.mark.parametrize(
    "wish",
    [
        buy("50000"),
        buy("50000.1"),
        buy("49999.91"),
        buy(target_price="50000"),
        buy(target_price="49000"),
        sell("49999.9"),
        sell("49000"),
        sell(target_price="50000"),
        buy("49950", limit_price="49900"),
        buy("49899.99", limit_price="49900.05"),
    ],
)
def test_a_stop_or_target_on_the_wrong_side_is_refused(wish: Enter) -> None:
    """Also where rounding put it there, and measured from the limit where there is one."""
    assert "wrong_side" == refused(review(wish))


BAD = ("NaN", "sNaN", "Infinity", "-Infinity", "0", "-1", "0.04", "1E+12", "9E+999999", "1E-999999")


@pytest.mark.parametrize("price", BAD)
@pytest.mark.parametrize("which", ["stop_price", "target_price", "limit_price"])
@pytest.mark.parametrize("side", list(Side))
def test_a_price_that_is_none_is_refused_by_name(side: Side, which: str, price: str) -> None:
    """NaN, infinity, zero, less than a tick, more than any contract costs: refused, no crash."""
    prices: dict[str, Decimal] = {"stop_price": D(50_000 - 500 * side.sign)}
    prices[which] = D(price)

    verdict = review(Enter(side=side, **prices))  # type: ignore[arg-type]

    assert "bad_price" == refused(verdict)


@pytest.mark.parametrize(
    "wrong",
    [
        {"stop_price": 49_500.0},
        {"stop_price": None},
        {"stop_price": "49500"},
        {"target_price": 51_000.0},
        {"limit_price": 49_900},
        {"side": "buy "},
        {"side": None},
        {"trigger_by": "last price"},
    ],
)
def test_a_wish_of_the_wrong_kinds_cannot_be_made(wrong: dict[str, object]) -> None:
    """A float is no price: the strategy that says so learns it in its own turn."""
    right: dict[str, object] = {"side": Side.BUY, "stop_price": D(49_500)}
    kinds: Any = right | wrong
    name = next(iter(wrong))

    with pytest.raises(TypeError, match=f"^{name}: expected a "):
        Enter(**kinds)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"equity": None}, "unknown"),
        ({"exposure": None}, "unknown"),
        ({"equity": D(0)}, "no_equity"),
        ({"equity": D(-5)}, "no_equity"),
        ({"equity": D("0.01")}, "below_minimum"),
        ({"has_entry": True}, "one_position"),
        ({"position": Position(symbol=SYMBOL, quantity=D("-0.1"))}, "one_position"),
        ({"blocks": ("paused: by x", "warm_up: 3 of 5")}, "paused"),
    ],
)
def test_nothing_is_opened_on_what_is_unknown_spent_or_blocked(
    facts: dict[str, Any], rule: str
) -> None:
    """Fail closed: each with its own rule."""
    assert rule == refused(review(buy(), **facts))


def test_a_market_without_a_price_is_unknown() -> None:
    """Without book and print there is nothing to size by; a print is enough."""
    empty = Bench().market
    verdict = RiskReview(ONE_PERCENT).entry(buy(), 1, empty, FACTS)
    assert "unknown" == refused(verdict)

    empty.take_trade(trade(50_000.0), 0, [])
    assert D("0.1786") == approved(RiskReview(ONE_PERCENT).entry(buy(), 1, empty, FACTS)).quantity


def test_entries_keep_their_distance_in_time() -> None:
    """60 s after the last one, not a nanosecond less; and it is told how long it was."""
    last_ns = NOW_NS - 60 * NS_PER_S

    verdict = review(buy(), last_entry_ns=last_ns + 1)

    assert "entry_interval" == refused(verdict)
    assert isinstance(verdict, Refused)
    assert ("60.0 s since the last entry", "entries are 60 s apart") == (
        verdict.detail,
        verdict.remedy,
    )
    assert isinstance(review(buy(), last_entry_ns=last_ns), Approved)


def test_an_interval_of_zero_is_none() -> None:
    """Who wants no throttle can say so."""
    config = RiskConfig(entry_interval_s=0)

    assert isinstance(review(buy(), config=config, last_entry_ns=NOW_NS), Approved)


def test_a_refusal_shows_its_arithmetic() -> None:
    """Below the minimum: what the risk allows, what the caps leave, what the venue wants."""
    verdict = review(buy("1"), equity=D("1.00"))

    assert isinstance(verdict, Refused)
    assert "below_minimum" == verdict.rule
    assert (
        "1 % of 1.00 over a stop at 1 is 0.0000, room for 0.0001; the venue's least is 0.0001"
    ) == verdict.detail


@pytest.mark.parametrize("held", ["0.5", "-0.5"])
def test_an_exit_passes_whatever_else_is_wrong(held: str) -> None:
    """It closes what is held, reduce-only, with what fills until it is there, and asks nobody."""
    position = Position(symbol=SYMBOL, quantity=D(held))

    verdict = closing(SYMBOL, position, OrderRole.FLATTEN, 3, "why")

    assert verdict is not None
    order = verdict.item
    assert (D("0.5"), True, OrderType.MARKET) == (order.quantity, order.reduce_only, order.type)
    assert order.close_position
    assert position.side is not None
    assert position.side.opposite is order.side
    assert is_multiple(order.quantity, BTCUSDT.quantity_step)


def test_there_is_nothing_to_close_when_flat() -> None:
    """No order for nothing."""
    assert None is closing(SYMBOL, Position(symbol=SYMBOL), OrderRole.EXIT, 0, "")


@pytest.mark.parametrize("target", ["50059.9", "50030"])
def test_a_target_that_does_not_pay_its_fees_is_refused(target: str) -> None:
    """12 bps of taker fees are 60 USDT a coin: a target nearer than that loses when it is hit."""
    assert "reward_below_costs" == refused(review(buy(target_price=target)))


def test_a_target_pays_for_the_fees_it_will_have() -> None:
    """A maker's way in, or out, costs less; a multiple may be asked for, or nothing."""
    two, none = (replace(ONE_PERCENT, reward_to_cost_min=least) for least in (2.0, 0.0))

    approved(review(buy(target_price="50060.1")))
    approved(review(buy(target_price="50040", limit_price="49990")))
    assert "reward_below_costs" == refused(review(buy(target_price="50060.1"), config=two))
    approved(review(buy(target_price="50000.1"), config=none))


def test_one_symbol_has_its_own_limit() -> None:
    """What is open in it counts; other symbols are held by the limit of all together."""
    config = replace(ONE_PERCENT, symbol_notional_max_usdt=1_000.0)

    assert D("0.02") == approved(review(buy(), config=config)).quantity
    room = review(buy(), config=config, symbol_exposure=D(400), exposure=D(9_000))
    assert D("0.012") == approved(room).quantity
    assert "unknown" == refused(review(buy(), symbol_exposure=None))


@given(share=st.decimals(0, 1, places=3), risk=st.sampled_from([0.1, 0.5, 1.0, 2.0]))
def test_a_multiplier_only_shrinks(share: Decimal, risk: float) -> None:
    """Never more than the whole of what risk would allow, and about that share of it."""
    config = RiskConfig(risk_pct=risk, daily_loss_pct=5.0)
    whole = approved(review(buy(), config=config)).quantity
    verdict = review(buy(), config=config, size_multiplier=share)

    if isinstance(verdict, Refused):
        assert whole * share < BTCUSDT.quantity_min
    else:
        assert whole * share - BTCUSDT.quantity_step < verdict.item.quantity <= whole * share


def test_half_a_size_of_a_policys_half_is_a_quarter() -> None:
    """Funding and policy shrink one after the other."""
    whole = approved(review(buy())).quantity
    quarter = approved(review(buy(), funding_rate=D("0.0006"), size_multiplier=D("0.5"))).quantity

    assert floor_to_step(whole / 4, BTCUSDT.quantity_step) == quarter


def test_a_stop_within_the_spread_is_refused() -> None:
    """The book is 49,999.9 to 50,000: what one side opens, the other would stop at once."""
    assert "stop_in_spread" == refused(review(buy("49999.9")))
    approved(review(buy("49999.8")))
    assert "stop_in_spread" == refused(review(sell("50000")))
    approved(review(sell("50000.1")))
    approved(review(buy("49999.9", limit_price="50000")))
