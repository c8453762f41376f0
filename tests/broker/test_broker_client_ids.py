"""Client ids: one id, one order, however often it is sent; and what a repeat is answered."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from tests.support.bench import CONFIG, Bench
from tests.support.market import SYMBOL, ns
from trading.account.head import AccountHead, SpentId
from trading.broker import client_ids
from trading.broker.client_ids import ClientIds
from trading.model.events import OrderRepeated, OrderSubmitted
from trading.model.orders import Order, OrderRequest, OrderRole, OrderStatus, OrderType, Side

D = Decimal


def wish(client_id: str = "first", *, quantity: str = "1", price: str = "99.0") -> OrderRequest:
    """Return a limit buy with a name."""
    return OrderRequest(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=D(quantity),
        role=OrderRole.ENTRY,
        price=D(price),
        client_id=client_id,
    )


def bench_with_book() -> Bench:
    """Return a bench that shows 99.9 to 100.1."""
    bench = Bench()
    bench.book(99.9, 100.1, 0)
    return bench


def again(bench: Bench, client_id: str = "first") -> Order | None:
    """Send the id again, with another order behind it."""
    now_ns = ns(bench.now_ms)
    other = wish(client_id, quantity="7", price="101.0")
    return bench.broker.submit(other, bench.market, now_ns, now_ns, bench.out)


def answers(bench: Bench) -> list[tuple[int, OrderStatus, Decimal]]:
    """Return what repeats were told."""
    return [(each.order_id, each.status, each.filled) for each in bench.all(OrderRepeated)]


def test_a_repeat_is_answered_and_never_sent() -> None:
    """On its way, working, part filled, filled: always the first order, as it stands by then."""
    bench = bench_with_book()
    bench.submit(wish())
    assert again(bench) is None
    bench.book(99.9, 100.1, 100)
    assert again(bench) is None
    bench.trade(98.9, 200, quantity=0.4)
    assert again(bench) is None
    bench.trade(98.9, 210, quantity=5.0)
    assert again(bench) is None

    assert [
        (1, OrderStatus.IN_FLIGHT, D(0)),
        (1, OrderStatus.WORKING, D(0)),
        (1, OrderStatus.PART_FILLED, D("0.4")),
        (1, OrderStatus.FILLED, D(1)),
    ] == answers(bench)
    assert (1, D(1)) == (len(bench.all(OrderSubmitted)), bench.quantity)


def test_a_cancelled_order_keeps_its_id() -> None:
    """The answer is how it ended."""
    bench = bench_with_book()
    bench.cancel(bench.submit(wish()))
    bench.time(300)

    assert again(bench) is None
    assert [(1, OrderStatus.CANCELED, D(0))] == answers(bench)


def test_a_rejected_order_never_spent_its_id() -> None:
    """Sent again it is an order like any other."""
    bench = bench_with_book()
    bench.submit(wish(quantity="0.00001"))
    bench.time(100)
    assert ["10002"] == bench.rejected()

    second = bench.submit(wish())
    bench.time(200)
    assert (2, OrderStatus.WORKING, []) == (second.order_id, second.status, answers(bench))


def test_an_order_lost_on_its_way_never_spent_its_id() -> None:
    """Its answer did not come, it had not reached the venue: the name is free again."""
    config = replace(CONFIG, answer_lost_share=1.0, answer_timeout_ms=500)
    fates: set[bool] = set()
    for seed in range(20):
        bench = Bench(config=config, seed=seed)
        bench.book(99.9, 100.1, 0)
        order = bench.submit(wish())
        assert again(bench) is None
        bench.time(2_000)  # asked
        bench.time(4_000)  # told
        has_reached = order.status is OrderStatus.WORKING
        fates.add(has_reached)

        assert has_reached is (again(bench) is None)
    assert {True, False} == fates


def test_nameless_orders_are_never_repeats() -> None:
    """An empty id is no id."""
    bench = bench_with_book()
    for _ in range(2):
        bench.submit(wish(""))

    assert 2 == len(bench.broker.orders)


def test_an_id_means_one_order_for_good() -> None:
    """The next session of the account is told the same, after the journal."""
    bench = bench_with_book()
    bench.submit(wish())
    bench.book(99.9, 100.1, 100)
    bench.trade(98.9, 200, quantity=5.0)
    head = AccountHead(wallet=D(10_000), client_ids=bench.broker.client_ids.spent)
    later = Bench(head=msgspec.json.decode(msgspec.json.encode(head), type=AccountHead))

    assert again(later) is None
    assert [(1, OrderStatus.FILLED, D(1))] == answers(later)


def spent(name: str, status: OrderStatus) -> SpentId:
    """Return a spent id."""
    return SpentId(symbol=SYMBOL, client_id=name, order_id=1, status=status, filled=D(0))


def test_the_oldest_that_is_over_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory has a limit; a live order's id is kept beyond it."""
    monkeypatch.setattr(client_ids, "REMEMBERED_MOST", 3)
    ids = ClientIds(
        (
            spent("live", OrderStatus.WORKING),
            spent("old", OrderStatus.FILLED),
            spent("new", OrderStatus.FILLED),
        )
    )
    bench = bench_with_book()
    ids.spend(bench.submit(wish("newest")))

    assert ["live", "new", "newest"] == [each.client_id for each in ids.spent]
    assert ids.answer(SYMBOL, "old") is None
    assert ids.answer("ETHUSDT", "live") is None
