"""Fills where there are closed bars and nothing else: the worse of two readings, always."""

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, ns
from trading.broker import bar_fills
from trading.model.events import BarAmbiguous, CandleClosed
from trading.model.orders import Liquidity, OrderRole, Side, TimeInForce

D = Decimal


def long(stop: str = "99.0", target: str | None = "102.0", quantity: str = "1") -> Bench:
    """Return a bench that is long from bar 0's open at 100 (100.1 paid), protected."""
    bench = Bench()
    bench.enter(Side.BUY, quantity, stop=stop, target=target)
    bench.candle(0, 100.0, 100.5, 99.5, 100.2)
    assert [("entry", D("100.1"), D(quantity))] == bench.traded()
    return bench


def short() -> Bench:
    """Return the mirror image."""
    bench = Bench()
    bench.enter(Side.SELL, "1", stop="101.0", target="98.0")
    bench.candle(0, 100.0, 100.5, 99.5, 100.2)
    assert [("entry", D("99.9"), D(1))] == bench.traded()
    return bench


def test_an_order_trades_at_the_open_of_the_bar_after_it() -> None:
    """Sent in bar 0, it fills at bar 1's open, half a spread worse; bar 0's open is over."""
    bench = Bench()
    bench.time(60_000)
    bench.plain(Side.BUY, "1")
    bench.candle(0, 90.0, 100.0, 90.0, 100.0)
    assert [] == bench.traded()

    bench.candle(1, 101.0, 102.0, 100.0, 101.5)

    assert [("entry", D("101.1"), D(1))] == bench.traded()
    assert Liquidity.TAKER is bench.fills()[0].liquidity


@pytest.mark.parametrize(
    ("candle", "expected"),
    [
        ((100.0, 101.9, 99.1, 100.0), []),
        ((100.0, 101.9, 99.0, 100.0), [("stop", D("98.9"))]),
        ((98.5, 101.9, 99.1, 100.0), [("stop", D("98.4"))]),
        ((100.0, 102.0, 99.1, 100.0), []),
    ],
    ids=["inside", "touched", "open-outside-its-own-range", "touched-by-the-target"],
)
def test_the_bar_of_an_entry_stops_it_out_by_a_touch(
    candle: tuple[float, float, float, float], expected: list[tuple[str, Decimal]]
) -> None:
    """Its stop is there from its very bar on: touched is filled; its target is not believed."""
    bench = Bench()
    bench.enter(Side.BUY, "1", stop="99.0", target="102.0")

    bench.candle(0, *candle)

    assert expected == [(role, price) for role, price, _ in bench.traded()[1:]]
    assert (candle[1] == 102.0) is bool(bench.all(BarAmbiguous))
    bench.check()


@pytest.mark.parametrize(
    ("candle", "expected"),
    [
        ((100.0, 101.9, 99.1, 100.0), None),
        ((100.0, 100.0, 99.0, 99.5), ("stop", D("98.9"))),
        ((98.0, 98.5, 97.0, 98.0), ("stop", D("97.9"))),
        ((100.0, 102.0, 100.0, 101.0), ("target", D("101.9"))),
        ((103.0, 104.0, 102.5, 103.0), ("target", D("102.9"))),
        ((100.0, 102.0, 99.0, 101.0), ("stop", D("98.9"))),
        ((98.0, 102.5, 97.0, 101.0), ("stop", D("97.9"))),
        ((103.0, 103.0, 98.0, 99.0), ("stop", D("98.9"))),
        ((98.5, 100.0, 99.5, 99.7), ("stop", D("98.4"))),
    ],
    ids=[
        "inside",
        "stop",
        "gap-through-stop",
        "target",
        "gap-through-target",
        "both",
        "both-and-gap-down",
        "both-and-gap-up",
        "open-outside-its-own-range",
    ],
)
def test_what_a_bar_does_to_a_long(
    candle: tuple[float, float, float, float], expected: tuple[str, Decimal] | None
) -> None:
    """Touched is filled, half a spread worse; a gap fills at the open; both touched is a stop."""
    bench = long()

    bench.candle(1, *candle)

    assert (None if expected is None else [expected]) == (
        [(role, price) for role, price, _ in bench.traded()[1:]] or None
    )
    assert (D(1) if expected is None else D(0)) == bench.quantity
    bench.check()


@pytest.mark.parametrize(
    ("candle", "expected"),
    [
        ((100.0, 101.0, 99.0, 100.0), ("stop", D("101.1"))),
        ((102.0, 103.0, 101.5, 102.0), ("stop", D("102.1"))),
        ((100.0, 100.0, 98.0, 99.0), ("target", D("98.1"))),
        ((97.0, 97.5, 96.0, 97.0), ("target", D("97.1"))),
        ((100.0, 101.0, 98.0, 99.0), ("stop", D("101.1"))),
    ],
)
def test_what_a_bar_does_to_a_short(
    candle: tuple[float, float, float, float], expected: tuple[str, Decimal]
) -> None:
    """The mirror image: rounding and half-spread go against a buyer too."""
    bench = short()

    bench.candle(1, *candle)

    assert [expected] == [(role, price) for role, price, _ in bench.traded()[1:]]


def test_an_ambiguous_bar_says_so() -> None:
    """Where stop and target both lie in a bar, the worse was taken, and the fill is marked."""
    both, clear = long(), long()
    both.candle(1, 100.0, 102.0, 99.0, 100.0)
    clear.candle(1, 100.0, 101.0, 99.0, 100.0)

    assert (True, False) == (both.fills()[-1].is_pessimistic, clear.fills()[-1].is_pessimistic)


def test_the_bar_of_the_entry_may_stop_it_but_not_pay_it() -> None:
    """A bar that reaches both ends after the entry at its open is a stop; the target waits."""
    stopped, paid = Bench(), Bench()
    for bench in (stopped, paid):
        bench.enter(Side.BUY, "1", stop="99.0", target="102.0")
    stopped.candle(0, 100.0, 102.5, 99.0, 100.0)
    paid.candle(0, 100.0, 102.5, 99.1, 102.0)

    assert ["entry", "stop"] == [role for role, _, _ in stopped.traded()]
    assert ["entry"] == [role for role, _, _ in paid.traded()]
    paid.candle(1, 102.0, 102.1, 101.0, 101.5)
    assert ("target", D("101.9"), D(1)) == paid.traded()[-1]


def test_an_entry_that_opens_beyond_its_stop_is_stopped_at_the_open() -> None:
    """Decided at 100 with a stop at 99, filled at the open of 95: out again at 95, not at 99."""
    bench = Bench()
    bench.enter(Side.BUY, "1", stop="99.0")
    bench.candle(0, 95.0, 99.5, 94.0, 99.0)

    assert [("entry", D("95.1"), D(1)), ("stop", D("94.9"), D(1))] == bench.traded()


@pytest.mark.parametrize(
    ("low", "filled"), [(99.1, False), (99.0, False), (98.9, True), (90.0, True)]
)
def test_a_resting_order_needs_one_tick_of_penetration(low: float, *, filled: bool) -> None:
    """To the price is not through it."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="99.0")
    bench.candle(0, 100.0, 101.0, low, 100.0)

    assert ([("entry", D("99.0"), D(1))] if filled else []) == bench.traded()
    assert all(each.liquidity is Liquidity.MAKER for each in bench.fills())


def test_a_limit_below_the_open_of_a_later_bar_is_a_maker() -> None:
    """It rests from its first bar on: a gap through it fills at its price, as it would have."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="99.0")
    bench.candle(0, 100.0, 101.0, 99.5, 100.0)
    bench.candle(1, 95.0, 96.0, 94.0, 95.0)

    assert [("entry", D("99.0"), D(1))] == bench.traded()
    assert Liquidity.MAKER is bench.fills()[0].liquidity


def test_a_limit_that_crosses_at_the_open_takes_the_open() -> None:
    """On its first bar, an open within the limit is taken, half a spread worse."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="99.0")
    bench.candle(0, 95.0, 96.0, 94.0, 95.0)

    assert [("entry", D("95.1"), D(1))] == bench.traded()


def test_immediate_or_cancel_does_not_rest() -> None:
    """What the open does not give is cancelled."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="99.0", tif=TimeInForce.IOC)
    bench.candle(0, 100.0, 101.0, 90.0, 100.0)

    assert ([], [(1, "immediate or cancel")]) == (bench.traded(), bench.canceled())


def test_what_one_fill_closes_no_other_order_of_the_bar_opens_again() -> None:
    """An exit at the open takes back what is left of the entries waiting in the same bar."""
    bench = long()
    bench.leave("1")
    bench.plain(Side.BUY, "2", limit="99.9")
    bench.plain(Side.BUY, "2")
    bench.candle(1, 100.0, 101.0, 99.5, 100.0)

    assert [("exit", D("99.9"), D(1))] == bench.traded()[1:]
    assert D(0) == bench.quantity
    assert {} == bench.broker.orders


def settled(bench: Bench, since_ms: float) -> list[tuple[str, Decimal]]:
    """Settle bar 1, of which nobody heard anything after ``since_ms``: 98 to 103 and back."""
    before = len(bench.fills())
    candle = CandleClosed(
        at_ns=ns(200_000),
        symbol=SYMBOL,
        interval_s=60,
        open_ns=ns(60_000),
        open=100.0,
        high=103.0,
        low=98.0,
        close=100.0,
        volume=1.0,
        turnover=1.0,
        is_backfilled=True,
    )
    bar_fills.settle(bench.broker, bench.market, candle, ns(since_ms), ns(200_000), bench.out)
    bench.check()
    return [(str(fill.role), fill.price) for fill in bench.fills()[before:]]


def test_a_silence_is_settled_against_us_and_marked() -> None:
    """Stop and target both lie in the unheard bar: it was the stop, and the fill says how so."""
    bench = long()

    assert [("stop", D("98.9"))] == settled(bench, 60_000)
    stop = bench.fills()[-1]
    assert (True, f"backfill {ns(60_000)}") == (stop.is_pessimistic, stop.evidence)


def test_what_was_armed_after_the_silence_is_not_settled_by_it() -> None:
    """Protection placed at 0 s of a silence that began before: the bar's extremes may be older."""
    assert [] == settled(long(), -1)


def test_a_silence_fills_no_entry() -> None:
    """A resting entry the unheard bar went through: nobody can say it was ours."""
    bench = Bench()
    bench.plain(Side.BUY, "1", limit="99.0")
    bench.candle(0, 100.0, 101.0, 99.5, 100.0)

    assert [] == settled(bench, 60_000)


def test_two_exits_close_once() -> None:
    """A second reduce-only order finds nothing left to reduce."""
    bench = long()
    bench.leave("1")
    bench.leave("1")
    bench.candle(1, 100.0, 101.0, 99.5, 100.0)

    assert (["exit"], D(0)) == ([role for role, _, _ in bench.traded()[1:]], bench.quantity)


def test_an_exit_at_the_open_comes_before_the_stop_of_the_bar() -> None:
    """What was sent at the close is first; the stop it made needless is gone."""
    bench = long()
    bench.leave("1")
    bench.candle(1, 100.0, 100.0, 98.0, 98.0)

    assert [("exit", D("99.9"), D(1))] == bench.traded()[1:]
    assert [] == bench.live(OrderRole.STOP)


def test_resting_orders_share_what_can_be_had_of_a_bar() -> None:
    """A tenth of 20 in a bar, both orders together; the next bar has its own tenth."""
    bench = Bench()
    for _ in range(2):
        bench.plain(Side.BUY, "1.5", limit="99.0")
    bench.candle(0, 100.0, 101.0, 99.5, 100.0)
    bench.candle(1, 100.0, 101.0, 98.0, 100.0, volume=20.0)
    assert [(1, D("1.5")), (2, D("0.5"))] == [(f.order_id, f.quantity) for f in bench.fills()]

    bench.candle(2, 100.0, 101.0, 98.0, 100.0, volume=5.0)
    assert [(2, D("0.5"))] == [(f.order_id, f.quantity) for f in bench.fills()[2:]]


def test_takers_and_makers_of_a_side_share_the_bar() -> None:
    """What an order took at the open, one that rested does not get as well."""
    bench = Bench()
    bench.plain(Side.BUY, "5", limit="99.0")
    bench.candle(0, 100.0, 101.0, 99.5, 100.0)
    bench.plain(Side.BUY, "3")
    bench.candle(1, 100.0, 101.0, 98.0, 100.0, volume=40.0)

    assert D(4) == bench.quantity
