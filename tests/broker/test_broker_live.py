"""Live orders: found by number and by symbol, whichever come and go."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.support.bench import Bench
from trading.broker.client_ids import ClientIds
from trading.broker.live import LiveOrders
from trading.model.events import Output
from trading.model.orders import OrderRequest, OrderRole, OrderType, Side
from trading.model.sides import PositionSide

SYMBOLS = ("AUSDT", "BUSDT", "CUSDT")
SIDES = (PositionSide.LONG, PositionSide.SHORT)


@given(st.lists(st.tuples(st.sampled_from(SYMBOLS), st.sampled_from(SIDES), st.integers(0, 9))))
def test_a_symbols_orders_are_those_of_all_that_name_it(
    steps: list[tuple[str, PositionSide, int]],
) -> None:
    """Whichever come and go, also after they were carried into another session."""
    bench, out = Bench(), list[Output]()
    orders = LiveOrders(bench.account, bench.health, (), ClientIds())
    for symbol, side, ending in steps:
        request = OrderRequest(
            symbol=symbol,
            side=Side.BUY,
            type=OrderType.MARKET,
            quantity=Decimal(1),
            role=OrderRole.ENTRY,
            position_side=side,
        )
        orders.number(request, bench.market.mid, 0, 0, out)
        for order in list(orders.orders.values())[ending : ending + 2]:
            orders.drop(order, "test", 0, out)
        left = tuple(orders.orders.values())
        carried = LiveOrders(bench.account, bench.health, left, ClientIds())
        for each in SYMBOLS:
            own = tuple(one for one in left if one.request.symbol == each)

            assert own == orders.live(each) == carried.live(each)
            for which in SIDES:
                assert [one for one in own if one.request.position_side is which] == orders.live(
                    each, which
                )


def test_what_was_live_when_asked_stays_so_while_orders_go() -> None:
    """Who goes through a symbol's orders may end them on the way."""
    bench, out = Bench(), list[Output]()
    orders = bench.broker
    for _ in range(3):
        bench.send(OrderType.LIMIT, Side.BUY, price="90")
    live = orders.live(bench.market.symbol)
    for order in live:
        orders.drop(order, "test", 0, out)

    assert (3, 3, 0) == (len(live), len(out), len(orders.live(bench.market.symbol)))
