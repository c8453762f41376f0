"""A stop that liquidation would come before is no protection, and no venue takes it."""

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from trading.account.terms import MarginTerms
from trading.model.events import AmendRejected, OrderAccepted, OrderRejected
from trading.model.margin import MarginMode
from trading.model.orders import Side

D = Decimal


def bench_at(price: float = 100.0, *, mode: MarginMode = MarginMode.ISOLATED) -> Bench:
    """Return a bench with a book and a mark, at 5x: 20 of 100 stand behind a coin."""
    bench = Bench(terms=MarginTerms(mode=mode, leverage=5))
    bench.book(price - 0.1, price + 0.1, 0, size=1_000.0)
    bench.mark(price, 0)
    return bench


def codes(bench: Bench) -> list[str]:
    """Return the codes of every refusal, once everything has arrived."""
    bench.time(1_000)
    return [each.code for each in bench.all(OrderRejected)]


@pytest.mark.parametrize(
    ("side", "stop", "expected"),
    [
        (Side.BUY, "80.1", []),
        (Side.BUY, "80", ["30025"]),
        (Side.BUY, "50", ["30025"]),
        (Side.SELL, "119.9", []),
        (Side.SELL, "120", ["30024"]),
        (Side.SELL, "150", ["30024"]),
    ],
)
def test_the_stop_lies_before_the_liquidation_price(
    side: Side, stop: str, expected: list[str]
) -> None:
    """At 100 and 5x a long is liquidated at 80, a short at 120; there is too late."""
    bench = bench_at()
    bench.enter(side, "1", stop=stop, limit="100")

    assert expected == codes(bench)
    assert len(bench.all(OrderAccepted)) == 1 - len(expected)


def test_a_market_order_is_judged_by_what_it_would_meet() -> None:
    """The best offer, 100.1: liquidated at 80.08."""
    for stop, expected in (("80.1", []), ("80", ["30025"])):
        bench = bench_at()
        bench.enter(Side.BUY, "1", stop=stop)
        assert expected == codes(bench)


def test_what_is_held_already_counts() -> None:
    """Two coins bought at 100, then two at 90: together liquidated at 76, alone it were 72."""
    bench = bench_at()
    bench.plain(Side.BUY, "2")
    bench.book(99.9, 100.0, 200, size=1_000.0)
    bench.book(89.9, 90.0, 300, size=1_000.0)
    bench.mark(90.0, 300)
    for stop in ("75.9", "76.1"):
        bench.enter(Side.BUY, "2", stop=stop, limit="90")

    assert ["30025"] == codes(bench)


def test_a_flip_is_judged_by_what_it_opens() -> None:
    """Three sold against one held open a short of two, which only their own margin backs."""
    bench = bench_at()
    bench.hold(Side.BUY, "1")
    bench.enter(Side.SELL, "3", stop="120", limit="100")
    bench.enter(Side.SELL, "3", stop="119.9", limit="100")

    assert ["30024"] == codes(bench)


def test_a_cross_account_stands_behind_it_whole() -> None:
    """Ten coins at 100 of 10,000 are never liquidated; 400 are, at 75.06 with their fee."""
    for quantity, stop, expected in (
        ("10", "1", []),
        ("400", "75.1", []),
        ("400", "75", ["30025"]),
    ):
        bench = bench_at(mode=MarginMode.CROSS)
        bench.enter(Side.BUY, quantity, stop=stop, limit="100")
        assert expected == codes(bench)


def test_a_new_price_is_judged_anew() -> None:
    """Dearer by ten, the same stop comes too late: the order stands as it was."""
    bench = bench_at()
    order = bench.enter(Side.BUY, "1", stop="80.1", limit="99")
    bench.time(200)
    bench.amend(order, price="100.2")
    bench.time(400)

    (refused,) = bench.all(AmendRejected)
    assert "30025" == refused.code
    assert D(99) == order.request.price


def test_without_a_stop_there_is_nothing_to_judge() -> None:
    """An order that nothing protects is the account's own affair."""
    bench = bench_at()
    bench.plain(Side.BUY, "1", limit="100")

    assert [] == codes(bench)
