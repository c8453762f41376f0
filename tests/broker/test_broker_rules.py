"""What the venue refuses, with its code, and that a refusal costs nothing."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from tests.support.bench import Bench
from tests.support.instruments import BTCUSDT
from tests.support.market import SYMBOL
from trading.broker import rules
from trading.model.instrument import InstrumentStatus, OrderLimits
from trading.model.orders import Order, OrderRequest, OrderRole, OrderStatus, OrderType, Side

D = Decimal
TIGHT = replace(
    BTCUSDT,
    quantity_min=D("0.001"),
    notional_min=D(60),
    market_quantity_max=D(5),
    limit_quantity_max=D(10),
)


def request(quantity: str = "0.01", **changes: object) -> OrderRequest:
    """Return a market buy, or a limit buy where a price is given."""
    kind = OrderType.LIMIT if "price" in changes else OrderType.MARKET
    made = OrderRequest(
        symbol=SYMBOL, side=Side.BUY, type=kind, quantity=D(quantity), role=OrderRole.ENTRY
    )
    return msgspec.structs.replace(made, **changes)


def answer(
    wish: OrderRequest, *, held: str = "0", status: InstrumentStatus = InstrumentStatus.OPEN
) -> str | None:
    """Return the code of the refusal by a venue with tight limits, mark and mid at 50,000."""
    bench = Bench(instrument=replace(TIGHT, status=status))
    bench.book(49_999.9, 50_000.1, 0)
    bench.mark(50_000.0, 0)
    position = bench.account.position(SYMBOL)
    position.quantity = D(held)
    refusal = rules.refusal(wish, bench.market, position)
    return None if refusal is None else refusal[0]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (request(), None),
        (request("0.00125"), "10002"),
        (request("NaN"), "10002"),
        (request("0"), "10002"),
        (request("-0.01"), "10002"),
        (request("Infinity"), "10002"),
        (request("0.0009"), "30017"),
        (request("0.0011"), "30016"),
        (request("5.0001"), "30013"),
        (request("5.0001", price=D(50_000)), None),
        (request("10.0001", price=D(50_000)), "30013"),
        (request(price=D("50000.05")), "10002"),
        (request(price=D("NaN")), "10002"),
        (request(price=D(52_500)), None),
        (request(price=D("52500.1")), "30014"),
        (request("1", price=D(1_000)), None),
        (request(price=D("47499.9"), side=Side.SELL), "30015"),
        (request(price=D(47_500), side=Side.SELL), None),
    ],
)
def test_filters(wish: OrderRequest, code: str | None) -> None:
    """Lattice, minimum, maximum, notional and price band, each with the venue's own code."""
    assert code == answer(wish)


def test_reduce_only_needs_a_position_to_reduce() -> None:
    """Without one, or in its own direction, it is refused; else no minimum stands in its way."""
    sell = request("0.0001", side=Side.SELL, reduce_only=True)

    assert "30018" == answer(sell)
    assert "30019" == answer(sell, held="-1")
    assert None is answer(sell, held="1")
    assert None is answer(request("900", side=Side.SELL, reduce_only=True), held="1")


def test_a_venue_that_winds_down_lets_positions_close() -> None:
    """Cancel-only refuses what is new and takes what reduces; stopped takes nothing."""
    sell = request(side=Side.SELL, reduce_only=True)

    assert "20012" == answer(request(), status=InstrumentStatus.CANCEL_ONLY)
    assert None is answer(sell, held="1", status=InstrumentStatus.CANCEL_ONLY)
    assert "20012" == answer(sell, held="1", status=InstrumentStatus.STOPPED)


def test_a_refusal_costs_nothing_but_time() -> None:
    """The order is gone, wallet and position are as before, and no fill came of it."""
    bench = Bench(instrument=TIGHT)
    bench.book(49_999.9, 50_000.1, 0)
    bench.plain(Side.BUY, "0.0001")

    bench.book(49_999.9, 50_000.1, 200)

    assert (["30017"], [], D(0), D("10000.00")) == (
        bench.rejected(),
        bench.fills(),
        bench.quantity,
        bench.account.wallet,
    )
    assert {} == bench.broker.orders


@pytest.mark.parametrize(
    ("kind", "side", "below"),
    [
        (OrderType.LIMIT, Side.BUY, True),
        (OrderType.LIMIT, Side.SELL, False),
        (OrderType.STOP_MARKET, Side.SELL, True),
        (OrderType.STOP_MARKET, Side.BUY, False),
        (OrderType.TAKE_PROFIT_MARKET, Side.SELL, False),
        (OrderType.TAKE_PROFIT_MARKET, Side.BUY, True),
    ],
)
def test_which_way_an_order_waits(kind: OrderType, side: Side, *, below: bool) -> None:
    """A long's stop waits below, its target above; a short's the other way round."""
    wish = request(type=kind, side=side, trigger_price=D(100))
    order = Order(
        order_id=1,
        request=wish,
        quantity=wish.quantity,
        submitted_ns=0,
        decision_mid=None,
        arrival_ns=0,
        arrival_exchange_ns=0,
    )

    assert below is rules.waits_below(order)
    assert (below, True, not below) == tuple(
        rules.is_reached(order, price) for price in (99.9, 100.0, 100.1)
    )


def test_a_plain_order_has_no_trigger_to_reach() -> None:
    """No price triggers an order without a trigger price."""
    assert not rules.is_reached(Bench().plain(Side.BUY, "1"), 1.0)


def test_a_symbol_has_so_many_orders_and_no_more() -> None:
    """Two at the venue are full; another symbol's, one on its way and a leg take no place."""
    crowded = replace(BTCUSDT, order_limits=OrderLimits(open_orders_max=2))
    there, on_its_way = OrderStatus.WORKING, OrderStatus.IN_FLIGHT

    def order(status: OrderStatus = there, parent_id: int = 0, symbol: str = SYMBOL) -> Order:
        return Order(
            order_id=1,
            request=request(price=D(100), symbol=symbol),
            quantity=D(1),
            submitted_ns=0,
            decision_mid=None,
            arrival_ns=0,
            arrival_exchange_ns=0,
            status=status,
            parent_id=parent_id,
        )

    arrives = order(on_its_way)
    light = [order(), order(on_its_way), order(parent_id=7), order(symbol="ETHUSDT"), arrives]

    assert rules.crowd_refusal(arrives, light, crowded) is None
    refusal = rules.crowd_refusal(arrives, [*light, order()], crowded)
    assert ("10002", "2 such orders are open already, the venue takes 2") == refusal
