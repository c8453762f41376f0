"""How fast the venue lets one account speak: in no window more than its limit."""

from dataclasses import replace
from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from tests.support.bench import Bench
from tests.support.instruments import BTCUSDT
from tests.support.market import ns
from trading.broker.rate import RequestWindow
from trading.model.events import AmendRejected, CancelRejected
from trading.model.instrument import OrderLimits
from trading.model.numbers import NS_PER_MS
from trading.model.orders import Side

D = Decimal
LIMITS = OrderLimits(requests_max=3, window_ms=1_000)
STRICT = replace(BTCUSDT, order_limits=LIMITS)


@given(waits_ms=st.lists(st.integers(0, 700), max_size=60))
def test_no_window_holds_more_than_the_limit(waits_ms: list[int]) -> None:
    """However requests come, any second has three at most; and none is refused without need."""
    window = RequestWindow()
    admitted: list[int] = []
    for at_ms in accumulate(waits_ms):
        within = [each for each in admitted if each > at_ms - 1_000]
        is_admitted = window.admits(at_ms * NS_PER_MS, LIMITS)

        assert (len(within) < 3) is is_admitted
        if is_admitted:
            admitted.append(at_ms)


def test_one_order_too_many_is_rejected_and_a_later_one_is_not() -> None:
    """Orders, changes and cancels count alike; a refused one may be sent again."""
    bench = Bench(instrument=STRICT)
    orders = [bench.plain(Side.BUY, "1", limit="99.0") for _ in range(4)]
    bench.time(100)
    assert ["10006"] == bench.rejected()

    bench.cancel(orders[0])
    bench.broker.amend(orders[1], ns(100), ns(100), price=D("98.0"))
    bench.time(200)
    assert [(1, "10006")] == [(each.order_id, each.code) for each in bench.all(CancelRejected)]
    assert [(2, "10006")] == [(each.order_id, each.code) for each in bench.all(AmendRejected)]
    assert (None, ()) == (orders[0].cancel_ns, orders[1].amendments)

    bench.time(1_100)
    bench.cancel(orders[0])
    bench.time(1_200)
    assert [(1, "requested")] == bench.canceled()
