"""What fills a resting order: a queue of two kinds, and its two bounds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import SYMBOL, trade
from trading.broker.queues import (
    MakerModel,
    PowerQueue,
    RiskAverse,
    Touch,
    TradeThrough,
    behind_share,
    is_through,
    maker_of,
)
from trading.config import ExecutionConfig
from trading.model.numbers import ZERO
from trading.model.orders import Order, OrderRequest, OrderRole, OrderType, Side

D = Decimal
MODELS: dict[str, MakerModel] = {
    "trade_through": TradeThrough(),
    "risk_averse": RiskAverse(),
    "power": PowerQueue(3.0),
    "touch": Touch(),
}


def resting(model: MakerModel, shown: float | None, side: Side = Side.BUY) -> Order:
    """Return an order resting at 100 behind what is shown."""
    order = Order(
        order_id=1,
        request=OrderRequest(
            symbol=SYMBOL,
            side=side,
            type=OrderType.LIMIT,
            quantity=D(50),
            role=OrderRole.ENTRY,
            price=D(100),
        ),
        quantity=D(50),
        submitted_ns=0,
        decision_mid=None,
        arrival_ns=0,
        arrival_exchange_ns=0,
        is_resting=True,
    )
    model.join(order, shown)
    return order


def reached(model: MakerModel, order: Order, price: float, quantity: float) -> Decimal:
    """Return what a print leaves for the order."""
    return model.reach(order, trade(price, quantity, taker=order.request.side.opposite))


def test_prints_eat_the_queue_before_they_reach_us() -> None:
    """100 ahead; 80, 30 and 50 print: nothing, ten, and the last forty of our fifty.

    Source: nautilus_trader, "queue position tracking".
    """
    model = MODELS["risk_averse"]
    order = resting(model, 100.0)
    fills = []
    for printed in (80, 30, 50):
        quantity = min(reached(model, order, 100.0, printed), order.remaining)
        order.filled += quantity
        fills.append(quantity)

    assert [D(0), D(10), D(40)] == fills


def test_a_level_that_shrinks_below_the_queue_shortens_it() -> None:
    """Of 100 ahead 60 remain shown: those 60 at most are ahead; newcomers are behind."""
    model = MODELS["risk_averse"]
    order = resting(model, 100.0)
    model.look(order, 60.0)
    model.look(order, 500.0)

    assert 60.0 == order.queue_ahead


def test_a_price_out_of_view_is_an_unknown_queue() -> None:
    """Nothing is filled at it until a book shows it; through it, everything is."""
    for name in ("risk_averse", "power"):
        model = MODELS[name]
        order = resting(model, None)
        assert ZERO == reached(model, order, 100.0, 9.0)
        places = []
        for shown in (None, 5.0):
            model.look(order, shown)
            places.append(order.queue_ahead)
        assert [None, 5.0] == places
        assert D(9) == reached(model, order, 99.9, 9.0)


@pytest.mark.parametrize(
    ("front", "back", "expected"),
    [(0.0, 0.0, 1.0), (0.0, 9.0, 1.0), (9.0, 0.0, 0.0), (3.0, 3.0, 0.5), (1.0, 2.0, 8 / 9)],
)
def test_who_left_stood_behind_with_this_probability(
    front: float, back: float, expected: float
) -> None:
    """1 with nobody ahead, 0 with nobody behind; with n = 3, 8 to 1 where twice as many stand."""
    assert expected == pytest.approx(behind_share(front, back, 3.0))


def test_the_power_queue_shares_out_who_left() -> None:
    """50 ahead, 50 behind, 20 leave: ten of each. The same 20 printed: all from the front."""
    left, printed = (resting(MODELS["power"], 50.0) for _ in range(2))
    for order in (left, printed):
        MODELS["power"].look(order, 100.0)
    assert ZERO == reached(MODELS["power"], printed, 100.0, 20.0)
    for order in (left, printed):
        MODELS["power"].look(order, 80.0)

    assert (40.0, 30.0) == (left.queue_ahead, printed.queue_ahead)


def test_more_left_than_stood_behind_us() -> None:
    """10 ahead, 2 behind, 9 leave: at least seven of them stood ahead, and 3 are shown."""
    model = MODELS["power"]
    order = resting(model, 10.0)
    model.look(order, 12.0)
    model.look(order, 3.0)

    assert order.queue_ahead is not None
    assert order.queue_ahead <= 3.0


def test_the_bounds() -> None:
    """Touch takes every print at the price; trade-through none, before somebody trades beyond."""
    touch, through = (resting(MODELS[name], 100.0) for name in ("touch", "trade_through"))
    for name, order in (("touch", touch), ("trade_through", through)):
        MODELS[name].look(order, 100.0)

    assert (D(1), ZERO) == (
        reached(MODELS["touch"], touch, 100.0, 1.0),
        reached(MODELS["trade_through"], through, 100.0, 1.0),
    )
    assert D(1) == reached(MODELS["trade_through"], through, 99.9, 1.0)
    assert ZERO == reached(MODELS["touch"], touch, 100.1, 1.0)


@pytest.mark.parametrize("name", MODELS)
def test_a_market_order_is_never_reached(name: str) -> None:
    """Only a limit price can be gone through."""
    order = resting(MODELS[name], 1.0)
    order.request = OrderRequest(
        symbol=SYMBOL, side=Side.BUY, type=OrderType.MARKET, quantity=D(1), role=OrderRole.EXIT
    )

    assert not is_through(order, 1.0)
    assert ZERO == reached(MODELS[name], order, 1.0, 1.0)


@pytest.mark.parametrize("name", MODELS)
def test_a_name_in_the_config_is_a_model(name: str) -> None:
    """One value swaps it, over any preset."""
    power = 2.0 if name == "power" else None
    config = ExecutionConfig(maker_model=name, preset="pessimistic", queue_power=power)  # type: ignore[arg-type]
    model = maker_of(config.assumptions)

    assert type(MODELS[name]) is type(model)
    if isinstance(model, PowerQueue):
        assert 2.0 == model.power


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.one_of(st.none(), st.integers(0, 30)), st.just(0)),
        st.tuples(st.just("print"), st.integers(1, 12), st.integers(-2, 2)),
    ),
    min_size=1,
    max_size=30,
)


@given(shown=st.one_of(st.none(), st.integers(0, 30)), steps=STEPS, side=st.sampled_from(Side))
def test_the_models_are_ordered_on_any_tape(
    shown: int | None, steps: list[tuple[str, int | None, int]], side: Side
) -> None:
    """Trade-through <= risk-averse <= power <= touch, after every single print.

    None gets more than what printed at or through the price; no queue is less than nothing.
    """
    orders = {
        name: resting(model, None if shown is None else float(shown), side)
        for name, model in MODELS.items()
    }
    got = dict.fromkeys(MODELS, ZERO)
    printed = through = ZERO
    for what, size, ticks in steps:
        for name, model in MODELS.items():
            order = orders[name]
            if what == "book":
                model.look(order, None if size is None else float(size))
            else:
                price = 100.0 - side.sign * ticks / 10
                got[name] += reached(model, order, price, float(size or 0))
            assert (order.queue_ahead or 0.0) >= 0.0
        if what == "print" and ticks >= 0:
            printed += D(size or 0)
            through += D(size or 0) if ticks > 0 else ZERO
        assert through == got["trade_through"] <= got["risk_averse"]
        # The power queue is kept in floats: a share of what left is no decimal.
        assert got["risk_averse"] <= got["power"] + D("1e-9")
        assert got["power"] <= got["touch"] == printed
